// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import com.sun.management.ThreadMXBean;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.Ethernet;
import etherbay.base.Counters;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.LatencyBounds;
import etherbay.base.MacAddress;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;

class TrafficTest {
    private static final long S = 1000 * Rig.MS;
    private static final TrafficView.Sums NOTHING = new TrafficView.Sums(0, 0, 0, 0, 0, 0, 0);

    private final Rig rig = new Rig(Rig.settings().withWriteCache(true));
    private int tag = 1;

    private AoeFrames from(MacAddress mac) {
        return rig.from(mac, tag++);
    }

    /** Sends, and has it answered so much later. */
    private void answeredAfter(long tookNs, MemorySegment frame) {
        rig.loop.turn(rig.nowNs);
        rig.send(frame);
        rig.nowNs += tookNs;
        rig.loop.turn(rig.nowNs);
        rig.settle();
    }

    private TrafficView.Initiator only() {
        assertThat(rig.export.traffic().initiators()).hasSize(1);
        return rig.export.traffic().initiators().getFirst();
    }

    @Test
    void eachRequestCountsForItsInitiatorAndForTheExport() {
        rig.settleAfter(from(Rig.ALICE).read(0, 2));
        rig.settleAfter(from(Rig.ALICE).write(8, Rig.pattern(1, 1)));
        rig.settleAfter(from(Rig.ALICE).flush());
        rig.settleAfter(from(Rig.BOB).read(0, 1));
        rig.settleAfter(from(Rig.BOB).writeFua(8, Rig.pattern(2, 1)));
        TrafficView view = rig.export.traffic();
        assertThat(view.sums()).isEqualTo(new TrafficView.Sums(2, 1536, 2, 1536, 1, 0, 0));
        assertThat(view.initiators())
                .extracting(TrafficView.Initiator::mac, TrafficView.Initiator::sums)
                .containsExactly(
                        tuple(Rig.ALICE, new TrafficView.Sums(1, 1024, 1, 512, 1, 0, 0)),
                        tuple(Rig.BOB, new TrafficView.Sums(1, 512, 1, 1024, 0, 0, 0)));
        assertThat(view.initiators().getFirst().interfaceName()).isEqualTo("fake0");
    }

    @Test
    void whatIsNotExecutedMakesNobodyAnInitiator() {
        rig.settleAfter(from(Rig.ALICE).identify());
        rig.settleAfter(from(Rig.ALICE).configQuery());
        rig.settleAfter(from(Rig.ALICE).read(5000, 1));
        rig.settleAfter(from(Rig.ALICE).write(4096, Rig.pattern(1, 1)));
        assertThat(rig.export.traffic()).isEqualTo(TrafficView.NONE);
    }

    @Test
    void anErrorOfTheDiskCountsAsOneAndItsBytesDoNot() {
        rig.disk.fail(IoOperation.READ, IoStatus.FAILED);
        rig.settleAfter(from(Rig.ALICE).read(0, 2));
        assertThat(only().sums()).isEqualTo(new TrafficView.Sums(1, 0, 0, 0, 0, 1, 0));
    }

    @Test
    void latencyIsFromTheArrivalToTheAnswer() {
        answeredAfter(2 * Rig.MS, from(Rig.ALICE).read(0, 1));
        answeredAfter(5 * Rig.MS, from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(only().readLatency())
                .isEqualTo(new TrafficView.Latency(1, 2000, 2000, 2000, 2000));
        assertThat(only().writeLatency().maxUs()).isEqualTo(5000);
        assertThat(rig.export.traffic().readLatency()).isEqualTo(only().readLatency());
    }

    @Test
    void allTimesAreCountedByWhatTheyAreAtMost() {
        answeredAfter(20_000, from(Rig.ALICE).read(0, 1));
        answeredAfter(20_001, from(Rig.BOB).read(0, 1));
        answeredAfter(11 * S, from(Rig.BOB).read(0, 1));
        answeredAfter(2 * Rig.MS, from(Rig.BOB).write(0, Rig.pattern(1, 1)));
        TrafficView view = rig.export.traffic();
        assertThat(view.readTimes().counts()).startsWith(1L, 1L, 0L).endsWith(0L, 1L);
        assertThat(view.readTimes().counts().stream().mapToLong(each -> each).sum())
                .isEqualTo(3);
        assertThat(view.readTimes().sumUs()).isEqualTo(11_000_040);
        int at = LatencyBounds.US.indexOf(2000);
        assertThat(view.writeTimes().counts().get(at)).isEqualTo(1);
        assertThat(view.writeTimes().sumUs()).isEqualTo(2000);
        rig.nowNs += 60 * S;
        rig.loop.turn(rig.nowNs);
        assertThat(rig.export.traffic().readTimes()).as("for ever").isEqualTo(view.readTimes());
    }

    @Test
    void aReadThatIsLentCountsAsAnyOther() {
        rig.port.sendsTails = true;
        rig.port.keepsSent = false;
        rig.disk.lentAddress = rig.disk.bytes.address();
        rig.loop.turn(rig.nowNs);
        rig.port.receive(from(Rig.ALICE).read(0, 2), rig.nowNs - Rig.MS);
        assertThat(only().sums()).isEqualTo(new TrafficView.Sums(1, 1024, 0, 0, 0, 0, 0));
        assertThat(only().readLatency().maxUs()).isEqualTo(1000);
    }

    @Test
    void aFrameFromTheFutureTookNoTime() {
        rig.loop.turn(rig.nowNs);
        rig.port.receive(from(Rig.ALICE).read(0, 1), rig.nowNs + Rig.MS);
        rig.settle();
        assertThat(only().readLatency()).isEqualTo(new TrafficView.Latency(1, 0, 0, 0, 0));
    }

    @Test
    void whatIsOlderThanAboutTenSecondsIsForgottenByTheLatencyOnly() {
        answeredAfter(Rig.MS, from(Rig.ALICE).read(0, 1));
        rig.nowNs += 8 * S;
        rig.loop.turn(rig.nowNs);
        assertThat(only().readLatency().count()).isEqualTo(1);
        rig.nowNs += 5 * S;
        rig.loop.turn(rig.nowNs);
        assertThat(only().readLatency()).isEqualTo(TrafficView.Latency.NONE);
        assertThat(only().sums().reads()).isEqualTo(1);
    }

    @Test
    void whoWritesAndNeverFlushesIsSeen() {
        rig.settleAfter(from(Rig.ALICE).writeFua(0, Rig.pattern(1, 1)));
        assertThat(only().neverFlushes()).isFalse();
        rig.settleAfter(from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(only().neverFlushes()).isTrue();
        rig.settleAfter(from(Rig.ALICE).flush());
        assertThat(only().neverFlushes()).isFalse();
    }

    @Test
    void theSameTagAndRangeIsARepetition() {
        MemorySegment frame = from(Rig.ALICE).read(0, 1);
        rig.settleAfter(frame);
        rig.settleAfter(frame);
        rig.settleAfter(rig.from(Rig.BOB, tag - 1).read(0, 1));
        rig.settleAfter(rig.from(Rig.ALICE, tag - 1).read(1, 1));
        assertThat(rig.export.traffic().sums().retransmits()).isEqualTo(1);
    }

    @Test
    void theSameUnderANewTagIsARepetitionWhileTheFirstWaitsForLong() {
        rig.send(from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        rig.send(from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        rig.nowNs += 2 * Rig.MS;
        rig.send(from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        rig.settle();
        assertThat(only().sums().retransmits()).isEqualTo(1);
        rig.nowNs += 2 * Rig.MS;
        rig.settleAfter(from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(only().sums().retransmits()).isEqualTo(1);
    }

    @Test
    void countsGoOnInTheExportThatTakesThePlace() {
        rig.settleAfter(from(Rig.ALICE).read(0, 1));
        rig.export.stop(() -> {});
        rig.settle();
        FakeDisk disk = new FakeDisk(FakeDisk.FULL, 4096);
        ExportRecords records = new ExportRecords(
                Rig.freshState(), new FakeStore(Rig.freshState()), null, new Prng(7)::nextLong);
        Export after = new Export(rig.loop, new Counters(), Rig.settings(), disk, records);
        rig.target.replace(rig.export, after);
        rig.send(from(Rig.ALICE).read(0, 1));
        disk.completeAll();
        assertThat(after.traffic().sums().reads()).isEqualTo(2);
    }

    @Test
    void aNewcomerTakesThePlaceOfWhoWasUnseenLongest() {
        for (int index = 0; index < Limits.INITIATOR_COUNT_MAX; index++) {
            rig.settleAfter(from(new MacAddress(index)).read(0, 1));
        }
        rig.settleAfter(from(Rig.ALICE).read(0, 1)); // all others are at work
        assertThat(rig.export.traffic().initiators())
                .extracting(TrafficView.Initiator::mac)
                .doesNotContain(Rig.ALICE);
        rig.nowNs += 13 * S;
        rig.loop.turn(rig.nowNs);
        rig.settleAfter(from(new MacAddress(0)).read(0, 1));
        rig.settleAfter(from(Rig.ALICE).read(0, 1));
        TrafficView view = rig.export.traffic();
        assertThat(view.initiators())
                .extracting(TrafficView.Initiator::mac)
                .contains(new MacAddress(0), Rig.ALICE)
                .doesNotContain(new MacAddress(1))
                .hasSize(Limits.INITIATOR_COUNT_MAX);
        assertThat(view.sums().reads()).isEqualTo(Limits.INITIATOR_COUNT_MAX + 3);
        assertThat(view.readLatency().count()).isEqualTo(2);
    }

    @Test
    void inventedAddressesPushOutNobodyAndTakeNoMemory() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Prng prng = new Prng(20261127);
        rig.port.keepsSent = false;
        rig.disk.keepsDone = false;
        long sentBefore = rig.port.sentCount;
        long allocatedBytesMin = Long.MAX_VALUE;
        MemorySegment frame = Arena.ofAuto().allocate(60);
        frame.copyFrom(from(Rig.ALICE).read(0, 1));
        for (int round = 0; round < 20 && allocatedBytesMin > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                Ethernet.src(
                        frame,
                        0,
                        i % 8 == 0
                                ? Rig.ALICE.bits()
                                : prng.nextLong() & MacAddress.BITS_MASK & ~0x0100_0000_0000L);
                rig.send(frame);
                rig.nowNs += Rig.MS;
                rig.settle();
            }
            long allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;
            allocatedBytesMin = Math.min(allocatedBytesMin, allocatedBytes);
        }
        assertThat(allocatedBytesMin).isZero();
        TrafficView view = rig.export.traffic();
        assertThat(view.initiators()).hasSize(Limits.INITIATOR_COUNT_MAX).anySatisfy(one -> {
            assertThat(one.mac()).isEqualTo(Rig.ALICE);
            assertThat(one.sums().reads()).isGreaterThanOrEqualTo(2500);
        });
        assertThat(view.sums().reads()).isEqualTo(rig.port.sentCount - sentBefore);
    }

    @Test
    void exportsThatRestTakeNoHistogram() {
        LatencyPool pool = new LatencyPool();
        for (int index = 0; index < 100; index++) {
            rig.another(2, index).measure(pool);
        }
        assertThat(pool.madeCount()).isZero();
        rig.target.add(rig.another(1, 1), List.of(rig.port));
        assertThat(rig.export.traffic().sums()).isEqualTo(NOTHING);
    }
}
