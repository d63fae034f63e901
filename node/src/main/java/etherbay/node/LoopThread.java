// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Loop;
import etherbay.linux.Linux;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The thread that turns the loop of some disks, and how it ends. Owned by the control thread that
 * made the loop, which owns that again after {@link #stop}; whoever asks gets at the loop both
 * while it is turned and while not.
 */
final class LoopThread implements LoopAccess {
    private static final long QUIET_S_MAX = 30;

    private final Loop loop;
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private volatile @Nullable Thread thread;

    LoopThread(Loop loop) {
        this.loop = loop;
    }

    /** Turns the loop from now on. */
    void start() {
        loop.mailbox().offer(Linux::comeSoon);
        thread = loop.start((_, bug) -> failure.completeExceptionally(bug));
    }

    /** The way to the loop as it is now: to be asked for anew each time. */
    private LoopAccess access() {
        return thread == null && loop.isOwnedHere()
                ? LoopAccess.byHand(loop)
                : new LoopCalls(loop, failure);
    }

    @Override
    public <T> T call(Supplier<T> work) {
        return access().call(work);
    }

    @Override
    public boolean within(long timeoutNs, CompletableFuture<?> done) {
        return access().within(timeoutNs, done);
    }

    /** Completes exceptionally when a bug has ended the loop. */
    CompletableFuture<Void> failure() {
        return failure;
    }

    /**
     * Ends the loop when its disks are quiet, or it has died, or after {@value #QUIET_S_MAX} s;
     * nothing when it does not turn.
     *
     * @param quiesce runs on the loop, sees to it that nothing new is asked, and has what it is
     *     given run when nothing is under way any more
     */
    void stop(Consumer<Runnable> quiesce) throws InterruptedException {
        Thread turning = thread;
        if (turning == null) {
            return;
        }
        LoopCalls calls = new LoopCalls(loop, failure);
        CompletableFuture<Boolean> quiet =
                calls.later(done -> quiesce.accept(() -> done.complete(true)));
        calls.await(quiet, QUIET_S_MAX);
        loop.stop();
        turning.join();
        loop.adopt();
        thread = null;
    }
}
