// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Does pieces of blocking work side by side: opening a thousand exports is mostly waiting for
 * fsync, and waits together cost one.
 */
final class ParallelWork {
    /** A file system merges the syncs of so many; more gain nothing. */
    private static final int THREAD_COUNT_MAX = 16;

    private ParallelWork() {}

    /**
     * Runs all of it and waits.
     *
     * @throws EtherbayException the first that any of it threw; the rest has ended all the same
     */
    static void runAll(List<Runnable> work) {
        if (work.size() <= 1) {
            work.forEach(Runnable::run);
            return;
        }
        int threadCount = Math.min(THREAD_COUNT_MAX, work.size());
        try (ExecutorService threads = Executors.newFixedThreadPool(
                threadCount, Thread.ofPlatform().name("etherbay-open-", 0).factory())) {
            List<Future<?>> running = new ArrayList<>();
            work.forEach(piece -> running.add(threads.submit(piece)));
            @Nullable EtherbayException first = null;
            for (Future<?> piece : running) {
                EtherbayException failure = failureOf(piece);
                first = first == null ? failure : first;
            }
            if (first != null) {
                throw first;
            }
        }
    }

    private static @Nullable EtherbayException failureOf(Future<?> piece) {
        try {
            piece.get();
            return null;
        } catch (ExecutionException ended) {
            if (ended.getCause() instanceof EtherbayException refused) {
                return refused;
            }
            throw new AssertionError("a bug in work done side by side", ended.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("control threads are not interrupted", interrupted);
        }
    }
}
