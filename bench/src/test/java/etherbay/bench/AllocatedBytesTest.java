// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CountDownLatch;

final class AllocatedBytesTest {
    private static final int BYTES = 1 << 20;

    @Test
    void whatAThreadAllocatedStaysCountedWhenItEnds() throws InterruptedException {
        AllocatedBytes allocated = AllocatedBytes.ofThreadsFromNow();
        CountDownLatch done = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Thread thread = Thread.ofPlatform().start(() -> {
            byte[] bytes = new byte[BYTES];
            done.countDown();
            await(mayEnd);
            assertThat(bytes).hasSize(BYTES);
        });
        done.await();

        long whileItLives = allocated.now();
        mayEnd.countDown();
        thread.join();

        assertThat(whileItLives).isGreaterThan(BYTES);
        assertThat(allocated.now()).isEqualTo(whileItLives);
    }

    @Test
    void whatTheThreadsBeforeAllocateDoesNotCount() {
        AllocatedBytes allocated = AllocatedBytes.ofThreadsFromNow();
        long before = allocated.now();

        byte[] bytes = new byte[BYTES];

        assertThat(allocated.now() - before)
                .as("beside %d of ours", bytes.length)
                .isLessThan(BYTES);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
