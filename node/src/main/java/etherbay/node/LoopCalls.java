// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;
import etherbay.base.Loop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Blocking calls of control threads into a running loop, by its mailbox. What a call throws as an
 * {@link EtherbayException} is thrown to the caller; a loop that has died fails every call.
 */
final class LoopCalls implements LoopAccess {
    private final Loop loop;
    private final CompletableFuture<Void> failure;

    /**
     * @param failure completes exceptionally when the loop has died
     */
    LoopCalls(Loop loop, CompletableFuture<Void> failure) {
        this.loop = loop;
        this.failure = failure;
    }

    /** Runs {@code work} on the loop and waits for it. */
    void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** Runs {@code work} on the loop and waits for its result. */
    @Override
    public <T> T call(Supplier<T> work) {
        return await(later(done -> done.complete(work.get())));
    }

    /**
     * Begins on the loop something that ends in a later turn.
     *
     * @param begin runs on the loop and sees to it that what it is given completes
     */
    <T> CompletableFuture<T> later(Consumer<CompletableFuture<T>> begin) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Runnable message = () -> {
            try {
                begin.accept(done);
            } catch (EtherbayException refused) {
                done.completeExceptionally(refused);
            }
        };
        if (!loop.mailbox().offer(message)) {
            throw new AssertionError("the mailbox of a loop is never full of control messages");
        }
        return done;
    }

    /** Waits for what {@link #later} began. */
    <T> T await(CompletableFuture<T> done) {
        try {
            CompletableFuture.anyOf(done, failure).get();
            return done.getNow(null);
        } catch (ExecutionException ended) {
            if (ended.getCause() instanceof EtherbayException refused) {
                throw refused;
            }
            throw new AssertionError("the loop of this node has ended", ended.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("control threads are not interrupted", interrupted);
        }
    }

    /** Waits for at most so long; whether it has completed. */
    boolean await(CompletableFuture<?> done, long timeoutS) {
        return within(TimeUnit.SECONDS.toNanos(timeoutS), done);
    }

    @Override
    public boolean within(long timeoutNs, CompletableFuture<?> done) {
        try {
            CompletableFuture.anyOf(done, failure).get(timeoutNs, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException late) {
            return false;
        } catch (ExecutionException ended) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
