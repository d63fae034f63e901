// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The thread of one process that writes state files, so that no loop ever waits for a disk. Each
 * export has at most one save in it, which bounds the queue by the exports.
 */
public final class StateWriter implements AutoCloseable {
    private static final int CLOSE_SECONDS_MAX = 30;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            work -> Thread.ofPlatform().name("etherbay-state").daemon(true).unstarted(work));

    /** Runs {@code save} on the writer's thread; it catches what it may throw. */
    void submit(Runnable save) {
        try {
            thread.execute(save);
        } catch (RejectedExecutionException closed) {
            throw new AssertionError("exports stop before the writer of their state does", closed);
        }
    }

    /** Whether {@link #close} was called. */
    boolean isClosed() {
        return thread.isShutdown();
    }

    /** Ends when all that was submitted is written. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw notWritten("the disk under the state folder did not take it in time");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw notWritten("the process was interrupted while it waited for that");
        }
    }

    private static EtherbayException notWritten(String cause) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the last state of the exports may not be written",
                cause,
                "start again: the state before it is intact");
    }
}
