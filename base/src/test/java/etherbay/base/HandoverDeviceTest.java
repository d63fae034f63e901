// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.HandoverDevice.Mode;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

final class HandoverDeviceTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(4096);
    private final HandClock clock = new HandClock();
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final TestDisk first = new TestDisk(64, 512);
    private final TestDisk second = new TestDisk(64, 512);
    private final List<String> ended = new ArrayList<>();
    private final HandoverDevice device = new HandoverDevice(loop, first.capabilities(), 64);

    @AfterEach
    void free() {
        arena.close();
    }

    private Io submit(IoOperation operation, long lba) {
        boolean flush = operation == IoOperation.FLUSH;
        Io io = new Io(1).prepare(operation, lba, flush ? 0 : 1);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, 512);
        }
        device.submit(io.then(done -> ended.add(operation + " " + lba + " " + done.status())));
        return io;
    }

    private void turn() {
        loop.turn(++clock.nowNs);
    }

    @Test
    void whoDoesNotOwnItReadsAndWaitsWithEverythingElseInItsOrder() {
        device.serve(Mode.READS, first);
        submit(IoOperation.WRITE, 1);
        submit(IoOperation.READ, 2);
        submit(IoOperation.FLUSH, 0);
        submit(IoOperation.WRITE, 3);
        assertThat(first.seen).containsExactly("READ 2+1");
        assertThat(device.waitingCount()).isEqualTo(3);
        first.finish(IoStatus.OK);
        assertThat(ended).containsExactly("READ 2 OK");
        device.serve(Mode.ALL, second);
        assertThat(second.seen).containsExactly("WRITE 1+1", "FLUSH 0+0", "WRITE 3+1");
        assertThat(device.waitingCount()).isZero();
    }

    @Test
    void whatWasLetGoAnswersFlushInALaterStepAndNothingElse() {
        device.serve(Mode.FLUSHED, null);
        submit(IoOperation.FLUSH, 0);
        submit(IoOperation.READ, 1);
        submit(IoOperation.WRITE, 2);
        assertThat(ended).isEmpty();
        turn();
        assertThat(ended).containsExactly("FLUSH 0 OK");
        assertThat(device.waitingCount()).isEqualTo(2);
    }

    @Test
    void aRequestThatAnotherOwnerFencedIsMadeAgainWhenItIsOursOnceMore() {
        device.serve(Mode.ALL, first);
        submit(IoOperation.WRITE, 1);
        first.finish(IoStatus.FENCED);
        assertThat(ended).isEmpty();
        assertThat(device.mode()).isEqualTo(Mode.NOTHING);
        submit(IoOperation.READ, 2);
        device.serve(Mode.ALL, second);
        assertThat(second.seen).containsExactly("WRITE 1+1", "READ 2+1");
        second.finish(IoStatus.OK);
        second.finish(IoStatus.OK);
        assertThat(ended).containsExactly("WRITE 1 OK", "READ 2 OK");
    }

    @Test
    void quietMeansWhatIsBelowAndQuiesceAlsoWhatWaits() {
        device.serve(Mode.ALL, first);
        submit(IoOperation.WRITE, 1);
        device.serve(Mode.NOTHING, null);
        submit(IoOperation.WRITE, 2);
        device.whenQuiet(() -> ended.add("quiet"));
        device.quiesce(() -> ended.add("all over"));
        assertThat(ended).isEmpty();
        first.finish(IoStatus.OK);
        assertThat(ended).containsExactly("WRITE 1 OK", "quiet");
        device.close();
        assertThat(ended).containsExactly("WRITE 1 OK", "quiet", "WRITE 2 OFFLINE", "all over");
        submit(IoOperation.READ, 3);
        assertThat(ended).last().isEqualTo("READ 3 OFFLINE");
    }

    @Test
    void whatWaitsCanBeCancelled() {
        Io waiting = submit(IoOperation.WRITE, 1);
        assertThat(device.cancel(waiting)).isTrue();
        turn();
        assertThat(ended).containsExactly("WRITE 1 OFFLINE");
        device.serve(Mode.ALL, first);
        assertThat(first.seen).isEmpty();
    }

    @Test
    void itGrowsWithWhatLiesBelow() {
        List<Long> heard = new ArrayList<>();
        device.listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice resized, long sectorsBefore) {
                heard.add(sectorsBefore);
            }
        });
        device.serve(Mode.READS, first);
        first.resize(128);
        device.serve(Mode.ALL, second);
        assertThat(heard).containsExactly(64L, 128L);
        first.resize(256); // of nobody's interest any more
        assertThat(device.sectors()).isEqualTo(64);
    }

    @Test
    void whatIsOutOfRangeIsRefusedWhoeverOwnsIt() {
        submit(IoOperation.READ, 64);
        assertThat(ended).containsExactly("READ 64 RANGE");
    }
}
