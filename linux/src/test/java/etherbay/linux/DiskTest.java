// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Real files, through both engines, buffered and direct. */
final class DiskTest {
    private static final int MIB = 1 << 20;
    private static final Disk.Options DEFAULT = Disk.Options.DEFAULT;

    // Not /tmp, which may be a tmpfs and has other ideas about direct I/O.
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws IOException {
        path = sparse("disk.img", 8L * MIB);
    }

    private Path sparse(String name, long bytes) throws IOException {
        Path made = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(made.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return made;
    }

    static Stream<Disk.Options> ways() {
        List<Disk.Options> ways = new ArrayList<>();
        for (Disk.Engine engine : List.of(Disk.Engine.URING, Disk.Engine.THREADS)) {
            ways.add(DEFAULT.withEngine(engine));
            ways.add(DEFAULT.withEngine(engine).withDirect(true));
        }
        return ways.stream();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatWasWrittenIsReadAndStandsInTheFile(Disk.Options options) throws IOException {
        try (DiskRig rig = new DiskRig(path, options)) {
            MemorySegment data = rig.memory(64 * 1024, 7);
            assertThat(rig.write(24, data)).isEqualTo(IoStatus.OK);
            MemorySegment back = rig.memory(64 * 1024, 0);
            assertThat(rig.read(24, back)).isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            byte[] file = Files.readAllBytes(path);
            MemorySegment there = MemorySegment.ofArray(file).asSlice(24 * 512, 64 * 1024);
            assertThat(there.mismatch(data)).isEqualTo(-1);
            assertThat(rig.disk.sectors()).isEqualTo(8L * MIB / 512);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aScatterListLongerThanOneCallTakesIsReadAndWrittenInOrder(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options)) {
            int pieceBytes = rig.disk.capabilities().logicalBlockBytes();
            int pieceCount = 200;
            MemorySegment data = rig.memory(pieceBytes * pieceCount, 3);
            Io write = scattered(IoOperation.WRITE, data, pieceBytes, pieceCount);
            assertThat(rig.run(write)).isEqualTo(IoStatus.OK);
            MemorySegment back = rig.memory(pieceBytes * pieceCount, 0);
            Io read = scattered(IoOperation.READ, back, pieceBytes, pieceCount);
            assertThat(rig.run(read)).isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            // Piece 0 of the write was the last of the memory: the disk has them the other way
            // round.
            MemorySegment straight = rig.memory(pieceBytes * pieceCount, 0);
            assertThat(rig.read(0, straight)).isEqualTo(IoStatus.OK);
            assertThat(straight.asSlice(0, pieceBytes)
                            .mismatch(data.asSlice((pieceCount - 1L) * pieceBytes, pieceBytes)))
                    .isEqualTo(-1);
        }
    }

    /** The pieces of {@code memory} from the last to the first. */
    private static Io scattered(
            IoOperation operation, MemorySegment memory, int pieceBytes, int pieceCount) {
        Io io = new Io(pieceCount)
                .prepare(operation, 0, (long) pieceBytes * pieceCount / BlockDevice.SECTOR_BYTES);
        for (int piece = pieceCount - 1; piece >= 0; piece--) {
            io.segment(memory, (long) piece * pieceBytes, pieceBytes);
        }
        return io;
    }

    @ParameterizedTest
    @MethodSource("ways")
    void memoryAtOddAddressesAndOfOddLengthWorks(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options)) {
            int bytes = 200 * 1024;
            MemorySegment data = rig.memory(bytes + 8, 5).asSlice(3, bytes);
            Io write = new Io(3)
                    .prepare(IoOperation.WRITE, 8, bytes / 512)
                    .segment(data, 0, 1)
                    .segment(data, 1, 70_000)
                    .segment(data, 70_001, bytes - 70_001);
            assertThat(rig.run(write)).isEqualTo(IoStatus.OK);
            MemorySegment back = rig.memory(bytes + 8, 0).asSlice(5, bytes);
            assertThat(rig.read(8, back)).isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            long bounced = rig.counters.snapshot().get("disk." + path + ".bounced");
            assertThat(bounced).isEqualTo(options.direct() ? 2 : 0);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void moreOddRequestsThanBounceBuffersAllComplete(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options.withQueueDepth(32))) {
            int bytes = 8192;
            int count = 100;
            MemorySegment data = rig.memory(bytes * count + 1, 9).asSlice(1);
            List<Io> ios = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                Io io = DiskRig.io(
                                IoOperation.WRITE,
                                16L * index,
                                data.asSlice((long) index * bytes, bytes))
                        .then(done -> {});
                ios.add(io);
                rig.disk.submit(io);
            }
            rig.turnUntil(() -> ios.stream().noneMatch(Io::inFlight));
            assertThat(ios).allMatch(io -> io.status() == IoStatus.OK);
            MemorySegment back = rig.memory(bytes * count, 0);
            assertThat(rig.read(0, back)).isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data.asSlice(0, (long) bytes * count))).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void writesWithForceUnitAccessAndFlushesSucceed(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options)) {
            MemorySegment data = rig.memory(4096, 11);
            Io io = DiskRig.io(IoOperation.WRITE, 80, data).fua(true);
            assertThat(rig.run(io)).isEqualTo(IoStatus.OK);
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            assertThat(rig.disk.syncFailed()).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void trimmedAndZeroedRangesReadAsZeroesAndTheirNeighboursDoNot(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options)) {
            MemorySegment data = rig.memory(64 * 1024, 13);
            for (IoOperation operation : List.of(IoOperation.TRIM, IoOperation.WRITE_ZEROES)) {
                assertThat(rig.write(0, data)).isEqualTo(IoStatus.OK);
                assertThat(rig.range(operation, 8, 16)).isEqualTo(IoStatus.OK);
                MemorySegment back = rig.memory(64 * 1024, 1);
                assertThat(rig.read(0, back)).isEqualTo(IoStatus.OK);
                MemorySegment expected = rig.memory(64 * 1024, 13);
                expected.asSlice(8 * 512, 16 * 512).fill((byte) 0);
                assertThat(back.mismatch(expected)).isEqualTo(-1);
            }
            assertThat(rig.disk.capabilities().zeroesAfterTrim()).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aFileThatShrankUnderAReadFailsIt(Disk.Options options) throws IOException {
        try (DiskRig rig = new DiskRig(path, options)) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(4096);
            }
            assertThat(rig.read(0, rig.memory(8192, 0))).isEqualTo(IoStatus.FAILED);
            assertThat(rig.read(0, rig.memory(4096, 0))).isEqualTo(IoStatus.OK);
            assertThat(rig.counters.snapshot().get("disk." + path + ".failed")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void manyRequestsInFlightEachEndOnceAndQuiesceWaitsForThem(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options.withQueueDepth(8))) {
            MemorySegment data = rig.memory(4096, 17);
            int[] completed = new int[1];
            boolean[] quiet = new boolean[1];
            for (int index = 0; index < 500; index++) {
                IoOperation operation = index % 3 == 0 ? IoOperation.WRITE : IoOperation.READ;
                rig.disk.submit(
                        DiskRig.io(operation, 8L * (index % 100), data).then(io -> completed[0]++));
            }
            rig.disk.quiesce(() -> {
                assertThat(completed[0]).isEqualTo(500);
                quiet[0] = true;
            });
            assertThat(quiet[0]).isFalse();
            rig.turnUntil(() -> quiet[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatAContinuationSubmitsDoesNotDelayAQuiesce(Disk.Options options) {
        try (DiskRig rig = new DiskRig(path, options)) {
            MemorySegment data = rig.memory(4096, 17);
            int[] completed = new int[1];
            boolean[] quiet = new boolean[1];
            Io second = DiskRig.io(IoOperation.READ, 8, data).then(io -> completed[0]++);
            Io first = DiskRig.io(IoOperation.READ, 0, data).then(io -> {
                completed[0]++;
                rig.disk.submit(second);
            });
            rig.disk.submit(first);
            rig.disk.quiesce(() -> quiet[0] = true);
            rig.turnUntil(() -> quiet[0]);
            rig.turnUntil(() -> completed[0] == 2);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void closingWaitsForWhatIsInFlight(Disk.Options options) {
        int[] completed = new int[1];
        try (DiskRig rig = new DiskRig(path, options.withQueueDepth(4))) {
            MemorySegment data = rig.memory(4096, 19);
            for (int index = 0; index < 50; index++) {
                rig.disk.submit(
                        DiskRig.io(IoOperation.WRITE, 8L * index, data).then(io -> completed[0]++));
            }
        }
        assertThat(completed[0]).isEqualTo(50);
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aLoopThatTakesOverAfterHandTurnsGoesOn(Disk.Engine engine) throws InterruptedException {
        DiskRig rig = new DiskRig(path, DEFAULT.withEngine(engine));
        MemorySegment data = rig.memory(4096, 23);
        assertThat(rig.write(0, data)).isEqualTo(IoStatus.OK);
        Throwable[] death = new Throwable[1];
        Thread thread = rig.loop.start((where, why) -> death[0] = why);
        IoStatus[] status = new IoStatus[1];
        Io read = DiskRig.io(IoOperation.READ, 0, rig.memory(4096, 0)).then(io -> {
            status[0] = io.status();
            rig.loop.mailbox().offer(rig.disk::close);
            rig.loop.mailbox().offer(rig.loop::stop);
        });
        rig.loop.mailbox().offer(() -> rig.disk.submit(read));
        assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
        assertThat(death[0]).isNull();
        assertThat(status[0]).isEqualTo(IoStatus.OK);
        rig.loop.adopt();
        rig.close();
    }

    @Test
    void growthIsNoticedWithinASecondOrSo() throws IOException {
        try (DiskRig rig = new DiskRig(path, DEFAULT)) {
            long[] before = {-1};
            rig.disk.listen(new BlockDevice.Listener() {
                @Override
                public void resized(BlockDevice device, long sectorsBefore) {
                    before[0] = sectorsBefore;
                }
            });
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(9L * MIB);
            }
            rig.turnUntil(() -> before[0] >= 0);
            assertThat(before[0]).isEqualTo(8L * MIB / 512);
            assertThat(rig.disk.sectors()).isEqualTo(9L * MIB / 512);
            assertThat(rig.write(8L * MIB / 512, rig.memory(4096, 2))).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void rangesOutsideAndWritesToAReadOnlyDiskAreRefusedBeforeAnythingHappens() {
        try (DiskRig rig = new DiskRig(path, DEFAULT.withReadOnly(true))) {
            MemorySegment data = rig.memory(4096, 29);
            assertThat(rig.write(0, data)).isEqualTo(IoStatus.READ_ONLY);
            assertThat(rig.range(IoOperation.TRIM, 0, 8)).isEqualTo(IoStatus.READ_ONLY);
            assertThat(rig.read(8L * MIB / 512 - 7, data)).isEqualTo(IoStatus.RANGE);
            assertThat(rig.read(8L * MIB / 512 - 8, data)).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void whoSharesAFileSharesItWithOthersWhoDoAndWithNobodyElse() {
        Disk.Options shared = DEFAULT.withShared(true);
        try (DiskRig first = new DiskRig(path, shared);
                DiskRig second = new DiskRig(path, shared)) {
            assertThat(first.disk.sectors()).isEqualTo(second.disk.sectors());
            assertThatThrownBy(() -> open(path, DEFAULT))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
        }
        try (DiskRig alone = new DiskRig(path, DEFAULT)) {
            assertThat(alone.disk.sectors()).isPositive();
            assertThatThrownBy(() -> open(path, shared))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
        }
    }

    @Test
    void aFileHasOneWriterOrManyReaders() {
        try (DiskRig first = new DiskRig(path, DEFAULT)) {
            assertThat(first.disk.sectors()).isPositive();
            for (boolean readOnly : new boolean[] {false, true}) {
                assertThatThrownBy(() -> open(path, DEFAULT.withReadOnly(readOnly)))
                        .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                            assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                            assertThat(refused.getMessage()).contains(path.toString());
                            assertThat(refused.why())
                                    .contains(
                                            "process " + ProcessHandle.current().pid());
                        });
            }
            open(path, DEFAULT.withExclusive(false));
        }
        try (DiskRig reader = new DiskRig(path, DEFAULT.withReadOnly(true))) {
            assertThat(reader.disk.capabilities().readOnly()).isTrue();
            open(path, DEFAULT.withReadOnly(true));
        }
    }

    private static void open(Path what, Disk.Options options) {
        new DiskRig(what, options).close();
    }

    @Test
    void whatIsNoDiskIsRefusedWithItsCauseAndItsCure() throws IOException {
        assertRefused(folder, ErrorCode.INVALID, "folder");
        assertRefused(Path.of("/dev/zero"), ErrorCode.INVALID, "neither");
        assertRefused(folder.resolve("missing"), ErrorCode.NOT_FOUND, "ENOENT");
        assertThat(Disk.isBlockDevice(folder)).isFalse();
        assertThat(Disk.isBlockDevice(folder.resolve("missing"))).isFalse();
        Path odd = sparse("odd", 4096 + 700);
        try (DiskRig rig = new DiskRig(odd, DEFAULT)) {
            assertThat(rig.disk.sectors()).isEqualTo(9);
        }
    }

    private static void assertRefused(Path what, ErrorCode code, String why) {
        assertThatThrownBy(() -> open(what, DEFAULT))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    assertThat(refused.why()).contains(why);
                    assertThat(refused.correction()).isNotEmpty();
                });
    }
}
