// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Many disks on one loop, which share what makes their calls. */
@Timeout(120)
final class LoopDisksTest {
    private static final int BLOCK_BYTES = 4096;
    private static final int BLOCK_SECTORS = BLOCK_BYTES / 512;

    @TempDir
    Path folder;

    private Path sparse(String name, long bytes) throws IOException {
        Path made = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(made.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return made;
    }

    private static Disk.Options with(Disk.Engine engine) {
        return Disk.Options.DEFAULT.withEngine(engine);
    }

    private static Io readAt(long block, MemorySegment memory, int slot) {
        return new Io(1)
                .prepare(IoOperation.READ, block * BLOCK_SECTORS, BLOCK_SECTORS)
                .segment(memory, (long) slot * BLOCK_BYTES, BLOCK_BYTES);
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void twoDisksKeepTheirCompletionsApart(Disk.Engine engine) throws IOException {
        int count = 64;
        Path one = Files.write(folder.resolve("one"), filled(count, 1));
        Path other = Files.write(folder.resolve("other"), filled(count, 2));
        long ringCount = ringCount();
        try (DiskRig rig = new DiskRig(one, with(engine));
                Disk second = rig.open(other, with(engine))) {
            assertThat(second.calls()).isSameAs(rig.disk.calls());
            assertThat(ringCount()).isEqualTo(ringCount + (engine == Disk.Engine.URING ? 1 : 0));
            MemorySegment memory = rig.memory(2 * count * BLOCK_BYTES, 0);
            List<Integer> wrong = new ArrayList<>();
            int[] completed = new int[2];
            for (int index = 0; index < 2 * count; index++) {
                int slot = index;
                int whose = index % 2;
                Disk disk = whose == 0 ? rig.disk : second;
                disk.submit(readAt(index / 2, memory, slot).then(io -> {
                    completed[whose]++;
                    byte there = memory.get(JAVA_BYTE, (long) slot * BLOCK_BYTES + 5);
                    if (!io.status().isOk() || there != whose + 1) {
                        wrong.add(slot);
                    }
                }));
            }
            rig.turnUntil(() -> completed[0] + completed[1] == 2 * count);
            assertThat(completed).containsExactly(count, count);
            assertThat(wrong).isEmpty();
        }
        assertThat(ringCount()).isEqualTo(ringCount);
    }

    private static byte[] filled(int blockCount, int value) {
        byte[] bytes = new byte[blockCount * BLOCK_BYTES];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static long ringCount() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(LoopDisksTest::isRing).count();
        }
    }

    private static boolean isRing(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().contains("io_uring");
        } catch (IOException gone) {
            return false; // the descriptor of the listing itself
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void closingADiskRunsNoContinuationOfAnotherAndLosesNone(Disk.Engine engine)
            throws IOException {
        int count = 100;
        Path path = sparse("one", 1 << 20);
        try (DiskRig rig = new DiskRig(sparse("zero", 1 << 20), with(engine))) {
            Disk lingering = rig.open(sparse("two", 1 << 20), with(engine));
            Disk closed = rig.open(path, with(engine));
            MemorySegment memory = rig.memory(BLOCK_BYTES, 0);
            boolean[] closing = {true};
            int[] completed = new int[3];
            List<Disk> disks = List.of(closed, lingering, rig.disk);
            for (int index = 0; index < 3 * count; index++) {
                int whose = index % 3;
                disks.get(whose).submit(readAt(index / 3, memory, 0).then(io -> {
                    assertThat(io.status()).isEqualTo(IoStatus.OK);
                    assertThat(closing[0] && whose != 0).isFalse();
                    completed[whose]++;
                }));
            }
            closed.close();
            assertThat(completed).containsExactly(count, 0, 0);
            closing[0] = false;
            lingering.close(); // some of its requests have ended and wait for a turn
            assertThat(completed).containsExactly(count, count, 0);
            rig.turnUntil(() -> completed[2] == count);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void twoHundredDisksReadWhatWasWrittenToEach(Disk.Engine engine) throws IOException {
        int diskCount = 200;
        int blockCount = 16;
        Prng prng = new Prng(41);
        byte[][] expected = new byte[diskCount][blockCount];
        List<Disk> disks = new ArrayList<>();
        try (DiskRig rig = new DiskRig(sparse("own", BLOCK_BYTES), with(engine))) {
            for (int index = 0; index < diskCount; index++) {
                disks.add(rig.open(sparse("d" + index, 16 * BLOCK_BYTES), with(engine)));
            }
            MemorySegment written = rig.memory(diskCount * BLOCK_BYTES, 0);
            MemorySegment back = rig.memory(diskCount * BLOCK_BYTES, 0);
            for (int round = 0; round < 30; round++) {
                List<Io> ios = new ArrayList<>();
                for (int index = 0; index < diskCount; index++) {
                    int read = prng.below(blockCount);
                    int write = (read + 1 + prng.below(blockCount - 1)) % blockCount;
                    byte want = expected[index][read];
                    byte fill = (byte) prng.nextLong();
                    long at = (long) index * BLOCK_BYTES;
                    written.asSlice(at, BLOCK_BYTES).fill(fill);
                    expected[index][write] = fill;
                    Io writing = DiskRig.io(
                            IoOperation.WRITE,
                            (long) write * BLOCK_SECTORS,
                            written.asSlice(at, BLOCK_BYTES));
                    ios.add(writing.then(io -> {}));
                    ios.add(readAt(read, back, index).then(io -> {
                        assertThat(back.get(JAVA_BYTE, at)).isEqualTo(want);
                        assertThat(back.get(JAVA_BYTE, at + BLOCK_BYTES - 1)).isEqualTo(want);
                    }));
                    disks.get(index).submit(writing);
                    disks.get(index).submit(ios.getLast());
                }
                rig.turnUntil(() -> ios.stream().noneMatch(Io::inFlight));
                assertThat(ios).allMatch(io -> io.status().isOk());
            }
            disks.forEach(Disk::close);
        }
        for (int index = 0; index < diskCount; index++) {
            byte[] file = Files.readAllBytes(folder.resolve("d" + index));
            for (int block = 0; block < blockCount; block++) {
                assertThat(file[block * BLOCK_BYTES + 9]).isEqualTo(expected[index][block]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aBurstLargerThanTheRingEndsWhole(Disk.Engine engine) throws IOException {
        int depth = Disk.QUEUE_DEPTH_MAX;
        int diskCount = UringEngine.COMPLETION_ENTRY_COUNT / depth + 2;
        Disk.Options options = with(engine).withQueueDepth(depth);
        Path path = Files.write(folder.resolve("d"), filled(1, 7));
        Disk.Options reading = options.withReadOnly(true);
        try (DiskRig rig = new DiskRig(path, reading)) {
            List<Disk> disks = new ArrayList<>();
            for (int index = 0; index < diskCount; index++) {
                disks.add(rig.open(path, reading));
            }
            MemorySegment memory = rig.memory(BLOCK_BYTES, 0);
            int[] completed = new int[1];
            int count = diskCount * depth;
            for (int index = 0; index < count; index++) {
                disks.get(index % diskCount).submit(readAt(0, memory, 0).then(io -> {
                    assertThat(io.status()).isEqualTo(IoStatus.OK);
                    completed[0]++;
                }));
            }
            assertThat(completed[0]).isZero();
            assertThat(rig.disks().slots().count())
                    .isGreaterThan(UringEngine.COMPLETION_ENTRY_COUNT);
            rig.turnUntil(() -> completed[0] == count);
            assertThat(memory.get(JAVA_BYTE, 4095)).isEqualTo((byte) 7);
            assertThat(rig.run(readAt(0, memory, 0))).isEqualTo(IoStatus.OK);
            assertThat(completed[0]).isEqualTo(count);
            disks.forEach(Disk::close);
        }
    }

    @Test
    void theThreadsOfALoopAreFewHoweverManyDisksItHasAndEndWithIt() throws IOException {
        int diskCount = 12;
        int depth = 64;
        List<Thread> strangers = diskThreads();
        List<Disk> disks = new ArrayList<>();
        DiskRig rig = new DiskRig(sparse("d", 1 << 20), with(Disk.Engine.THREADS));
        for (int index = 0; index < diskCount; index++) {
            disks.add(rig.open(sparse("d" + index, 1 << 20), with(Disk.Engine.THREADS)));
        }
        int[] completed = new int[1];
        MemorySegment memory = rig.memory(BLOCK_BYTES, 0);
        for (int index = 0; index < diskCount * depth; index++) {
            disks.get(index % diskCount)
                    .submit(DiskRig.io(IoOperation.WRITE, 0, memory)
                            .fua(true)
                            .then(io -> completed[0]++));
        }
        List<Thread> threads = new ArrayList<>(diskThreads());
        threads.removeAll(strangers);
        rig.turnUntil(() -> completed[0] == diskCount * depth);
        assertThat(threads).hasSizeBetween(1, 64);
        disks.forEach(Disk::close);
        rig.close();
        assertThat(threads).noneMatch(Thread::isAlive);
    }

    private static List<Thread> diskThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("test-disk-"))
                .toList();
    }

    @Test
    void aDiskOfThreadsAndOneOfTheRingShareALoop() throws IOException {
        try (DiskRig rig = new DiskRig(sparse("ring", 1 << 20), with(Disk.Engine.URING));
                Disk other = rig.open(sparse("threads", 1 << 20), with(Disk.Engine.THREADS))) {
            assertThat(rig.disk.engine()).isEqualTo(Disk.Engine.URING);
            assertThat(other.engine()).isEqualTo(Disk.Engine.THREADS);
            MemorySegment data = rig.memory(BLOCK_BYTES, 3);
            assertThat(rig.write(0, data)).isEqualTo(IoStatus.OK);
            assertThat(rig.run(other, DiskRig.io(IoOperation.WRITE, 8, data)))
                    .isEqualTo(IoStatus.OK);
            MemorySegment back = rig.memory(BLOCK_BYTES, 0);
            assertThat(rig.run(other, DiskRig.io(IoOperation.READ, 8, back)))
                    .isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data)).isEqualTo(-1);
        }
    }
}
