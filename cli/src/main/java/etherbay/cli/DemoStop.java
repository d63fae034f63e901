// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGINT and SIGTERM in the middle of the demo: all child processes are killed, so that nobody
 * waits for them, the thread that opened this is interrupted, and the JVM goes when that thread has
 * closed this.
 */
final class DemoStop implements AutoCloseable {
    private static final long CLEAN_UP_SECONDS = 20;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread worker = Thread.currentThread();
    private volatile boolean asked;

    DemoStop() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::stop));
    }

    /** Whether a signal came. */
    boolean asked() {
        return asked;
    }

    /** Waits for a signal. */
    void await() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void stop() {
        if (closed.getCount() == 0) {
            return;
        }
        asked = true;
        worker.interrupt();
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        try {
            closed.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
