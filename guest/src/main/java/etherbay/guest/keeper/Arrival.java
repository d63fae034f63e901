// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestDisks.Take;
import etherbay.guest.keeper.GuestPeers.Offer;
import etherbay.guest.keeper.GuestPeers.Outcome;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Start;

import java.util.EnumSet;

/**
 * The destination of a move, see {@link Departure}. It lets the guest run when the source has said
 * HANDED, all of the memory is here, and the disk is ours on every leg; once it has given a move up
 * it never will.
 */
final class Arrival {
    private static final long LOADED_MS = 10_000;

    private final KeptGuest guest;
    private final KeeperParts parts;

    Arrival(KeptGuest guest) {
        this.guest = guest;
        this.parts = guest.parts;
    }

    /** Makes room for a guest. @return where to send its memory */
    String prepare(Offer offer) {
        GuestRecord record = guest.record();
        requireFresh(offer);
        if (record.phase() == Phase.ARRIVING || record.phase() == Phase.OWNING) {
            giveUp("another move of it begins"); // the source knows no more than one at a time
        } else if (record.phase() == Phase.HANDED && record.place().equals(offer.source())) {
            guest.yieldTo(offer.source(), offer.epoch(), record.move(), "it runs there");
        }
        if (!guest.record().phase().isElsewhere()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + guest.name() + " cannot come to " + parts.node(),
                    "that node has it already, in phase " + record.phase(),
                    "see which of both has the right one: etherbay guest list on each");
        }
        guest.clear();
        guest.save(new GuestRecord(
                offer.spec(),
                offer.epoch(),
                Phase.ARRIVING,
                offer.wanted(),
                offer.source(),
                offer.move()));
        boolean ready = false;
        try {
            parts.disks().standBy(guest.disk());
            parts.hypervisor()
                    .start(offer.spec(), parts.disks().socket(guest.disk()), Start.INCOMING);
            String where = parts.hypervisor().listen(guest.name(), parts.host());
            ready = true;
            return where;
        } finally {
            if (!ready) {
                giveUp("no room could be made for it");
            }
        }
    }

    /** A request that comes late, or twice, is none any more. */
    private void requireFresh(Offer offer) {
        Outcome outcome = parts.peers().outcome(offer.source(), guest.name(), offer.move());
        if (outcome != Outcome.UNDECIDED || guest.record().move().equals(offer.move())) {
            throw gone(offer.move());
        }
    }

    void own(String move) {
        requireMove(move);
        if (guest.record().phase() == Phase.OWNING) {
            return;
        }
        Condition now = guest.condition();
        if (now != Condition.INCOMING && now != Condition.LOADED) {
            giveUp("its hypervisor has ended");
            throw gone(move);
        }
        guest.takeTo(Phase.OWNING, new Take(guest.record().epoch(), false, false));
    }

    private void requireMove(String move) {
        GuestRecord record = guest.record();
        boolean arrives = record.phase() == Phase.ARRIVING || record.phase() == Phase.OWNING;
        if (!arrives || !record.move().equals(move)) {
            throw gone(move);
        }
    }

    private EtherbayException gone(String move) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "guest " + guest.name() + " does not come to " + parts.node(),
                "that node has given the move " + move + " up, or knows another one",
                "it goes on where it is; move it again");
    }

    /** @return whether it runs here, or has; else it never will by that move */
    boolean finish(String move) {
        GuestRecord record = guest.record();
        if (!record.move().equals(move)) {
            return true; // it has gone on from here by another one since
        }
        return switch (record.phase()) {
            case HERE, LEAVING, HANDED, RECOVERING -> true;
            case ARRIVING, ELSEWHERE, GIVEN_UP -> {
                giveUp("it was handed over when it had been given up");
                yield false;
            }
            case OWNING -> runIt();
        };
    }

    private boolean runIt() {
        Condition now =
                guest.await(EnumSet.complementOf(EnumSet.of(Condition.INCOMING)), LOADED_MS);
        if (now == Condition.INCOMING) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "guest " + guest.name() + " does not run yet",
                    "the last of its memory is still being taken in",
                    "ask again");
        }
        if (now != Condition.LOADED) {
            giveUp("its hypervisor has ended, or could not use what it was sent");
            return false;
        }
        if (!isOurs()) {
            giveUp("another owner has taken its disk");
            return false;
        }
        guest.save(guest.record().in(Phase.HERE));
        guest.run();
        guest.well();
        return true;
    }

    /** Again after a restart of this process: nobody else has had it since, or it is refused. */
    private boolean isOurs() {
        if (parts.disks().standing(guest.disk()) == Standing.OWNED) {
            return parts.disks().isOursEverywhere(guest.disk());
        }
        try {
            guest.take(new Take(guest.record().epoch(), false, false));
            return true;
        } catch (EtherbayException refused) {
            if (refused.code() == ErrorCode.CONFLICT) {
                return false;
            }
            throw refused;
        }
    }

    /** @return see {@link GuestPeers#abandon} */
    long abandon(String move) {
        GuestRecord record = guest.record();
        boolean arrives = record.phase() == Phase.ARRIVING || record.phase() == Phase.OWNING;
        if (arrives && record.move().equals(move)) {
            giveUp("the source goes on with it");
        } else if (!record.phase().isElsewhere()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + guest.name() + " is not given up",
                    parts.node() + " has it since, in phase " + record.phase(),
                    "see which of both has the right one: etherbay guest list on each");
        }
        GuestRecord now = guest.record();
        boolean known = now.phase() == Phase.GIVEN_UP && now.move().equals(move);
        return known ? now.epoch() : 0;
    }

    /** For good. It is said only when nothing of it can run here any more. */
    void giveUp(String why) {
        guest.clear();
        guest.save(guest.record().in(Phase.GIVEN_UP));
        guest.say("it does not come: " + why);
    }

    /** After a restart, or while nobody calls. */
    void settle() {
        Condition now = guest.condition();
        if (now == Condition.ABSENT || now == Condition.BROKEN) {
            giveUp("its hypervisor has ended");
            return;
        }
        GuestRecord record = guest.record();
        Outcome outcome = parts.peers().outcome(record.place(), guest.name(), record.move());
        switch (outcome) {
            case UNDECIDED -> {}
            case ABORTED -> giveUp("it goes on at " + record.place());
            case HANDED -> finish(record.move());
        }
    }
}
