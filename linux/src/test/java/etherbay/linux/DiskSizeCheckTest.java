// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.Loop;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How often a loop is woken to look at the sizes of its disks; the clock is the test's. */
final class DiskSizeCheckTest {
    private static final long SECOND_NS = 1_000_000_000L;

    @TempDir
    Path folder;

    private long nowNs = 12_345_678_901L;
    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop = new Loop(
            "test",
            new Clock() {
                @Override
                public long nanoTime() {
                    return nowNs;
                }

                @Override
                public long wallMillis() {
                    return 0;
                }
            },
            idler,
            0);
    private final List<Disk> disks = new ArrayList<>();
    private final List<BlockDevice> resized = new ArrayList<>();

    @AfterEach
    void closeIdler() {
        disks.forEach(Disk::close);
        idler.close();
    }

    private void open(int count) throws IOException {
        for (int index = 0; index < count; index++) {
            nowNs += SECOND_NS / 1000;
            Path path = folder.resolve("disk" + disks.size());
            setSize(path, 4096);
            Disk disk = Disk.open(path, Disk.Options.DEFAULT, loop, idler, new Counters());
            disk.listen(new BlockDevice.Listener() {
                @Override
                public void resized(BlockDevice device, long sectorsBefore) {
                    resized.add(device);
                }
            });
            disks.add(disk);
        }
    }

    private static void setSize(Path path, long bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    private void growAll() throws IOException {
        for (int index = 0; index < disks.size(); index++) {
            setSize(folder.resolve("disk" + index), 8192);
        }
    }

    /** Sleeps from deadline to deadline. @return how many there were */
    private int wakeUps(long durationNs) {
        long endNs = nowNs + durationNs;
        int count = 0;
        while (loop.nextDeadlineNs() <= endNs) {
            assertThat(loop.nextDeadlineNs()).as("a deadline is ahead").isGreaterThan(nowNs);
            nowNs = loop.nextDeadlineNs();
            loop.turn(nowNs);
            count++;
        }
        nowNs = endNs;
        return count;
    }

    @Test
    void manyDisksWakeTheLoopTenTimesASecondAndEachGrowthIsNoticedWithinOne() throws IOException {
        open(37);
        wakeUps(3 * SECOND_NS);
        growAll();
        assertThat(wakeUps(SECOND_NS)).isBetween(9, 11);
        assertThat(resized).containsExactlyInAnyOrderElementsOf(disks);
        assertThat(wakeUps(10 * SECOND_NS)).isEqualTo(100);
        assertThat(resized).hasSize(37);
    }

    @Test
    void oneTickLooksAtATenthOfTheDisks() throws IOException {
        open(40);
        wakeUps(SECOND_NS);
        growAll();
        for (int tick = 1; tick <= 10; tick++) {
            nowNs = loop.nextDeadlineNs();
            loop.turn(nowNs);
            assertThat(resized).hasSize(4 * tick);
        }
    }

    @Test
    void oneDiskWakesTheLoopOnceASecondAndNoneNever() throws IOException {
        assertThat(loop.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        open(1);
        wakeUps(SECOND_NS);
        assertThat(wakeUps(10 * SECOND_NS)).isEqualTo(10);
        disks.removeFirst().close();
        assertThat(loop.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatAStallMissedIsLookedAtOnceAtItsEnd() throws IOException {
        open(25);
        wakeUps(SECOND_NS);
        growAll();
        nowNs += 600 * SECOND_NS;
        loop.turn(nowNs);
        assertThat(resized).hasSize(25);
        assertThat(loop.nextDeadlineNs()).isGreaterThan(nowNs);
    }

    @Test
    void aListenerMayCloseOtherDisksAndOpenNewOnes() throws IOException {
        open(30);
        growAll();
        Disk last = disks.removeLast();
        disks.getFirst().listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice device, long sectorsBefore) {
                last.close();
                disks.add(Disk.open(
                        folder.resolve("disk29"),
                        Disk.Options.DEFAULT,
                        loop,
                        idler,
                        new Counters()));
            }
        });
        wakeUps(2 * SECOND_NS);
        assertThat(disks).hasSize(30);
        assertThat(disks).allMatch(disk -> disk.sectors() == 16);
    }
}
