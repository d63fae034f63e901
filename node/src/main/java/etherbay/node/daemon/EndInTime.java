// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.base.Clock;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The end of something by a deadline, in steps that may hang: each has a thread of its own, which
 * is left behind when its time is over, for the process goes. Of one control thread.
 */
final class EndInTime {
    private static final Logger LOG = System.getLogger(EndInTime.class.getName());
    private static final long NS_PER_S = 1_000_000_000;

    private final Clock clock;
    private final long deadlineNs;

    /** Begins now, and ends all in {@code seconds}. */
    EndInTime(Clock clock, long seconds) {
        this.clock = clock;
        deadlineNs = clock.nanoTime() + seconds * NS_PER_S;
    }

    /** When all but {@code restS} of the time is over. */
    long deadlineNs(long restS) {
        return deadlineNs - restS * NS_PER_S;
    }

    /**
     * Does a step, but waits for it only until {@code restS} seconds are left for others. What it
     * throws is logged, and the next step can be done.
     *
     * @return whether it has ended
     */
    boolean step(String what, long restS, Runnable step) {
        FutureTask<Boolean> task = new FutureTask<>(step, true);
        Thread.ofPlatform().name("etherbay-end " + what).daemon().start(task);
        try {
            long leftNs = deadlineNs(restS) - clock.nanoTime();
            return task.get(Math.max(0, leftNs), TimeUnit.NANOSECONDS);
        } catch (TimeoutException hangs) {
            LOG.log(Level.ERROR, "the end of {0} takes too long, and is not waited for", what);
            return false;
        } catch (ExecutionException failed) {
            LOG.log(Level.ERROR, "the end of " + what + " failed", failed.getCause());
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
