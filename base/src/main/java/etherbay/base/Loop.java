// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The thread of a data path, or a simulator's turn of it. Owns ports, disks and everything behind
 * them; nothing that it owns is touched by another thread. Others leave messages in the {@link
 * #mailbox}.
 *
 * <p>A turn: messages, then arrivals of each part, then timers, then one flush of each part; every
 * step bounded. {@link #run} turns until {@link #stop}, spins for a moment when there is nothing to
 * do, then sleeps until something arrives or a timer is due.
 */
public final class Loop {
    /** Messages or timers a step: keeps a turn short when there are many. */
    private static final int STEP_COUNT_MAX = 64;

    private final String name;
    private final Clock clock;
    private final Idler idler;
    private final long spinNs;
    private final Mailbox mailbox = new Mailbox(this::wakeUp);
    private final Timers timers = new Timers();
    private final List<LoopPart> parts = new ArrayList<>();
    private LoopPart[] turned = {};
    private volatile boolean sleeping;
    private volatile boolean stopped;
    private volatile Thread owner;
    private long turnNs;

    /**
     * @param spinNs how long to look for work before sleeping; 50 us beat a wake-up on every
     *     machine measured, 0 saves power
     */
    public Loop(String name, Clock clock, Idler idler, long spinNs) {
        this.name = name;
        this.clock = clock;
        this.idler = idler;
        this.spinNs = spinNs;
        owner = Thread.currentThread();
        turnNs = clock.nanoTime();
    }

    public String name() {
        return name;
    }

    public Clock clock() {
        return clock;
    }

    /**
     * When the present turn began: the {@code nowNs} of everything that runs in it without being
     * given one, such as a frame handler or a continuation. For the loop's thread.
     */
    public long nowNs() {
        return turnNs;
    }

    public Timers timers() {
        return timers;
    }

    public Mailbox mailbox() {
        return mailbox;
    }

    /** Adds a part; on the loop's thread, or before it runs. */
    public void add(LoopPart part) {
        checkOwner();
        parts.add(part);
        turned = parts.toArray(LoopPart[]::new);
    }

    /** Takes a part out; it gets no turn any more. */
    public void remove(LoopPart part) {
        checkOwner();
        parts.remove(part);
        turned = parts.toArray(LoopPart[]::new);
    }

    /** Whether the caller is the thread that may touch what this loop owns. */
    public void checkOwner() {
        Check.that(
                Thread.currentThread() == owner, "only a loop's own thread touches what it owns");
    }

    /** Whether the calling thread is the one that may; no other learns anything by it. */
    public boolean isOwnedHere() {
        return Thread.currentThread() == owner;
    }

    /** One turn. @return pieces of work done; 0 says that the loop may sleep */
    public int turn(long nowNs) {
        turnNs = nowNs;
        LoopPart[] now = turned;
        int work = mailbox.drain(STEP_COUNT_MAX);
        for (LoopPart part : now) {
            work += part.poll(nowNs);
        }
        work += timers.expire(nowNs, STEP_COUNT_MAX);
        for (LoopPart part : now) {
            part.flush(nowNs);
        }
        return work;
    }

    /** When the next turn is due if nothing arrives. */
    public long nextDeadlineNs() {
        long deadlineNs = timers.nextDeadlineNs();
        for (LoopPart part : turned) {
            deadlineNs = Math.min(deadlineNs, part.nextDeadlineNs());
        }
        return deadlineNs;
    }

    /**
     * Starts a thread that runs the loop; what was set up so far passes to it.
     *
     * @param onDeath told when a bug ended the loop: nothing that it owned can be used any more
     */
    public Thread start(Thread.UncaughtExceptionHandler onDeath) {
        return Thread.ofPlatform().name(name).uncaughtExceptionHandler(onDeath).start(this::run);
    }

    /** Turns on the calling thread until {@link #stop}. */
    public void run() {
        owner = Thread.currentThread();
        long workedNs = clock.nanoTime();
        while (!stopped) {
            long nowNs = clock.nanoTime();
            if (turn(nowNs) > 0) {
                workedNs = nowNs;
            } else if (nowNs - workedNs >= spinNs) {
                sleep(nowNs, Long.MAX_VALUE);
                workedNs = clock.nanoTime() - spinNs;
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /**
     * Turns on the calling thread, the loop's own, until {@code done} holds or {@code deadlineNs}
     * has passed: for tools that ask and wait for the answer.
     *
     * @return whether {@code done} held
     */
    public boolean runUntil(long deadlineNs, BooleanSupplier done) {
        checkOwner();
        while (!done.getAsBoolean()) {
            long nowNs = clock.nanoTime();
            if (nowNs >= deadlineNs) {
                return false;
            }
            if (turn(nowNs) == 0) {
                sleep(nowNs, deadlineNs);
            }
        }
        return true;
    }

    /** Ends {@link #run} after its present turn; any thread. */
    public void stop() {
        stopped = true;
        idler.wakeUp();
    }

    /**
     * Passes what the loop owns to the calling thread, to be closed there. Only once the thread
     * that ran it has ended, or when none ever did.
     */
    public void adopt() {
        Check.that(
                owner == Thread.currentThread() || !owner.isAlive(),
                "a loop that runs is not taken over");
        owner = Thread.currentThread();
    }

    /** Makes the loop turn soon; any thread. */
    public void wakeUp() {
        if (sleeping) {
            idler.wakeUp();
        }
    }

    private void sleep(long nowNs, long latestNs) {
        // Volatile store before the looks below, volatile read after the offer: one side sees the
        // other, so no message is left lying.
        sleeping = true;
        boolean quiet = mailbox.isEmpty() && !stopped;
        for (LoopPart part : turned) {
            quiet &= part.readyToIdle();
        }
        if (quiet) {
            long deadlineNs = Math.min(nextDeadlineNs(), latestNs);
            long timeoutNs = deadlineNs == Long.MAX_VALUE ? deadlineNs : deadlineNs - nowNs;
            if (timeoutNs > 0) {
                idler.idle(timeoutNs);
            }
        }
        sleeping = false;
    }
}
