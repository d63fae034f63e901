// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

class SegmentTest {
    private static final MacAddress A = new MacAddress(0x0200_0000_000aL);
    private static final MacAddress B = new MacAddress(0x0200_0000_000bL);
    private static final MacAddress C = new MacAddress(0x0200_0000_000cL);

    private final HandClock clock = new HandClock();
    private final Counters counters = new Counters();
    private final Segment segment = new Segment(clock, 1500, counters);
    private int wakeUps;
    private final EthernetPort a = segment.port("a", A, () -> wakeUps++);
    private final EthernetPort b = segment.port("b", B, () -> wakeUps++);
    private final EthernetPort c = segment.port("c", C, () -> wakeUps++);
    private final TestFrames atA = taker(a);
    private final TestFrames atB = taker(b);
    private final TestFrames atC = taker(c);

    private static TestFrames taker(EthernetPort port) {
        TestFrames frames = new TestFrames();
        port.onFrames(frames);
        return frames;
    }

    private void carry() {
        for (EthernetPort port : new EthernetPort[] {a, b, c}) {
            port.flush(clock.nowNs);
        }
        for (EthernetPort port : new EthernetPort[] {a, b, c}) {
            while (port.poll(clock.nowNs) > 0) {}
        }
    }

    @Test
    void aBroadcastReachesAllButItsSenderWithTheTimeOfItsArrival() {
        TestFrames.send(a, MacAddress.BROADCAST, 7, 60);
        carry();
        assertThat(atA.numbers).isEmpty();
        assertThat(atB.numbers).containsExactly(7L);
        assertThat(atC.numbers).containsExactly(7L);
        assertThat(atB.bytes).isEqualTo(60);
        assertThat(atB.receivedNs).isEqualTo(clock.nowNs);
        assertThat(wakeUps).isEqualTo(2);
    }

    @Test
    void nothingIsSentBeforeTheFlushAndTheOrderIsThatOfTheCommits() {
        for (long number = 0; number < 10; number++) {
            TestFrames.send(a, B, number, 1514);
        }
        assertThat(b.poll(1)).isZero();
        carry();
        assertThat(atB.numbers).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(atC.numbers).isEmpty();
    }

    @Test
    void aFurtherSourceAddressArrivesUntilItIsTakenAway() {
        MacAddress further = new MacAddress(0x0200_0000_0099L);
        b.addSourceMac(further);
        TestFrames.send(a, further, 1, 60);
        carry();
        b.removeSourceMac(further);
        TestFrames.send(a, further, 2, 60);
        carry();
        assertThat(atB.numbers).containsExactly(1L);
    }

    @Test
    void otherEtherTypesAndFramesBeyondTheMtuDoNotArrive() {
        Frame frame = a.claim(60);
        TestFrames.write(frame.memory(), frame.at(), B, A, 1);
        frame.memory().set(java.lang.foreign.ValueLayout.JAVA_BYTE, frame.at() + 12, (byte) 8);
        a.commit(frame);
        TestFrames.send(a, B, 2, 1515);
        TestFrames.send(a, B, 3, 13);
        carry();
        assertThat(atB.numbers).isEmpty();
        assertThat(counters.snapshot())
                .containsEntry("segment.frames.dropped.ethertype", 2L)
                .containsEntry("segment.frames.dropped.oversize", 1L)
                .containsEntry("segment.frames.dropped.runt", 1L);
    }

    @Test
    void whatFloodsToAnotherStationIsCountedWhereItIsDropped() {
        TestFrames.send(a, B, 1, 60);
        carry();
        assertThat(counters.snapshot()).containsEntry("segment.frames.dropped.station", 1L);
    }

    @Test
    void aPortMayBeClosedByItsOwnHandlerAndAHeldFrameOutlivesIt() {
        Loop loop = new Loop("test", clock, new ParkIdler(), 0);
        loop.add(b);
        java.util.List<Frame> held = new java.util.ArrayList<>();
        b.onFrames(frame -> {
            frame.retain();
            held.add(frame);
            TestFrames.send(b, A, 9, 60);
            loop.remove(b);
            b.close();
        });
        for (long number = 1; number <= 3; number++) {
            TestFrames.send(a, B, number, 60);
        }
        a.flush(clock.nowNs);
        loop.turn(clock.nowNs);
        b.poll(clock.nowNs);
        b.flush(clock.nowNs);
        assertThat(held).hasSize(1);
        assertThat(counters.snapshot())
                .as("two that waited and one that was to be sent")
                .containsEntry("segment.frames.dropped.closed", 3L);
        assertThat(b.claim(60)).isNull();
        Frame late = held.getFirst();
        TestFrames.write(late.memory(), late.at(), A, B, 7);
        b.commit(late);
        assertThat(counters.snapshot()).containsEntry("segment.frames.dropped.closed", 4L);
        assertThat(late.memory().scope().isAlive()).isFalse();
        b.close();
        carryOthers();
        assertThat(atA.numbers).isEmpty();
    }

    private void carryOthers() {
        a.poll(clock.nowNs);
        c.poll(clock.nowNs);
    }

    @Test
    void aPortWithoutFreeFramesLeavesArrivalsInItsQueueWhichOverflowsAndCounts() {
        java.util.ArrayDeque<Frame> kept = new java.util.ArrayDeque<>();
        b.onFrames(frame -> {
            frame.retain();
            kept.add(frame);
        });
        for (long number = 0; number < 1_000; number++) {
            TestFrames.send(a, B, number, 60);
            carry();
        }
        assertThat(kept).hasSize(256);
        assertThat(b.readyToIdle()).isTrue();
        assertThat(counters.snapshot()).containsEntry("segment.frames.dropped.full", 488L);
        kept.remove().release();
        assertThat(b.readyToIdle()).isFalse();
        assertThat(b.poll(1)).isEqualTo(1);
    }

    @Test
    void aPortThatIsClosedIsNotHeardOfAnyMore() {
        TestFrames.send(b, MacAddress.BROADCAST, 1, 60);
        carry();
        b.close();
        TestFrames.send(a, B, 2, 60);
        a.flush(1);
        c.poll(1);
        assertThat(atC.numbers).containsExactly(1L);
    }

    @Test
    @Timeout(60)
    void twoLoopsOnTwoThreadsPlayPingPongWithoutALostWakeUp() throws InterruptedException {
        Segment wire = new Segment(clock, 1500, counters);
        Loop left = new Loop("left", clock, new ParkIdler(), 0);
        Loop right = new Loop("right", clock, new ParkIdler(), 0);
        EthernetPort ping = wire.port("ping", A, left::wakeUp);
        EthernetPort pong = wire.port("pong", B, right::wakeUp);
        CountDownLatch rounds = new CountDownLatch(20_000);
        ping.onFrames(frame -> {
            rounds.countDown();
            TestFrames.send(ping, B, 0, 60);
        });
        pong.onFrames(frame -> TestFrames.send(pong, A, 0, 60));
        left.add(ping);
        right.add(pong);
        TestFrames.send(ping, B, 0, 60);
        AtomicReference<Throwable> death = new AtomicReference<>();
        Thread one = left.start((thread, bug) -> death.set(bug));
        Thread other = right.start((thread, bug) -> death.set(bug));
        rounds.await();
        left.stop();
        right.stop();
        one.join();
        other.join();
        assertThat(death).hasNullValue();
    }
}
