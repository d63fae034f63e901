// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

class DelayDeviceTest {
    private static final long MS = 1_000_000;
    private static final int MIB_SECTORS = 2048;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(1 << 20);
    private final HandClock clock = new HandClock();
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final TestDisk disk = new TestDisk(4 * MIB_SECTORS, 512);
    private final List<String> ended = new ArrayList<>();
    private long beganNs = clock.nowNs;

    @AfterEach
    void free() {
        arena.close();
    }

    private static DelayDevice.Settings delays(long readNs, long writeNs, long flushNs) {
        return new DelayDevice.Settings(readNs, writeNs, flushNs, 0, 0, 0, 1);
    }

    private static DelayDevice.Settings limits(long requestsPerS, long bytesPerS) {
        return new DelayDevice.Settings(0, 0, 0, 0, requestsPerS, bytesPerS, 1);
    }

    private void submit(BlockDevice to, IoOperation operation, long lba, int sectors) {
        Io io = new Io(1).prepare(operation, lba, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, sectors * 512);
        }
        to.submit(io.then(done -> ended.add(done.operation() + " " + lba + " " + done.status())));
    }

    /** Lets time pass up to so long after the beginning. */
    private void turnAt(long afterNs) {
        clock.nowNs = beganNs + afterNs;
        loop.turn(clock.nowNs);
    }

    @Test
    void eachKindOfRequestReachesTheDiskAfterItsOwnDelay() {
        DelayDevice device = new DelayDevice(disk, loop, delays(5 * MS, 2 * MS, 9 * MS));
        submit(device, IoOperation.READ, 0, 1);
        submit(device, IoOperation.WRITE, 1, 1);
        submit(device, IoOperation.TRIM, 2, 1);
        submit(device, IoOperation.FLUSH, 0, 0);
        turnAt(2 * MS - 1);
        assertThat(disk.seen).isEmpty();
        assertThat(device.heldCount()).isEqualTo(4);
        turnAt(2 * MS);
        assertThat(disk.seen).containsExactly("WRITE 1+1", "TRIM 2+1");
        turnAt(5 * MS);
        assertThat(disk.seen).endsWith("READ 0+1");
        turnAt(9 * MS);
        assertThat(disk.seen).endsWith("FLUSH 0+0");
        assertThat(ended).isEmpty();
        disk.finishAll();
        assertThat(ended).hasSize(4).allMatch(text -> text.endsWith("OK"));
    }

    @Test
    void whatIsCancelledWhileItIsHeldEndsInTheNextTurnAndReachesNoDisk() {
        DelayDevice device = new DelayDevice(disk, loop, delays(5 * MS, 5 * MS, 5 * MS));
        Io held = new Io(1).prepare(IoOperation.READ, 0, 1).segment(memory, 0, 512);
        device.submit(held.then(io -> ended.add("held " + io.status())));
        assertThat(device.cancel(held)).isTrue();
        assertThat(ended).isEmpty();
        turnAt(MS);
        assertThat(ended).containsExactly("held OFFLINE");
        device.quiesce(() -> ended.add("quiet"));
        turnAt(9 * MS);
        assertThat(ended).containsExactly("held OFFLINE", "quiet");
        assertThat(disk.seen).isEmpty();
    }

    @Test
    void whatHasNoDelayPassesAtOnceAndRefusalsToo() {
        DelayDevice device = new DelayDevice(disk, loop, delays(0, 5 * MS, 5 * MS));
        submit(device, IoOperation.READ, 0, 1);
        assertThat(disk.seen).containsExactly("READ 0+1");
        submit(device, IoOperation.WRITE, disk.sectors(), 1);
        assertThat(ended).containsExactly("WRITE " + disk.sectors() + " RANGE");
    }

    @Test
    void requestsPerSecondAreThoseOfADiskThatDoesOneThingAtATime() {
        DelayDevice device = new DelayDevice(disk, loop, limits(100, 0));
        for (int lba = 0; lba < 10; lba++) {
            submit(device, IoOperation.WRITE, lba, 1);
        }
        for (int done = 1; done <= 10; done++) {
            turnAt(done * 10L * MS - 1);
            assertThat(disk.seen).hasSize(done - 1);
            turnAt(done * 10L * MS);
            assertThat(disk.seen).hasSize(done);
        }
    }

    @Test
    void whatADiskDidNotDoWhileIdleItDoesNotCatchUpOn() {
        DelayDevice device = new DelayDevice(disk, loop, limits(100, 0));
        turnAt(1000 * MS);
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.WRITE, 1, 1);
        turnAt(1010 * MS);
        assertThat(disk.seen).hasSize(1);
        turnAt(1020 * MS);
        assertThat(disk.seen).hasSize(2);
    }

    @Test
    void bytesPerSecondLimitLargeRequestsAndRequestsPerSecondSmallOnes() {
        DelayDevice device = new DelayDevice(disk, loop, limits(1000, 100 << 20));
        submit(device, IoOperation.READ, 0, MIB_SECTORS); // 10 ms of data
        submit(device, IoOperation.READ, 0, 1); // 1 ms of a request
        submit(device, IoOperation.TRIM, 0, MIB_SECTORS); // which carries no data
        turnAt(10 * MS - 1);
        assertThat(disk.seen).isEmpty();
        turnAt(10 * MS);
        assertThat(disk.seen).hasSize(1);
        turnAt(11 * MS);
        assertThat(disk.seen).hasSize(2);
        turnAt(12 * MS);
        assertThat(disk.seen).hasSize(3);
    }

    @Test
    void jitterChangesTheOrderAndIsTheSameWithTheSameSeed() {
        assertThat(orderWithJitter(7)).isEqualTo(orderWithJitter(7));
        assertThat(orderWithJitter(7)).isNotEqualTo(orderWithJitter(8));
    }

    private List<String> orderWithJitter(long seed) {
        disk.seen.clear();
        beganNs = clock.nowNs;
        DelayDevice device = new DelayDevice(
                disk, loop, new DelayDevice.Settings(5 * MS, 5 * MS, 5 * MS, 10 * MS, 0, 0, seed));
        for (int lba = 0; lba < 20; lba++) {
            submit(device, IoOperation.READ, lba, 1);
        }
        turnAt(5 * MS - 1);
        assertThat(disk.seen).isEmpty();
        turnAt(15 * MS);
        assertThat(disk.seen).hasSize(20);
        List<String> order = List.copyOf(disk.seen);
        assertThat(order).isNotEqualTo(order.stream().sorted().toList());
        disk.finishAll();
        return order;
    }

    @Test
    void quiesceWaitsForWhatIsHeldAndForWhatIsBelowButNotForLaterOnes() {
        DelayDevice device = new DelayDevice(disk, loop, delays(5 * MS, 5 * MS, 5 * MS));
        submit(device, IoOperation.WRITE, 0, 1);
        turnAt(4 * MS);
        device.quiesce(() -> ended.add("quiet"));
        submit(device, IoOperation.WRITE, 1, 1);
        turnAt(5 * MS);
        assertThat(ended).isEmpty();
        disk.finishAll();
        assertThat(ended).containsExactly("WRITE 0 OK", "quiet");
    }

    @Test
    void inAHurryNothingIsHeldAndTheOrderIsKept() {
        DelayDevice device = new DelayDevice(disk, loop, limits(10, 0));
        for (int lba = 0; lba < 4; lba++) {
            submit(device, IoOperation.WRITE, lba, 1);
        }
        device.hurry();
        submit(device, IoOperation.FLUSH, 0, 0);
        assertThat(disk.seen)
                .containsExactly("WRITE 0+1", "WRITE 1+1", "WRITE 2+1", "WRITE 3+1", "FLUSH 0+0");
        assertThat(loop.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        disk.finishAll();
        device.close();
        assertThat(disk.closed).isTrue();
    }

    @Test
    void whatIsHeldAtCloseEndsOfflineAndReachesNoClosedDevice() {
        DelayDevice device = new DelayDevice(disk, loop, delays(MS, MS, MS));
        submit(device, IoOperation.WRITE, 0, 1);
        submit(device, IoOperation.READ, 1, 1);
        device.close();
        turnAt(5 * MS);
        assertThat(ended).containsExactlyInAnyOrder("WRITE 0 OFFLINE", "READ 1 OFFLINE");
        assertThat(disk.seen).isEmpty();
    }

    @Test
    void aContinuationMaySubmitWithoutEnd() {
        DelayDevice device = new DelayDevice(disk, loop, delays(MS, MS, MS));
        Io io = new Io(1);
        int[] rounds = new int[1];
        Io.Completion[] again = new Io.Completion[1];
        again[0] = done -> {
            if (++rounds[0] < 1000) {
                device.submit(done.prepare(IoOperation.TRIM, 0, 1).then(again[0]));
            }
        };
        device.submit(io.prepare(IoOperation.TRIM, 0, 1).then(again[0]));
        for (int ms = 1; rounds[0] < 1000; ms++) {
            turnAt(ms * MS);
            disk.finishAll();
        }
        assertThat(device.heldCount()).isZero();
    }

    @Test
    void sizeAndStateAreThoseOfTheDiskBelow() {
        DelayDevice device = new DelayDevice(disk, loop, delays(MS, MS, MS));
        device.listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice resized, long before) {
                ended.add((resized == device) + " from " + before);
            }

            @Override
            public void stateChanged(BlockDevice changed, BlockDevice.State state) {
                ended.add(state.toString());
            }
        });
        disk.resize(5 * MIB_SECTORS);
        disk.state(BlockDevice.State.FENCED);
        assertThat(ended).containsExactly("true from " + 4 * MIB_SECTORS, "FENCED");
        assertThat(device.sectors()).isEqualTo(5 * MIB_SECTORS);
        assertThat(device.capabilities()).isEqualTo(disk.capabilities());
    }
}
