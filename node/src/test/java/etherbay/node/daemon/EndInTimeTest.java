// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.linux.Linux;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A stop that comes to its end before somebody ends it. */
@Timeout(60)
final class EndInTimeTest {
    /** What the JVM needs to begin its end, and to come to it. */
    private static final long PROCESS_S = 3;

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException nobodyDoes) {
            throw new IllegalStateException(nobodyDoes);
        }
    }

    @Test
    void aStopTakesLessThanTheUnitGivesIt() throws IOException {
        Path unit = Path.of(System.getProperty("etherbay.home", ".."))
                .resolve("build/package/etherbay.service");
        long givenS = Files.readAllLines(unit).stream()
                .filter(line -> line.startsWith("TimeoutStopSec="))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1)))
                .findFirst()
                .orElseThrow();
        assertThat(DaemonApi.CLOSE_S_MAX + NodeDaemon.CLOSE_S_MAX + PROCESS_S).isLessThan(givenS);
    }

    @Test
    void aStepThatHangsIsLeftBehindAndTheNextIsDone() {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        long beforeNs = Linux.clock().nanoTime();
        EndInTime end = new EndInTime(Linux.clock(), 2);
        assertThat(end.step("what hangs", 1, () -> await(never))).isFalse();
        assertThat(end.step("what fails", 0, () -> {
                    throw new AssertionError("planted");
                }))
                .isTrue();
        assertThat(end.step("the next", 0, done::countDown)).isTrue();
        assertThat(done.getCount()).isZero();
        assertThat(end.step("what hangs, too", 0, () -> await(never))).isFalse();
        assertThat(Linux.clock().nanoTime() - beforeNs).isBetween(2_000_000_000L, 10_000_000_000L);
        never.countDown();
    }
}
