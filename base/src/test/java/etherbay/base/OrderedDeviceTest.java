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

class OrderedDeviceTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(64 * 1024);
    private final TestDisk disk = new TestDisk(64, 512);
    private final OrderedDevice device = new OrderedDevice(disk, 1);
    private final List<String> ended = new ArrayList<>();

    @AfterEach
    void free() {
        arena.close();
    }

    private void submit(BlockDevice to, IoOperation operation, long lba, int sectors) {
        Io io = new Io(1).prepare(operation, lba, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, sectors * 512);
        }
        to.submit(io.then(done -> ended.add(done.operation() + " " + lba + " " + done.status())));
    }

    @Test
    void readsOfOneRangeDoNotWaitForEachOther() {
        submit(device, IoOperation.READ, 0, 4);
        submit(device, IoOperation.READ, 2, 4);
        assertThat(disk.seen).containsExactly("READ 0+4", "READ 2+4");
    }

    @Test
    void aReadWaitsForTheWriteBeforeItAndTheNextWriteForTheRead() {
        submit(device, IoOperation.WRITE, 0, 4);
        submit(device, IoOperation.READ, 3, 4);
        submit(device, IoOperation.TRIM, 6, 1);
        submit(device, IoOperation.WRITE, 8, 4);
        assertThat(disk.seen).containsExactly("WRITE 0+4", "WRITE 8+4");
        disk.finish(IoStatus.OK);
        assertThat(disk.seen).endsWith("READ 3+4");
        disk.finish(IoStatus.OK);
        assertThat(disk.seen).doesNotContain("TRIM 6+1");
        disk.finish(IoStatus.OK);
        assertThat(disk.seen).endsWith("TRIM 6+1");
    }

    @Test
    void nothingIsLentOfWhatIsAboutToChange() {
        submit(device, IoOperation.READ, 0, 4);
        submit(device, IoOperation.WRITE, 3, 2);
        assertThat(device.lend(0, 3)).isEqualTo(4096);
        assertThat(device.lend(5, 1)).isEqualTo(4096 + 5 * 512);
        assertThat(device.lend(0, 4)).as("a write waits behind the read").isZero();
        assertThat(device.lend(4, 4)).isZero();
        disk.finish(IoStatus.OK);
        assertThat(device.lend(4, 4)).as("it is under way").isZero();
        disk.finish(IoStatus.OK);
        assertThat(device.lend(4, 4)).isEqualTo(4096 + 4 * 512);
    }

    @Test
    void ofBlocksThatAreWrittenWholeNothingIsLent() {
        OrderedDevice blocks = new OrderedDevice(disk, 8);
        submit(blocks, IoOperation.WRITE, 9, 1);
        assertThat(blocks.lend(15, 1)).isZero();
        assertThat(blocks.lend(7, 1)).isNotZero();
        assertThat(blocks.lend(7, 2)).isZero();
    }

    @Test
    void aWaitingRequestIsNotOvertakenByOneThatOnlyMeetsItself() {
        submit(device, IoOperation.WRITE, 0, 2);
        submit(device, IoOperation.WRITE, 1, 2);
        submit(device, IoOperation.WRITE, 2, 2);
        assertThat(disk.seen).containsExactly("WRITE 0+2");
        disk.finish(IoStatus.FAILED);
        assertThat(disk.seen).containsExactly("WRITE 0+2", "WRITE 1+2");
    }

    @Test
    void aFlushWaitsForNothingAndNothingWaitsForIt() {
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.FLUSH, 0, 0);
        submit(device, IoOperation.WRITE, 1, 1);
        assertThat(disk.seen).containsExactly("WRITE 0+1", "FLUSH 0+0", "WRITE 1+1");
    }

    @Test
    void neighboursInOneBlockAreKeptApartByTheGranularity() {
        OrderedDevice blocks = new OrderedDevice(disk, 8);
        submit(blocks, IoOperation.WRITE, 7, 1);
        submit(blocks, IoOperation.WRITE, 0, 1);
        submit(blocks, IoOperation.WRITE, 8, 1);
        assertThat(disk.seen).containsExactly("WRITE 7+1", "WRITE 8+1");
    }

    @Test
    void quiesceWaitsForWaitingRequestsButNotForLaterOnes() {
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.WRITE, 0, 1);
        device.quiesce(() -> ended.add("quiet"));
        submit(device, IoOperation.WRITE, 9, 1);
        disk.finish(IoStatus.OK);
        assertThat(ended).containsExactly("WRITE 0 OK");
        disk.finish(IoStatus.OK);
        disk.finish(IoStatus.OK);
        assertThat(ended).containsExactly("WRITE 0 OK", "WRITE 9 OK", "WRITE 0 OK", "quiet");
    }

    @Test
    void thousandsOfRefusalsInARowDoNotGrowTheStack() {
        for (int request = 0; request < 5_000; request++) {
            submit(device, IoOperation.WRITE, 0, 1);
        }
        disk.refusal = IoStatus.OFFLINE;
        disk.finish(IoStatus.OK);
        assertThat(ended).hasSize(5_000).endsWith("WRITE 0 OFFLINE");
        assertThat(device.inFlightCount()).isZero();
    }

    @Test
    void whatWaitsAtCloseEndsOfflineAndReachesNoClosedDevice() {
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.WRITE, 0, 1);
        device.close();
        assertThat(ended)
                .containsExactlyInAnyOrder("WRITE 0 OK", "WRITE 0 OFFLINE", "WRITE 0 OFFLINE");
        assertThat(disk.closed).isTrue();
    }

    @Test
    void aRangeBeyondTheEndIsRefusedAtOnce() {
        submit(device, IoOperation.READ, 60, 5);
        assertThat(ended).containsExactly("READ 60 RANGE");
    }

    private Io write(long lba, int sectors) {
        Io io = new Io(1)
                .prepare(IoOperation.WRITE, lba, sectors)
                .segment(memory, 0, sectors * 512);
        device.submit(io.then(done -> ended.add("write " + lba + " " + done.status())));
        return io;
    }

    @Test
    void whatIsCancelledWhileItWaitsEndsOfflineInItsTurnAndLetsNobodyPast() {
        write(0, 4);
        Io waits = write(2, 4);
        write(3, 1);
        assertThat(device.cancel(waits)).isTrue();
        assertThat(ended).isEmpty();
        disk.finish(IoStatus.OK);
        assertThat(ended).containsExactlyInAnyOrder("write 0 OK", "write 2 OFFLINE");
        assertThat(disk.seen).containsExactly("WRITE 0+4", "WRITE 3+1");
    }

    @Test
    void whatWasPassedOnIsForTheDeviceBelowToCancel() {
        Io passed = write(0, 4);
        assertThat(device.cancel(passed)).isFalse();
        disk.cancels = true;
        assertThat(device.cancel(passed)).isTrue();
        assertThat(ended).containsExactly("write 0 UNKNOWN");
        assertThat(device.cancel(passed)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void aDeviceThatCompletesInRandomOrderShowsASequentialHistory(long seed) {
        TestDisk random = new TestDisk(256, 512);
        new SequentialHistory(new OrderedDevice(random, 1), random, 24, new Prng(seed)).run(3_000);
    }
}
