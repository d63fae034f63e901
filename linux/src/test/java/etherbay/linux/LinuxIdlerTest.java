// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

@Timeout(30)
final class LinuxIdlerTest {
    private static final long MS = 1_000_000L;

    @Test
    void aSleepEndsWhenItsTimeIsOver() {
        LinuxIdler idler = new LinuxIdler();
        long startNs = Linux.clock().nanoTime();
        idler.idle(20 * MS);
        assertThat(Linux.clock().nanoTime() - startNs).isBetween(20 * MS, 5_000 * MS);
        idler.close();
    }

    @Test
    void aWakeUpBeforeTheSleepEndsItAtOnceAndOnlyThatOne() {
        LinuxIdler idler = new LinuxIdler();
        idler.wakeUp();
        idler.wakeUp();
        idler.idle(Long.MAX_VALUE);
        long startNs = Linux.clock().nanoTime();
        idler.idle(10 * MS);
        assertThat(Linux.clock().nanoTime() - startNs).isGreaterThanOrEqualTo(10 * MS);
        idler.close();
    }

    @Test
    void anotherThreadWakesTheSleeper() throws InterruptedException {
        LinuxIdler idler = new LinuxIdler();
        Thread sleeper = Thread.ofPlatform().start(() -> idler.idle(Long.MAX_VALUE));
        idler.wakeUp();
        assertThat(sleeper.join(Duration.ofSeconds(20))).isTrue();
        idler.close();
        idler.wakeUp(); // goes nowhere, and above all into no other descriptor
    }

    @Test
    void anyOfManyWatchedDescriptorsEndsTheSleepUntilItIsUnwatched() {
        LinuxIdler idler = new LinuxIdler();
        List<Integer> fds = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            long one = arena.allocate(Long.BYTES, Long.BYTES).address();
            Memory.putLong(one, 1);
            for (int index = 0; index < 100; index++) {
                int fd = Libc.eventfd(0, Constants.EFD_CLOEXEC | Constants.EFD_NONBLOCK);
                fds.add(fd);
                idler.watch(fd);
            }
            for (int index : new int[] {0, 50, 99}) {
                QuietLibc.write(fds.get(index), one, Long.BYTES);
                idler.idle(Long.MAX_VALUE);
                idler.unwatch(fds.get(index));
            }
            long startNs = Linux.clock().nanoTime();
            idler.idle(10 * MS);
            assertThat(Linux.clock().nanoTime() - startNs).isGreaterThanOrEqualTo(10 * MS);
        }
        fds.forEach(Libc::close);
        idler.close();
    }
}
