// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

class SectorDeviceTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(64 * 1024);
    private final TestDisk disk = new TestDisk(64, 4096);
    private final BlockDevice device = SectorDevice.over(disk);
    private final List<IoStatus> ended = new ArrayList<>();

    @AfterEach
    void free() {
        arena.close();
    }

    private Io io(IoOperation operation, long lba, int sectors) {
        Io io = new Io(1).prepare(operation, lba, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, sectors * 512);
        }
        return io.then(done -> ended.add(done.status()));
    }

    @Test
    void aDeviceOfSectorsStaysItself() {
        TestDisk sectors = new TestDisk(64, 512);
        assertThat(SectorDevice.over(sectors)).isSameAs(sectors);
    }

    @Test
    void theLogicalBlockIsASectorAndThePhysicalOneStays() {
        assertThat(device.capabilities().logicalBlockBytes()).isEqualTo(512);
        assertThat(device.capabilities().physicalBlockBytes()).isEqualTo(4096);
    }

    @Test
    void wholeBlocksArePassedOnAsTheyAre() {
        device.submit(io(IoOperation.WRITE, 8, 16).fua(true));
        assertThat(disk.seen).containsExactly("WRITE 8+16 fua");
    }

    @Test
    void aWriteOfPartOfABlockReadsItFirstAndWritesItWholeWithItsFua() {
        disk.content[15 * 512] = 42;
        memory.fill((byte) 7);
        device.submit(io(IoOperation.WRITE, 9, 2).fua(true));
        disk.finishAll();
        assertThat(disk.seen).containsExactly("READ 8+8", "WRITE 8+8 fua");
        assertThat(disk.content[8 * 512]).isZero();
        assertThat(disk.content[9 * 512]).isEqualTo((byte) 7);
        assertThat(disk.content[11 * 512 - 1]).isEqualTo((byte) 7);
        assertThat(disk.content[11 * 512]).isZero();
        assertThat(disk.content[15 * 512]).isEqualTo((byte) 42);
        assertThat(ended).containsExactly(IoStatus.OK);
    }

    @Test
    void ofATrimTheWholeBlocksAreTrimmedAndTheEdgesBecomeZero() {
        java.util.Arrays.fill(disk.content, (byte) 1);
        device.submit(io(IoOperation.TRIM, 7, 18));
        disk.finishAll();
        assertThat(disk.seen)
                .containsExactly("READ 0+8", "WRITE 0+8", "TRIM 8+16", "READ 24+8", "WRITE 24+8");
        assertThat(disk.content[7 * 512 - 1]).isEqualTo((byte) 1);
        assertThat(disk.content[7 * 512]).isZero();
        assertThat(disk.content[25 * 512 - 1]).isZero();
        assertThat(disk.content[25 * 512]).isEqualTo((byte) 1);
    }

    @Test
    void theStatusOfAFailedStepIsThatOfTheRequest() {
        device.submit(io(IoOperation.WRITE, 1, 1));
        disk.finish(IoStatus.OK);
        disk.finish(IoStatus.UNKNOWN);
        device.submit(io(IoOperation.WRITE, 1, 1));
        disk.finish(IoStatus.FAILED);
        assertThat(ended).containsExactly(IoStatus.UNKNOWN, IoStatus.FAILED);
    }

    @Test
    void moreRequestsThanBuffersWaitAndAllComplete() {
        TestDisk large = new TestDisk(8 * 64, 4096);
        BlockDevice over = SectorDevice.over(large);
        for (int block = 0; block < 64; block++) {
            over.submit(io(IoOperation.WRITE, block * 8L + 1, 1));
        }
        assertThat(large.inFlight).hasSize(SectorDevice.JOB_COUNT);
        large.finishAll();
        assertThat(ended).hasSize(64).containsOnly(IoStatus.OK);
    }

    @Test
    void whatIsUnderWayAtCloseFailsAndWhatWaitsEndsOffline() {
        TestDisk large = new TestDisk(8 * 64, 4096);
        BlockDevice over = SectorDevice.over(large);
        for (int block = 0; block <= SectorDevice.JOB_COUNT; block++) {
            over.submit(io(IoOperation.WRITE, block * 8L + 1, 1));
        }
        over.submit(io(IoOperation.WRITE, 2, 1));
        over.close();
        assertThat(ended)
                .hasSize(SectorDevice.JOB_COUNT + 2)
                .containsOnly(IoStatus.FAILED, IoStatus.OFFLINE);
        assertThat(large.closed).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void randomSectorsOnLargeBlocksShowASequentialHistory(long seed) {
        TestDisk random = new TestDisk(512, 4096);
        BlockDevice over = SectorDevice.over(random);
        new SequentialHistory(over, random, 72, new Prng(seed)).run(3_000);
    }
}
