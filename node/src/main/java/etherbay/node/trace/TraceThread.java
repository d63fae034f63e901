// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that turns the {@link TraceWork}. It looks by itself a few times a second while frames
 * may come, is woken when the ring fills, and sleeps for good while nothing is traced.
 */
final class TraceThread {
    private static final Logger LOG = System.getLogger(TraceThread.class.getName());

    private static final long POLL_NS = 100_000_000L;

    /** When this part of the ring is full the thread is woken. */
    private static final int WAKE_SHARE = 8;

    /** Longest wait for the writer, whose disk or log may hang. */
    private static final long WAIT_MS_MAX = 10_000;

    private static final long WAIT_STEP_MS = 100;

    private final TraceWork work;
    private final Thread thread;
    private final boolean byHand;
    private volatile boolean parked;
    private volatile boolean stopping;

    /**
     * @param byHand no thread: who waits does the work, as tests do
     */
    TraceThread(TraceWork work, boolean byHand) {
        this.work = work;
        this.byHand = byHand;
        thread = Thread.ofPlatform()
                .name("etherbay-trace")
                .daemon(true)
                .uncaughtExceptionHandler((_, bug) -> LOG.log(
                        Level.ERROR, "a bug ended the trace: no frame is traced any more", bug))
                .unstarted(this::run);
    }

    void start() {
        if (!byHand) {
            thread.start();
        }
    }

    private void run() {
        while (!stopping) {
            if (!work.turn()) {
                idle();
            }
        }
    }

    private void idle() {
        parked = true;
        if (work.isIdle() && !stopping) {
            if (work.isTracing()) {
                LockSupport.parkNanos(this, POLL_NS);
            } else {
                LockSupport.park(this);
            }
        }
        parked = false;
    }

    /** A frame was published; on the loop. */
    void published(TraceRing ring) {
        if (parked && ring.holdsMoreThan(ring.ringBytes() / WAKE_SHARE)) {
            parked = false; // once is enough
            wakeUp();
        }
    }

    /** Any thread. */
    void wakeUp() {
        LockSupport.unpark(thread);
    }

    /**
     * Waits for the work to open a latch, but not for ever.
     *
     * @return whether it did
     */
    boolean await(CountDownLatch done) {
        while (byHand && done.getCount() > 0) {
            work.turn();
        }
        wakeUp();
        try {
            long waitedMs = 0;
            while (!done.await(WAIT_STEP_MS, TimeUnit.MILLISECONDS)) {
                waitedMs += WAIT_STEP_MS;
                if (waitedMs >= WAIT_MS_MAX || !thread.isAlive()) {
                    return done.getCount() == 0;
                }
            }
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return done.getCount() == 0;
        }
    }

    /** Ends it, when all tracers have ended. */
    void stop() {
        stopping = true;
        wakeUp();
        try {
            thread.join(WAIT_MS_MAX);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
