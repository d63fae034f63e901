// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestDisks.Take;
import etherbay.guest.keeper.MoveWatch.Step;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Progress;
import etherbay.guest.machine.Hypervisor.Sending;

import java.util.EnumSet;
import java.util.Optional;

/**
 * The source of a move. Its record decides: while it says LEAVING the guest can only go on here,
 * and HANDED, which is written when the hypervisor has sent everything, lets the other node run it.
 * Until then the disk's new owner there has written nothing.
 *
 * <pre>
 *   here                                    there
 *   LEAVING
 *   prepare  ------------------------>      ARRIVING  reads the disk, waits for memory
 *   send memory; the guest stops
 *   release the disk, clean
 *   own  ---------------------------->      OWNING    one epoch later, on every leg in sync
 *   finish sending
 *   HANDED
 *   finish  ------------------------->      HERE, runs
 *   ELSEWHERE
 * </pre>
 *
 * <p>What fails before HANDED ends in {@link #comeBack}. What fails after it is tried again until
 * the other node says either that the guest runs there, or that it has not run and never will.
 */
final class Departure {
    private static final long SENT_MS = 60_000;

    private final KeptGuest guest;
    private final KeeperParts parts;

    /** Whether every leg held everything when the disk was let go, as far as is known. */
    private boolean wasWhole;

    Departure(KeptGuest guest) {
        this.guest = guest;
        this.parts = guest.parts;
    }

    /** @throws EtherbayException with the guest running on this node, or (UNAVAILABLE) undecided */
    void move(String to, Sending how, MoveWatch watch) {
        GuestRecord record = guest.record();
        guest.save(record.moving(to, parts.moves().get()).in(Phase.LEAVING));
        try {
            send(to, how, watch);
        } catch (EtherbayException failure) {
            guest.say("it is not moved to " + to + ": " + failure.getMessage() + ": "
                    + failure.why());
            comeBack();
            throw guest.notMoved(to, failure);
        }
        watch.at(Step.HANDED);
        if (!handOver()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "guest " + guest.name() + " goes on here",
                    to + " had all of it, and could not let it run; its log says why",
                    "see what is wrong there: etherbay events --node " + to);
        }
    }

    private void send(String to, Sending how, MoveWatch watch) {
        GuestRecord record = guest.record();
        watch.at(Step.PREPARING);
        requireWanted(watch);
        String where = parts.peers()
                .prepare(
                        to,
                        new GuestPeers.Offer(
                                record.spec(),
                                record.epoch(),
                                record.wanted(),
                                parts.node(),
                                record.move()));
        requireWanted(watch);
        watch.at(Step.SENDING);
        parts.hypervisor().send(guest.name(), where, how);
        awaitSwitch(watch);
        watch.at(Step.SWITCHING);
        requireWanted(watch);
        wasWhole = parts.disks().release(guest.disk());
        parts.peers().own(to, guest.name(), record.move());
        requireWanted(watch);
        watch.at(Step.FINISHING);
        parts.hypervisor().finishSending(guest.name());
        Condition now = guest.await(
                EnumSet.complementOf(EnumSet.of(Condition.SWITCHING, Condition.LEAVING)), SENT_MS);
        if (now != Condition.SENT) {
            throw failedSending(now);
        }
        requireWanted(watch);
        guest.save(guest.record().in(Phase.HANDED));
    }

    private void requireWanted(MoveWatch watch) {
        if (watch.isAborted()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the move of guest " + guest.name() + " was aborted",
                    "somebody asked for it",
                    "it goes on here; move it again when you like");
        }
    }

    /** As long as it takes: who looks on sees how it gets on, and may end it. */
    private void awaitSwitch(MoveWatch watch) {
        Condition now = guest.condition();
        while (now == Condition.LEAVING) {
            requireWanted(watch);
            progress().ifPresent(watch::sent);
            parts.pace().pause(KeeperParts.POLL_MS);
            now = guest.condition();
        }
        if (now != Condition.SWITCHING) {
            throw failedSending(now);
        }
    }

    /** Empty when its hypervisor has ended since it was looked at. */
    private Optional<Progress> progress() {
        try {
            return Optional.of(parts.hypervisor().progress(guest.name()));
        } catch (EtherbayException ended) {
            if (ended.code() != ErrorCode.NOT_FOUND) {
                throw ended;
            }
            return Optional.empty();
        }
    }

    private EtherbayException failedSending(Condition now) {
        String why = now == Condition.ABSENT
                ? "its hypervisor here has ended"
                : progress().map(Progress::failure).orElse("its hypervisor here has ended");
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the memory of guest " + guest.name() + " was not sent",
                why.isEmpty() ? "it is " + now.name().toLowerCase(java.util.Locale.ROOT) : why,
                "see that " + guest.record().place()
                        + " has room, and that the network between both carries it");
    }

    /**
     * The guest goes on here; nothing of the move has run there. The other node gives it up first,
     * if it can be asked; if not, the epoch that a move may have taken there is passed over, and
     * fenced. With a later one somebody has recovered the guest there meanwhile, and it is not
     * taken.
     *
     * @throws EtherbayException when the disk cannot be had now: to be tried again
     */
    void comeBack() {
        long epoch = guest.haveGivenUp();
        if (parts.disks().standing(guest.disk()) != Standing.OWNED) {
            takeBack(epoch);
        }
        guest.save(guest.record().in(Phase.HERE));
        guest.run();
        guest.well();
    }

    /** Nobody has run it since it stood still here: a leg that is gone then knows nothing more. */
    private void takeBack(long epoch) {
        try {
            guest.take(new Take(epoch, true, false));
        } catch (EtherbayException failure) {
            if (failure.code() != ErrorCode.UNAVAILABLE || !wasWhole) {
                throw failure;
            }
            guest.take(new Take(epoch, true, true));
        }
    }

    /**
     * Has the other node run it.
     *
     * @return false when it goes on here after all
     * @throws EtherbayException UNAVAILABLE while that node does not say: nobody runs it
     */
    boolean handOver() {
        GuestRecord record = guest.record();
        boolean runs;
        try {
            runs = parts.peers().finish(record.place(), guest.name(), record.move());
        } catch (EtherbayException unknown) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "guest " + guest.name() + " has been handed to " + record.place()
                            + ", which does not say that it runs there",
                    unknown.getMessage() + ": " + unknown.why(),
                    "it is asked on; if that node is gone for good: etherbay guest recover "
                            + guest.name());
        }
        if (runs) {
            guest.yieldTo(
                    record.place(), record.epoch() + 1, record.move(), "it has been moved there");
        } else {
            comeBack();
        }
        return runs;
    }
}
