// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * SIGTERM and SIGINT made into an orderly end: {@link #await} returns on the main thread, which
 * closes what it opened and then this, and only then the process goes. Open it first, so that it is
 * closed last.
 */
final class StopSignal implements AutoCloseable {
    private final CompletableFuture<Void> asked = new CompletableFuture<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    StopSignal() {
        this(() -> {});
    }

    /**
     * @param ask runs when the signal comes, on a thread of its own: for a service that holds the
     *     main thread
     */
    StopSignal(Runnable ask) {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            asked.complete(null);
            ask.run();
            awaitClosed();
        }));
    }

    /**
     * Waits for a signal, or for {@code failure} to complete exceptionally: then it throws that
     * error.
     */
    void await(CompletableFuture<Void> failure) throws InterruptedException {
        try {
            CompletableFuture.anyOf(asked, failure).get();
        } catch (ExecutionException ended) {
            throw new IllegalStateException("the service ended by itself", ended.getCause());
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
