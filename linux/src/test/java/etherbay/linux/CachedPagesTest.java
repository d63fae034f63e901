// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** What a disk lends of the page cache, read by a system call as a port does. */
final class CachedPagesTest {
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

    /** What a system call finds at an address. */
    private byte[] at(long address, int bytes) throws IOException {
        assertThat(written(address, bytes)).isEqualTo(bytes);
        return Files.readAllBytes(folder.resolve("copy"));
    }

    /** What write(2) says when it is to read from an address. */
    private long written(long address, int bytes) throws IOException {
        Path copy = Files.write(folder.resolve("copy"), new byte[0]);
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(copy.toString()).address();
            int fd = Libc.open(name, Constants.O_RDWR, 0);
            long written = QuietLibc.write(fd, address, bytes);
            Libc.close(fd);
            return written;
        }
    }

    private static byte[] bytes(MemorySegment memory) {
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void whatIsCachedIsLentAsItIsNow() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment data = rig.memory(8 * SECTOR, 7);
            assertThat(rig.write(17, data)).isEqualTo(IoStatus.OK);
            long address = rig.disk.lend(17, 8);
            assertThat(address).isNotZero();
            assertThat(at(address, 8 * SECTOR)).isEqualTo(bytes(data));
            assertThat(at(rig.disk.lend(18, 1), SECTOR))
                    .isEqualTo(Arrays.copyOfRange(bytes(data), SECTOR, 2 * SECTOR));

            MemorySegment newer = rig.memory(8 * SECTOR, 8);
            assertThat(rig.write(17, newer)).isEqualTo(IoStatus.OK);
            assertThat(at(rig.disk.lend(17, 8), 8 * SECTOR)).isEqualTo(bytes(newer));
            assertThat(rig.counters.counter("disk." + path + ".read").value()).isEqualTo(3);
        }
    }

    @Test
    void whatIsNotCachedIsNotLent() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            assertThat(rig.disk.lend(0, 8)).isZero();
            assertThat(rig.write(8, rig.memory(8 * SECTOR, 1))).isEqualTo(IoStatus.OK);
            assertThat(rig.disk.lend(8, 8)).isNotZero();
            // One of its two pages is there.
            assertThat(rig.disk.lend(4, 8)).isZero();
            assertThat(rig.disk.lend(12, 8)).isZero();
        }
    }

    @Test
    void nothingIsLentBeyondTheEndOrOfMoreThanAFrame() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            MemorySegment all = rig.memory(BYTES, 1);
            assertThat(rig.write(0, all)).isEqualTo(IoStatus.OK);
            int sectors = BYTES / SECTOR;
            assertThat(rig.disk.lend(sectors - 8, 8)).isNotZero();
            assertThat(rig.disk.lend(sectors - 7, 8)).isZero();
            assertThat(rig.disk.lend(-1, 8)).isZero();
            assertThat(rig.disk.lend(0, 32)).isNotZero();
            assertThat(rig.disk.lend(0, 1024)).isZero();
        }
    }

    @Test
    void whatAFileHasLostFailsTheCallThatReadsItUntilTheDiskKnows() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            assertThat(rig.write(0, rig.memory(64 * 1024, 1))).isEqualTo(IoStatus.OK);
            long address = rig.disk.lend(64, 8);
            assertThat(address).isNotZero();
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(32 * 1024);
            }
            assertThat(written(address, 8 * SECTOR)).isEqualTo(-1);
            assertThat(rig.disk.lend(0, 8)).isNotZero();
            rig.turnUntil(() -> rig.disk.sectors() == 64);
            assertThat(rig.disk.lend(64, 8)).isZero();
        }
    }

    @Test
    void whatAFileGrewByIsLentOnceTheDiskKnows() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(2 * BYTES);
            }
            rig.turnUntil(() -> rig.disk.sectors() == 2 * BYTES / SECTOR);
            MemorySegment data = rig.memory(4096, 3);
            assertThat(rig.write(BYTES / SECTOR, data)).isEqualTo(IoStatus.OK);
            assertThat(at(rig.disk.lend(BYTES / SECTOR, 8), 4096)).isEqualTo(bytes(data));
        }
    }

    @Test
    void aMappingWithManyPageTablesGivesWayToAnother() throws IOException {
        int regionCount = 20_480;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength((long) regionCount << 21);
            try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
                long address = lentOnceRead(rig, file, 0);
                for (long region = 0; region < regionCount; region++) {
                    lentOnceRead(rig, file, region);
                }
                assertThat(lentOnceRead(rig, file, 0)).isNotEqualTo(address);
                assertThat(written(address, 4096))
                        .as("what was lent in this turn")
                        .isEqualTo(4096);
                rig.turnUntil(() -> mappings(path) == 1);
            }
        }
    }

    /** The first page of 2 MiB: a machine that is short of memory may drop it after each read. */
    private static long lentOnceRead(DiskRig rig, RandomAccessFile file, long region)
            throws IOException {
        byte[] page = new byte[4096];
        for (int tries = 0; tries < 1000; tries++) {
            file.seek(region << 21);
            file.readFully(page);
            long address = rig.disk.lend(region << 12, 8);
            if (address != 0) {
                return address;
            }
        }
        throw new AssertionError("the first page of region " + region + " does not stay in memory");
    }

    /** How often it is mapped: proc_pid_maps(5). */
    private static long mappings(Path file) {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains(file.toString())).count();
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    void aDiskOpenForDirectIoOrNotAttachedLendsNothing() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT.withExclusive(false))) {
            assertThat(rig.write(0, rig.memory(4096, 1))).isEqualTo(IoStatus.OK);
            assertThat(rig.disk.lend(0, 8)).isNotZero();
            Disk.Options direct = Disk.Options.DEFAULT.withExclusive(false).withDirect(true);
            try (Disk past = rig.open(path, direct)) {
                assertThat(past.lend(0, 8)).isZero();
            }
            Disk other = rig.prepare(path, Disk.Options.DEFAULT.withExclusive(false));
            assertThat(other.lend(0, 8)).isZero();
            other.attach();
            assertThat(other.lend(0, 8)).isNotZero();
            other.detach();
            assertThat(other.lend(0, 8)).isZero();
            other.release();
        }
    }

    @Test
    void whatWasLentLastsForTheTurnAndTheLockNoLongerThanTheDisk() throws Exception {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Path second = folder.resolve("second");
            Files.write(second, new byte[BYTES]);
            Disk other = rig.prepare(second, Disk.Options.DEFAULT);
            other.attach();
            long address = other.lend(0, 8);
            assertThat(address).isNotZero();
            other.detach();
            other.release();
            assertThat(mappings(second)).isEqualTo(1);
            assertThat(at(address, 4096)).isEqualTo(new byte[4096]);
            Disk again = rig.prepare(second, Disk.Options.DEFAULT);
            again.release();
            rig.turnUntil(() -> mappings(second) == 0);
        }
    }
}
