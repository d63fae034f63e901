// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;
import etherbay.base.Loop;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * How control code gets at what a loop owns: by its mailbox while a thread turns it ({@link
 * LoopCalls}), else by turning it itself. One control thread at a time.
 */
public interface LoopAccess {
    /** Runs {@code work} on the loop; an {@link EtherbayException} of it is thrown. */
    <T> T call(Supplier<T> work);

    /** Waits for what the loop completes. @return whether it has, within that time */
    boolean within(long timeoutNs, CompletableFuture<?> done);

    /** Of a loop that no thread turns: the caller's own. */
    static LoopAccess byHand(Loop loop) {
        return new LoopAccess() {
            @Override
            public <T> T call(Supplier<T> work) {
                loop.checkOwner();
                return work.get();
            }

            @Override
            public boolean within(long timeoutNs, CompletableFuture<?> done) {
                return loop.runUntil(loop.clock().nanoTime() + timeoutNs, done::isDone);
            }
        };
    }
}
