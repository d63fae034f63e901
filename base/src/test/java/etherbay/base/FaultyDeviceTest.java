// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

class FaultyDeviceTest {
    private static final int SECTORS = 64;

    private final MemorySegment memory = Arena.ofAuto().allocate(SECTORS * 512L);
    private final HandClock clock = new HandClock();
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final TestDisk disk = new TestDisk(SECTORS, 512);
    private final Counter failed = new Counters().counter("failed-on-purpose");
    private final List<String> ended = new ArrayList<>();

    private FaultyDevice device(double read, double write, double flush) {
        return new FaultyDevice(
                disk,
                loop,
                new FaultyDevice.Settings(read, write, flush, 0, Long.MAX_VALUE, 7),
                failed);
    }

    private void submit(BlockDevice to, IoOperation operation, long lba, boolean fua) {
        Io io = new Io(1)
                .prepare(operation, lba, operation == IoOperation.FLUSH ? 0 : 1)
                .fua(fua);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, 512);
        }
        to.submit(io.then(done -> ended.add(done.operation() + " " + lba + " " + done.status())));
    }

    private void submit(BlockDevice to, IoOperation operation, long lba) {
        submit(to, operation, lba, false);
    }

    private void run() {
        disk.finishAll();
        loop.turn(clock.nowNs);
    }

    /** Which of so many reads failed. */
    private List<Integer> failures(FaultyDevice device, int count) {
        List<Integer> failures = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            ended.clear();
            submit(device, IoOperation.READ, index % SECTORS);
            run();
            assertThat(ended).hasSize(1);
            if (ended.getFirst().endsWith("FAILED")) {
                failures.add(index);
            }
        }
        return failures;
    }

    @Test
    void theSameSeedFailsTheSameRequestsAndAsManyAsItSays() {
        List<Integer> first = failures(device(0.1, 0, 0), 2000);
        assertThat(first).hasSizeBetween(150, 250);
        assertThat(failures(device(0.1, 0, 0), 2000)).isEqualTo(first);
        assertThat(failed.value()).isEqualTo(2L * first.size());
        FaultyDevice.Settings other = new FaultyDevice.Settings(0.1, 0, 0, 0, Long.MAX_VALUE, 8);
        assertThat(failures(new FaultyDevice(disk, loop, other, failed), 2000)).isNotEqualTo(first);
    }

    @Test
    void aHigherChanceFailsTheSameAndMore() {
        assertThat(failures(device(0.3, 0, 0), 500)).containsAll(failures(device(0.1, 0, 0), 500));
    }

    @Test
    void whatFailsDoesNotReachTheDiskAndEndsInALaterStep() {
        FaultyDevice device = device(0, 1, 0);
        submit(device, IoOperation.WRITE, 0);
        submit(device, IoOperation.WRITE_ZEROES, 1);
        submit(device, IoOperation.READ, 2);
        assertThat(ended).isEmpty();
        assertThat(disk.seen).containsExactly("READ 2+1");
        loop.turn(clock.nowNs);
        assertThat(ended).containsExactly("WRITE 0 FAILED", "WRITE_ZEROES 1 FAILED");
        assertThat(device.syncFailed()).isFalse();
    }

    @Test
    void onlyWhatMeetsTheRangeFails() {
        FaultyDevice device =
                new FaultyDevice(disk, loop, new FaultyDevice.Settings(1, 1, 0, 8, 9, 1), failed);
        for (int lba = 7; lba <= 10; lba++) {
            submit(device, IoOperation.READ, lba);
        }
        device.submit(new Io(1)
                .prepare(IoOperation.TRIM, 0, 9)
                .then(io -> ended.add("TRIM " + io.status())));
        run();
        assertThat(ended)
                .containsExactlyInAnyOrder(
                        "READ 7 OK", "READ 8 FAILED", "READ 9 FAILED", "READ 10 OK", "TRIM FAILED");
    }

    @Test
    void afterAFailedFlushNothingIsWrittenAndReadsGoOn() {
        FaultyDevice device = device(0, 0, 1);
        submit(device, IoOperation.WRITE, 0);
        run();
        submit(device, IoOperation.FLUSH, 0);
        run();
        assertThat(device.syncFailed()).isTrue();
        submit(device, IoOperation.WRITE, 1);
        submit(device, IoOperation.TRIM, 2);
        submit(device, IoOperation.FLUSH, 0);
        submit(device, IoOperation.READ, 3);
        run();
        assertThat(ended)
                .containsExactly(
                        "WRITE 0 OK",
                        "FLUSH 0 FAILED",
                        "READ 3 OK",
                        "WRITE 1 FAILED",
                        "TRIM 2 FAILED",
                        "FLUSH 0 FAILED");
        assertThat(disk.seen).containsExactly("WRITE 0+1", "READ 3+1");
    }

    @Test
    void theSyncOfAWriteWithFuaIsASyncToo() {
        FaultyDevice device = device(0, 0, 1);
        submit(device, IoOperation.WRITE, 0, true);
        run();
        assertThat(device.syncFailed()).isTrue();
        FaultyDevice writesOnly = device(0, 1, 0);
        submit(writesOnly, IoOperation.WRITE, 0, true);
        run();
        assertThat(writesOnly.syncFailed()).isFalse();
        assertThat(ended).containsExactly("WRITE 0 FAILED", "WRITE 0 FAILED");
    }

    @Test
    void quiesceWaitsForFailuresAndForWhatIsBelow() {
        FaultyDevice device = device(1, 0, 0);
        submit(device, IoOperation.WRITE, 0);
        submit(device, IoOperation.READ, 1);
        device.quiesce(() -> ended.add("quiet"));
        disk.finishAll();
        assertThat(ended).containsExactly("WRITE 0 OK");
        loop.turn(clock.nowNs);
        assertThat(ended).containsExactly("WRITE 0 OK", "READ 1 FAILED", "quiet");
    }

    @Test
    void whatFailsAtCloseHasFailed() {
        FaultyDevice device = device(1, 1, 0);
        submit(device, IoOperation.READ, 1);
        device.close();
        assertThat(ended).containsExactly("READ 1 FAILED");
        assertThat(disk.closed).isTrue();
        assertThat(loop.turn(clock.nowNs)).isZero();
    }

    @Test
    void aContinuationMaySubmitWithoutEnd() {
        FaultyDevice device = device(0, 1, 0);
        int[] rounds = new int[1];
        Io.Completion[] again = new Io.Completion[1];
        again[0] = done -> {
            if (++rounds[0] < 100_000) {
                device.submit(done.prepare(IoOperation.TRIM, 0, 1).then(again[0]));
            }
        };
        device.submit(new Io(1).prepare(IoOperation.TRIM, 0, 1).then(again[0]));
        while (rounds[0] < 100_000) {
            assertThat(loop.turn(clock.nowNs)).isBetween(1, 64);
        }
    }
}
