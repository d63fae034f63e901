// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.linux.Linux;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Tries again what could not be done, on a thread of its own that gives way: after a second, then
 * less and less often, down to twice a minute; at once when something has changed that may help.
 */
final class Retry implements AutoCloseable {
    private static final long PAUSE_MS_MIN = 1_000;
    private static final long PAUSE_MS_MAX = 30_000;

    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /**
     * @param attempt tries, and says how much is left to be done
     */
    Retry(IntSupplier attempt) {
        thread = Thread.ofPlatform().name("etherbay-retry").daemon().start(() -> run(attempt));
    }

    private void run(IntSupplier attempt) {
        Linux.giveWay();
        long pauseMs = PAUSE_MS_MIN;
        try {
            while (!closed) {
                boolean asked = wake.tryAcquire(pauseMs, TimeUnit.MILLISECONDS);
                wake.drainPermits();
                boolean isLeft = !closed && attempt.getAsInt() > 0;
                pauseMs = asked || !isLeft ? PAUSE_MS_MIN : Math.min(2 * pauseMs, PAUSE_MS_MAX);
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    /** Something has changed. */
    void soon() {
        wake.release();
    }

    /** Returns when no attempt is under way any more. */
    @Override
    public void close() {
        closed = true;
        wake.release();
        try {
            thread.join();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
