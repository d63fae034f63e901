// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Need;

import java.util.List;
import java.util.Optional;

/**
 * What keepers of several nodes ask each other; the calls are those of {@link GuestKeeper} of the
 * same names. Each may be carried out though its answer is lost, and may be repeated.
 *
 * <p>All throw an {@link etherbay.base.EtherbayException}: UNAVAILABLE when the node does not
 * answer, NOT_FOUND when there is none of that name, else what the other one says.
 */
public interface GuestPeers {
    /**
     * A guest that is to come.
     *
     * @param epoch of its disk now: the offering node's
     * @param source that node
     */
    record Offer(GuestSpec spec, long epoch, Wanted wanted, String source, String move) {}

    /**
     * What a node says of itself for a guest that may come.
     *
     * @param cpuName of its own processor, see {@code Hypervisor.Abilities}
     */
    record Readiness(String cpuName, List<Need> needs, List<GuestDisks.Leg> legs) {}

    /** What a source says of a move. */
    enum Outcome {
        /** Wait. */
        UNDECIDED,
        /** The guest goes on at the source: give it up. */
        ABORTED,
        /** It is the destination's. */
        HANDED
    }

    /** All other nodes. */
    List<String> names();

    /** Changes nothing. */
    Readiness check(String node, GuestSpec spec);

    /** @return where to send its memory */
    String prepare(String node, Offer offer);

    void own(String node, String guest, String move);

    /** @return whether it runs there; else it does not and never will by this move */
    boolean finish(String node, String guest, String move);

    /**
     * Returns when nothing of the guest runs there, or will by that move.
     *
     * @return the last epoch that it took for that move, one after the other: nothing ran under
     *     them; 0 when it does not know any more
     */
    long abandon(String node, String guest, String move);

    Outcome outcome(String node, String guest, String move);

    Optional<GuestRecord> ask(String node, String guest);

    /**
     * Tells a node what this one knows.
     *
     * @param from this node
     */
    void tell(String node, GuestRecord record, String from);

    /**
     * Tells a node that this one has forgotten a guest that it had.
     *
     * @param epoch of its disk, the last that this node knows
     */
    void forget(String node, String guest, long epoch, String from);
}
