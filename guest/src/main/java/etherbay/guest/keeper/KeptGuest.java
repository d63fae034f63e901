// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Start;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * One guest as its node's keeper has it: the record, whose turn it is, and the few steps that
 * moving, arriving and settling are made of. All but {@link #record}, {@link #trouble} and {@link
 * #seen} by whoever has its turn.
 */
final class KeptGuest {
    final KeeperParts parts;
    private final Semaphore free = new Semaphore(1);
    private volatile GuestRecord record;
    private volatile Optional<EtherbayException> trouble = Optional.empty();
    private volatile Condition seen = Condition.ABSENT;

    KeptGuest(KeeperParts parts, GuestRecord record) {
        this.parts = parts;
        this.record = record;
    }

    String name() {
        return record.name();
    }

    GuestRecord record() {
        return record;
    }

    GuestDisk disk() {
        return record.spec().disk();
    }

    /** Why it is not as it should be; empty while it is, or that is not known. */
    Optional<EtherbayException> trouble() {
        return trouble;
    }

    /** Shown until the next one, or until it is well; told once. */
    void troubled(EtherbayException why) {
        boolean known =
                trouble.map(former -> former.toText().equals(why.toText())).orElse(false);
        trouble = Optional.of(why);
        if (!known) {
            say(why.getMessage() + ": " + why.why());
        }
    }

    void well() {
        trouble = Optional.empty();
    }

    void say(String what) {
        parts.say().accept("guest " + name() + ": " + what);
    }

    /** Durable first, then in force. */
    void save(GuestRecord next) {
        parts.store().save(next);
        record = next;
    }

    /**
     * For a person: waits for what is soon done, such as a look at it.
     *
     * @throws EtherbayException CONFLICT while something else is done to it
     */
    <T> T alone(Supplier<T> work) {
        boolean moves = record.phase() == Phase.LEAVING;
        if (!free.tryAcquire() && (moves || !parts.pace().tryAcquire(free))) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + name() + " is busy",
                    record.phase() == Phase.LEAVING
                            ? "it is being moved to " + record.place()
                            : "something else is being done to it",
                    "wait until that has ended: etherbay task list");
        }
        try {
            return work.get();
        } finally {
            free.release();
        }
    }

    /** Nothing while something else is done to it. */
    void aloneIfFree(Runnable work) {
        if (free.tryAcquire()) {
            try {
                work.run();
            } finally {
                free.release();
            }
        }
    }

    /** Waits for what is done to it to end, which other nodes' calls do within bounded time. */
    <T> T aloneSoon(Supplier<T> work) {
        boolean alone = free.tryAcquire() || parts.pace().tryAcquire(free);
        if (!alone) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "guest " + name() + " is busy on " + parts.node(),
                    "something else is being done to it there",
                    "try again");
        }
        try {
            return work.get();
        } finally {
            free.release();
        }
    }

    /** For who wanted it moved: which guest stays where, and why. */
    EtherbayException notMoved(String to, EtherbayException failure) {
        return new EtherbayException(
                failure.code(),
                "guest " + name() + " is not moved to " + to + "; it goes on at " + parts.node(),
                failure.getMessage() + ": " + failure.why(),
                failure.correction());
    }

    // Steps.

    Condition condition() {
        Condition now = parts.hypervisor().condition(name());
        seen = now;
        return now;
    }

    /** How it was when it was looked at last: for whoever must not wait for a hypervisor. */
    Condition seen() {
        return seen;
    }

    /** False while its hypervisor answers nobody: one that is off waits for nothing. */
    boolean hasSwitchedOff() {
        try {
            return condition() == Condition.OFF;
        } catch (EtherbayException unanswered) {
            requireUnanswered(unanswered);
            return false;
        }
    }

    private static void requireUnanswered(EtherbayException failure) {
        if (failure.code() != ErrorCode.UNAVAILABLE) {
            throw failure;
        }
    }

    /**
     * Waits until it is in one of these.
     *
     * @return the last seen, which is another one when time is up
     */
    Condition await(Set<Condition> wanted, long timeoutMs) {
        long endMs = parts.pace().nowMs() + timeoutMs;
        Condition now = condition();
        while (!wanted.contains(now) && parts.pace().nowMs() < endMs) {
            parts.pace().pause(KeeperParts.POLL_MS);
            now = condition();
        }
        return now;
    }

    /** Legs of its disk are exchanged while it runs: it is looked for where they are now. */
    void followLegs() {
        List<String> now = parts.disks().foundBy(disk());
        if (!Set.copyOf(now).equals(Set.copyOf(disk().legs()))) {
            save(record.being(record.spec().on(disk().of(now))));
            say("its disk is found by " + String.join(", ", now) + " from now on");
        }
    }

    /** Takes the disk, and knows durably under which epoch. */
    void take(GuestDisks.Take how) {
        takeTo(record.phase(), how);
    }

    /** The same, and is in that phase then. */
    void takeTo(Phase next, GuestDisks.Take how) {
        long epoch = parts.disks().take(disk(), how);
        if (epoch != record.epoch() || next != record.phase()) {
            save(record.at(epoch).in(next));
        }
    }

    /**
     * Stops its processors, if it has any. A hypervisor that then waits for the disk answers late
     * or not at all; the processors stand still before that.
     */
    void standStill() {
        try {
            if (condition().runs()) {
                parts.hypervisor().pause(name());
            }
        } catch (EtherbayException unanswered) {
            say("its hypervisor does not answer: " + unanswered.why());
        }
    }

    /**
     * Has the other end of the latest move give it up for good, if it can be asked.
     *
     * @return the epoch up to which nothing has run elsewhere: one beyond what is known. A node
     *     that does not answer has taken one at most, and waits to hear from us before it runs
     *     anything, or takes another; one that answers may have failed to take one more
     */
    long haveGivenUp() {
        long usual = record.epoch() + 1;
        if (record.move().isEmpty()) {
            return usual;
        }
        try {
            long taken = parts.peers().abandon(record.place(), name(), record.move());
            return Math.max(usual, taken + 1);
        } catch (EtherbayException refused) {
            if (refused.code() == ErrorCode.CONFLICT) {
                throw refused; // it runs there
            }
            say(record.place() + " did not confirm that it gives it up: " + refused.why());
            return usual;
        }
    }

    /** Nothing of it is left here but what is known of it. */
    void clear() {
        parts.hypervisor().kill(name());
        seen = Condition.ABSENT;
        if (parts.disks().standing(disk()) != GuestDisks.Standing.CLOSED) {
            parts.disks().close(disk());
        }
    }

    /** The same, if there is anything. */
    void clearIfThere() {
        if (isThere() || parts.disks().standing(disk()) != GuestDisks.Standing.CLOSED) {
            clear();
        }
    }

    private boolean isThere() {
        try {
            return condition() != Condition.ABSENT;
        } catch (EtherbayException unanswered) {
            requireUnanswered(unanswered);
            return true;
        }
    }

    /**
     * It is there; this node has nothing to do with it any more.
     *
     * @param move by which it went there from here; empty when it did not
     */
    void yieldTo(String node, long epoch, String move, String why) {
        save(record.at(epoch).in(Phase.ELSEWHERE).moving(node, move));
        clear();
        well();
        say("it is on " + node + ": " + why);
    }

    /** What is here is made to be as a person wants it. Its disk is ours. */
    void run() {
        Condition now = keptBack();
        if (now == Condition.INCOMING) {
            parts.hypervisor().kill(name()); // waits for a move that has long ended
            now = Condition.ABSENT;
        }
        if (now == Condition.ABSENT) {
            parts.hypervisor().start(record.spec(), parts.disks().socket(disk()), Start.RUNNING);
            say("it has been started");
            now = condition();
        }
        if (record.wanted() == Wanted.PAUSED) {
            if (now.runs()) {
                parts.hypervisor().pause(name());
            }
        } else if (EnumSet.of(
                        Condition.PAUSED, Condition.LOADED, Condition.SENT, Condition.SWITCHING)
                .contains(now)) {
            parts.hypervisor().resume(name());
        }
        condition();
    }

    /**
     * How it is when nothing of it is sent any more. While the last of it does not get through its
     * hypervisor answers nobody but who ends that.
     */
    private Condition keptBack() {
        Condition now;
        try {
            now = condition();
        } catch (EtherbayException unanswered) {
            requireUnanswered(unanswered);
            now = Condition.SWITCHING;
        }
        if (now != Condition.LEAVING && now != Condition.SWITCHING) {
            return now;
        }
        parts.hypervisor().cancelSending(name());
        return condition();
    }
}
