// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.OrderedDevice;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which writes are made at once: the file is looked at before the loop turns. */
final class PromptWritesTest {
    private static final int SECTOR = BlockDevice.SECTOR_BYTES;
    private static final int BYTES = 1 << 20;

    // Not /tmp, which may be a tmpfs: all of its pages are there, but for holes.
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws IOException {
        path = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(BYTES);
        }
    }

    private byte[] inFile(long lba, int bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            byte[] found = new byte[bytes];
            file.seek(lba * SECTOR);
            file.readFully(found);
            return found;
        }
    }

    private boolean isWritten(long lba, MemorySegment data) throws IOException {
        return Arrays.equals(
                inFile(lba, (int) data.byteSize()), data.toArray(ValueLayout.JAVA_BYTE));
    }

    /** As in a turn that has just begun, however long this machine keeps the test waiting. */
    private static void begin(DiskRig rig) {
        rig.loop.turn(Linux.clock().nanoTime() + 1_000_000_000L);
    }

    private static Io submitted(DiskRig rig, long lba, MemorySegment data) {
        begin(rig);
        Io io = DiskRig.io(IoOperation.WRITE, lba, data).then(_ -> {});
        rig.disk.submit(io);
        return io;
    }

    private static void finish(DiskRig rig, Io io) {
        rig.turnUntil(() -> !io.inFlight());
        assertThat(io.status()).isEqualTo(IoStatus.OK);
    }

    @Test
    void aWholeBlockIsWrittenAtOnceAndEndsInALaterStep() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment data = rig.memory(4096, 1);
            Io io = submitted(rig, 8, data);
            assertThat(isWritten(8, data)).isTrue();
            assertThat(io.inFlight()).isTrue();
            assertThat(rig.disks().readyToIdle()).isFalse();
            rig.loop.turn(Linux.clock().nanoTime());
            assertThat(io.inFlight()).isFalse();
            assertThat(io.status()).isEqualTo(IoStatus.OK);
            assertThat(rig.counters.counter("disk." + path + ".written").value())
                    .isEqualTo(1);
        }
    }

    @Test
    void whatIsWrittenAfterThePollIsAnsweredByTheFlush() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Io io = submitted(rig, 0, rig.memory(4096, 1));
            rig.disks().flush(rig.loop.nowNs());
            assertThat(io.inFlight()).isFalse();
        }
    }

    @Test
    void whoSubmitsFromAContinuationWithoutEndKeepsNoTurn() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Again again = new Again(rig.disk, rig.memory(4096, 1));
            begin(rig);
            again.submit(new Io(1));
            begin(rig);
            assertThat(again.leftCount).isBetween(98_000, 99_999);
            again.leftCount = 0;
        }
    }

    private static final class Again {
        private final Disk disk;
        private final MemorySegment data;
        private int leftCount = 100_000;

        Again(Disk disk, MemorySegment data) {
            this.disk = disk;
            this.data = data;
        }

        void submit(Io io) {
            disk.submit(io.prepare(IoOperation.WRITE, 0, 8)
                    .segment(data, 0, 4096)
                    .then(this::completed));
        }

        private void completed(Io io) {
            if (leftCount > 0) {
                leftCount--;
                submit(io);
            }
        }
    }

    @Test
    void aPartOfABlockIsWrittenAtOnceOnlyWhereItsPageIsThere() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment data = rig.memory(SECTOR, 2);
            Io first = submitted(rig, 3, data);
            assertThat(isWritten(3, data)).isFalse();
            finish(rig, first);
            assertThat(isWritten(3, data)).isTrue();
            Io second = submitted(rig, 4, data);
            assertThat(isWritten(4, data)).isTrue();
            finish(rig, second);
        }
    }

    @Test
    void directIoDurableWritesAndLongOnesAreTheEngines() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment data = rig.memory(4096, 3);
            begin(rig);
            Io durable = DiskRig.io(IoOperation.WRITE, 0, data).fua(true).then(_ -> {});
            rig.disk.submit(durable);
            assertThat(isWritten(0, data)).isFalse();
            finish(rig, durable);
            MemorySegment longer = rig.memory((int) PromptWrites.BYTES_MAX + 4096, 3);
            Io whole = submitted(rig, 8, longer);
            assertThat(isWritten(8, longer)).isFalse();
            finish(rig, whole);
            assertThat(isWritten(8, longer)).isTrue();
        }
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT.withDirect(true))) {
            MemorySegment data = rig.memory(4096, 4);
            Io direct = submitted(rig, 8, data);
            assertThat(isWritten(8, data)).isFalse();
            finish(rig, direct);
        }
    }

    @Test
    void lateInATurnTheEngineWrites() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment data = rig.memory(4096, 5);
            rig.loop.turn(Linux.clock().nanoTime() - PromptWrites.TURN_NS - 1);
            Io io = DiskRig.io(IoOperation.WRITE, 0, data).then(_ -> {});
            rig.disk.submit(io);
            assertThat(isWritten(0, data)).isFalse();
            finish(rig, io);
            assertThat(isWritten(0, data)).isTrue();
        }
    }

    /** Those who use another disk are not to wait for this one. */
    @Test
    void whereDisksLieOnSeveralMediaTheEngineWrites() throws IOException {
        Path elsewhere = Files.createTempFile(Path.of("/dev/shm"), "etherbay-", ".disk");
        Path beside = Files.write(folder.resolve("beside"), filled(4096));
        Files.write(elsewhere, filled(4096));
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT);
                Disk _ = rig.open(beside, Disk.Options.DEFAULT)) {
            MemorySegment first = rig.memory(4096, 7);
            MemorySegment second = rig.memory(4096, 8);
            try (Disk _ = rig.open(elsewhere, Disk.Options.DEFAULT)) {
                Io late = submitted(rig, 0, first);
                assertThat(isWritten(0, first)).isFalse();
                finish(rig, late);
            }
            Io prompt = submitted(rig, 0, second);
            assertThat(isWritten(0, second)).isTrue();
            finish(rig, prompt);
        } finally {
            Files.delete(elsewhere);
        }
    }

    @Test
    void whatFailsIsTheEnginesToReport() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            // The kernel finds no memory of ours there: EFAULT, by either way.
            MemorySegment nowhere = memoryAt(4096, 4096);
            Io io = submitted(rig, 0, nowhere);
            rig.turnUntil(() -> !io.inFlight());
            assertThat(io.status()).isEqualTo(IoStatus.FAILED);
            assertThat(rig.counters.counter("disk." + path + ".failed").value()).isEqualTo(1);
            assertThat(rig.write(0, rig.memory(4096, 6))).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void whatIsWrittenInPartIsWrittenOnFromThere() throws IOException {
        Path half = Files.write(folder.resolve("half"), filled(4096));
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            // The second page lies behind the end of a file: memory that no system call can read.
            long name = rig.arena.allocateFrom(half.toString()).address();
            int fd = Libc.open(name, Constants.O_RDONLY, 0);
            long pages = Libc.mmap(0, 8192, Constants.PROT_READ, Constants.MAP_SHARED, fd, 0);
            Libc.close(fd);
            Io io = submitted(rig, 0, memoryAt(pages, 8192));
            assertThat(inFile(0, 4096)).isEqualTo(filled(4096));
            rig.turnUntil(() -> !io.inFlight());
            assertThat(io.status()).isEqualTo(IoStatus.FAILED);
            assertThat(inFile(8, 4096)).containsOnly(0);

            Libc.munmap(pages, 8192);
        }
    }

    private static byte[] filled(int bytes) {
        byte[] filled = new byte[bytes];
        Arrays.fill(filled, (byte) 7);
        return filled;
    }

    // SAFETY: nothing of the process reads it, only system calls, which fail.
    @SuppressWarnings("restricted")
    private static MemorySegment memoryAt(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    @Test
    void aDiskRestsSixteenTimesAsLongAsASlowWriteTook() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            PromptWrites prompt = rig.disks().promptWrites(CachedPages.NONE);
            long slowNs = PromptWrites.SLOW_NS + 1;
            prompt.took(0, PromptWrites.SLOW_NS);
            assertThat(prompt.rests(PromptWrites.SLOW_NS)).isFalse();
            prompt.took(0, slowNs);
            assertThat(prompt.rests(slowNs)).isTrue();
            assertThat(prompt.rests(17 * slowNs - 1)).isTrue();
            assertThat(prompt.rests(17 * slowNs)).isFalse();
            prompt.took(0, 3_600_000_000_000L);
            assertThat(prompt.rests(3_600_000_000_000L + PromptWrites.REST_NS_MAX))
                    .isFalse();
        }
    }

    @Test
    void theLastWriteSubmittedToARangeIsTheOneThatStays() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            List<Io> ios = new ArrayList<>();
            MemorySegment last = rig.memory(4096, 1);
            for (int seed = 1; seed <= 300; seed++) {
                last = rig.memory(4096, seed);
                ios.add(DiskRig.io(IoOperation.WRITE, 16, last).then(_ -> {}));
            }
            OrderedDevice ordered = new OrderedDevice(rig.disk, 1);
            for (int index = 0; index < ios.size(); index++) {
                if (index % 16 == 0) { // some of them late in a turn, so by the engine
                    rig.loop.turn(Linux.clock().nanoTime() - index % 3 * PromptWrites.TURN_NS);
                }
                ordered.submit(ios.get(index));
            }
            rig.turnUntil(() -> ios.stream().noneMatch(Io::inFlight));
            assertThat(ios).allMatch(io -> io.status() == IoStatus.OK);
            assertThat(isWritten(16, last)).isTrue();
        }
    }
}
