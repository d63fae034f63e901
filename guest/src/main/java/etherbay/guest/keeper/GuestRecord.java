// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.guest.machine.GuestSpec;

/**
 * What a node knows of a guest, durably: it goes on from here after a restart. Of two nodes'
 * records the one with the later epoch is right.
 *
 * @param epoch of the disk's latest owner that is known; 0 for none yet
 * @param place the other node: of a move its other end, in ELSEWHERE where the guest is; empty for
 *     none
 * @param move identity of the latest move that this node took part in; empty for none
 */
public record GuestRecord(
        GuestSpec spec, long epoch, Phase phase, Wanted wanted, String place, String move) {
    public String name() {
        return spec.name();
    }

    GuestRecord in(Phase next) {
        return new GuestRecord(spec, epoch, next, wanted, place, move);
    }

    GuestRecord wanting(Wanted next) {
        return new GuestRecord(spec, epoch, phase, next, place, move);
    }

    GuestRecord at(long newEpoch) {
        return new GuestRecord(spec, newEpoch, phase, wanted, place, move);
    }

    GuestRecord moving(String otherNode, String newMove) {
        return new GuestRecord(spec, epoch, phase, wanted, otherNode, newMove);
    }

    GuestRecord being(GuestSpec other) {
        return new GuestRecord(other, epoch, phase, wanted, place, move);
    }
}
