// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.linux.Linux;
import etherbay.linux.PacketPort;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Packet sockets on a cable of the kernel: what passes, in which order, and what does not. */
@ExtendWith(ReasonInTrace.class)
@Timeout(60)
final class PacketPortSysTest {
    private static final int WARM_UP_ROUND_COUNT = 12;
    private static final MacAddress STRANGER = new MacAddress(0x02_00_00_00_77_01L);
    private static final MacAddress MANY = new MacAddress(0x0200_0000_0101L);
    private static final MacAddress FEW = new MacAddress(0x0200_0000_0102L);
    private static final MacAddress FURTHER = new MacAddress(0x02_00_00_00_77_02L);

    /** How far the wall clock, from which the stamps come, may drift before it is followed. */
    private static final long STAMP_ERROR_NS = 2_000_000;

    @Test
    void framesArriveWholeInOrderAlignedAndWithTheTimeOfTheirArrival() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            long beforeNs = Linux.clock().nanoTime() - STAMP_ERROR_NS;
            int sent = 0;
            while (sent < 1000) {
                for (int burst = 0; burst < 50; burst++) {
                    PortLab.send(a, b.mac(), 60 + sent % 1400, sent++);
                }
                int expected = sent;
                lab.turnUntil("a burst", () -> lab.arrivals.size() >= expected);
            }
            long afterNs = Linux.clock().nanoTime();
            long lastNs = beforeNs;
            for (int number = 0; number < sent; number++) {
                PortLab.Arrival seen = lab.arrivals.get(number);
                assertThat(seen.number()).isEqualTo(number);
                assertThat(seen.bytes()).isEqualTo(60 + number % 1400);
                assertThat(seen.octet(59)).isEqualTo((number + 59) & 0xff);
                assertThat(seen.payloadAligned()).isTrue();
                assertThat(seen.receivedNs()).isBetween(lastNs, afterNs + STAMP_ERROR_NS);
                lastNs = seen.receivedNs();
            }
            assertThat(lab.count("port.a.frames.sent")).isEqualTo(1000);
            assertThat(lab.count("port.b.frames.received")).isEqualTo(1000);
        });
    }

    @Test
    void otherEtherTypesNeverReachUs() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            for (int etherType : new int[] {0x0800, 0x0806, 0x88a3, 0x86dd, 0x8100}) {
                Frame frame = a.claim(100);
                assertThat(frame).isNotNull();
                PortLab.fill(frame, b.mac(), a.mac(), etherType, 1);
                a.commit(frame);
            }
            lab.settle(a, b);
            assertThat(lab.arrivals).isEmpty();
            assertThat(lab.count("port.b.frames.received")).isEqualTo(1);
        });
    }

    @Test
    void ownAndGroupAddressesArriveAndThoseOfOthersOnlyWhenAdded() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            MacAddress multicast = new MacAddress(0x01_00_5e_00_00_01L);
            sendTo(a, b.mac(), MacAddress.BROADCAST, multicast, STRANGER, FURTHER);
            lab.settle(a, b);
            assertThat(numbers(lab)).containsExactly(0, 1, 2);
            lab.arrivals.clear();
            b.addSourceMac(FURTHER);
            b.addSourceMac(FURTHER);
            sendTo(a, b.mac(), STRANGER, FURTHER);
            lab.settle(a, b);
            assertThat(numbers(lab)).containsExactly(0, 2);
            lab.arrivals.clear();
            b.removeSourceMac(FURTHER);
            sendTo(a, FURTHER, b.mac());
            lab.settle(a, b);
            assertThat(numbers(lab)).containsExactly(1);
        });
    }

    private static void sendTo(PacketPort from, MacAddress... destinations) {
        for (int number = 0; number < destinations.length; number++) {
            PortLab.send(from, destinations[number], 60, number);
        }
    }

    private static List<Integer> numbers(PortLab lab) {
        return lab.arrivals.stream().map(PortLab.Arrival::number).toList();
    }

    @Test
    void whatIsSentDoesNotComeBackToTheSenderNorToAnotherPortOnTheInterface() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            PacketPort other =
                    PacketPort.open("a", lab.idler, new Counters(), PacketPort.Options.DEFAULT);
            lab.loop.add(other);
            List<Frame> seen = new ArrayList<>();
            other.onFrames(seen::add);
            PortLab.send(a, MacAddress.BROADCAST, 60, 1);
            lab.settle(a, b);
            assertThat(lab.arrivals).allMatch(arrival -> arrival.port().equals("b"));
            assertThat(seen).isEmpty();
            PortLab.send(b, MacAddress.BROADCAST, 60, 2);
            lab.turnUntil("a frame at both ports of one interface", () -> !seen.isEmpty());
            lab.loop.remove(other);
            other.close();
        });
    }

    @Test
    void aPortThatOnlyServesHearsNoResponses() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withRequestsOnly(true));
            b.addSourceMac(FURTHER);
            for (MacAddress to : List.of(b.mac(), MacAddress.BROADCAST, FURTHER)) {
                Frame frame = a.claim(60);
                assertThat(frame).isNotNull();
                PortLab.fill(frame, to, a.mac(), PortLab.ETHER_TYPE_AOE, 1);
                PortLab.set(frame, 14, 0x18);
                a.commit(frame);
            }
            PortLab.send(a, FURTHER, 60, 7);
            lab.settle(a, b);
            assertThat(numbers(lab)).containsExactly(7);
        });
    }

    @Test
    void whoSendsTheMostWaitsForTheOthers() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withFrameCount(64));
            long nowNs = Linux.clock().nanoTime(); // stands still, so two senders stay a crowd
            sendAs(a, b, MANY, 0);
            sendAs(a, b, FEW, 0);
            a.flush(nowNs);
            while (lab.arrivals.size() < 2) {
                lab.loop.turn(nowNs);
            }
            lab.arrivals.clear();
            for (int number = 1; number <= 200; number++) {
                sendAs(a, b, MANY, number);
            }
            for (int number = 201; number <= 205; number++) {
                sendAs(a, b, FEW, number);
            }
            a.flush(nowNs);
            while (lab.loop.turn(nowNs) > 0) {
                assertThat(numbers(lab)).doesNotHaveDuplicates();
            }
            List<Integer> arrived = numbers(lab);
            long excess = lab.count("port.b.frames.dropped.excess");
            assertThat(arrived).containsSubsequence(201, 202, 203, 204, 205);
            assertThat(excess).isPositive();
            assertThat(arrived).hasSize((int) (205 - excess));
            assertThat(arrived.indexOf(205)).isLessThan(arrived.indexOf(200));
            assertThat(arrived.stream().filter(number -> number <= 200)).isSorted();
            assertThat(b.claim(60)).as("frames are kept for answers").isNotNull();
        });
    }

    private static void sendAs(PacketPort from, PacketPort to, MacAddress sender, int number) {
        Frame frame = from.claim(60);
        assertThat(frame).isNotNull();
        PortLab.fill(frame, to.mac(), sender, PortLab.ETHER_TYPE_AOE, number);
        from.commit(frame);
    }

    @Test
    void manyFramesOfOneSenderWaitInTheKernelAndAllArrive() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withFrameCount(64));
            for (int number = 1; number <= 200; number++) {
                sendAs(a, b, MANY, number);
            }
            lab.turnUntil("all frames", () -> lab.arrivals.size() == 200);
            assertThat(numbers(lab)).isSorted();
            assertThat(lab.count("port.b.frames.dropped.excess")).isZero();
        });
    }

    @Test
    void theOrderOfArrivalOverTwoInterfacesIsThatOfTheKernel() {
        PortLab.with(lab -> {
            lab.ip("link add name c type veth peer name d");
            lab.ip("link set dev c up");
            lab.ip("link set dev d up");
            lab.awaitLink("c");
            lab.awaitLink("d");
            PacketPort a = lab.open("a");
            PacketPort c = lab.open("c");
            lab.turn();
            lab.open("b");
            lab.open("d");
            for (int number = 0; number < 200; number++) {
                PacketPort from = number % 3 == 0 ? a : c;
                PortLab.send(from, MacAddress.BROADCAST, 60, number);
                from.flush(Linux.clock().nanoTime());
            }
            lab.turnUntil("all frames", () -> lab.arrivals.size() == 200);
            assertThat(numbers(lab)).isNotEqualTo(numbers(lab).stream().sorted().toList());
            List<Integer> byTime = lab.arrivals.stream()
                    .sorted(Comparator.comparingLong(PortLab.Arrival::receivedNs))
                    .map(PortLab.Arrival::number)
                    .toList();
            assertThat(byTime).isSorted();
        });
    }

    @Test
    void aFullSendQueueDropsAndCountsAndNoFrameIsLostToThePool() {
        PortLab.with(lab -> {
            lab.run("tc qdisc add dev a root tbf rate 1mbit burst 10k limit 1m");
            PacketPort.Options tight =
                    PacketPort.Options.DEFAULT.withBufferBytes(64 * 1024).withFrameCount(64);
            PacketPort a = lab.open("a", tight);
            PacketPort b = lab.open("b");
            int committed = 0;
            for (int round = 0; round < 20; round++) {
                for (Frame frame = a.claim(1500); frame != null; frame = a.claim(1500)) {
                    PortLab.fill(frame, b.mac(), a.mac(), PortLab.ETHER_TYPE_AOE, committed++);
                    a.commit(frame);
                }
                lab.turnUntil("room", () -> {
                    Frame frame = a.claim(60);
                    if (frame != null) {
                        frame.release();
                    }
                    return frame != null;
                });
            }
            int sent = committed;
            lab.turnUntil(
                    "each frame sent or dropped",
                    () -> lab.count("port.a.frames.sent") + lab.count("port.a.frames.dropped.full")
                            == sent);
            assertThat(lab.count("port.a.frames.dropped.full")).isPositive();
            assertThat(lab.count("port.a.frames.sent")).isPositive();
        });
    }

    @Test
    void whatTheKernelDropsBecauseWeAreSlowIsCounted() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withBufferBytes(16 * 1024));
            for (int number = 0; number < 500; number++) {
                PortLab.send(a, b.mac(), 1400, number);
                a.flush(0);
            }
            lab.turnUntil(
                    "each frame received or counted as dropped",
                    () -> lab.count("port.b.frames.dropped.kernel")
                                    + lab.count("port.b.frames.received")
                            == 500);
            assertThat(lab.count("port.b.frames.dropped.kernel")).isPositive();
        });
    }

    @Test
    void retainedFramesHoldBackTheRestWithoutKeepingTheLoopAwake() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withFrameCount(16));
            List<Frame> held = new ArrayList<>();
            b.onFrames(frame -> {
                frame.retain();
                held.add(frame);
            });
            sendTo(a, b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac());
            sendTo(a, b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac(), b.mac());
            sendTo(a, b.mac(), b.mac(), b.mac(), b.mac());
            lab.turnUntil("all slots in use", () -> held.size() == 16);
            assertThat(b.claim(60)).isNull();
            long startNs = Linux.clock().nanoTime();
            for (int nap = 0; nap < 5; nap++) {
                lab.turn();
                assertThat(a.readyToIdle() && b.readyToIdle()).isTrue();
                lab.idler.idle(10_000_000);
            }
            assertThat(Linux.clock().nanoTime() - startNs).isGreaterThan(40_000_000);
            held.forEach(Frame::release);
            held.clear();
            lab.turnUntil("the rest", () -> held.size() == 4);
            b.commit(held.removeFirst());
            lab.turnUntil("a retained frame sent", () -> lab.count("port.b.frames.sent") == 1);
        });
    }

    @Test
    void noFrameAllocatesOnceWarm() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            long[] returned = new long[1];
            b.onFrames(frame -> {
                frame.retain();
                b.commit(frame);
            });
            a.onFrames(frame -> returned[0]++);
            com.sun.management.ThreadMXBean threads =
                    (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            // The compiler takes its time: warm is when a round allocates nothing at all.
            long bytes = -1;
            for (int round = 0; round < WARM_UP_ROUND_COUNT && bytes != 0; round++) {
                long beforeBytes = threads.getCurrentThreadAllocatedBytes();
                echo(lab, a, 100_000, returned);
                bytes = threads.getCurrentThreadAllocatedBytes() - beforeBytes;
            }
            assertThat(bytes).isZero();
        });
    }

    /** Broadcasts of {@code a} that {@code b} sends back as they are, eight at a time. */
    private static void echo(PortLab lab, PacketPort a, long frameCount, long[] returned) {
        long goal = returned[0] + frameCount;
        while (returned[0] < goal) {
            long batch = returned[0] + 8;
            for (int number = 0; number < 8; number++) {
                Frame frame = a.claim(200);
                if (frame == null) {
                    throw new AssertionError("no frame is free");
                }
                PortLab.fill(frame, MacAddress.BROADCAST, STRANGER, PortLab.ETHER_TYPE_AOE, number);
                a.commit(frame);
            }
            while (returned[0] < batch) {
                lab.turn();
            }
        }
    }

    @Test
    void loopbackIsRefusedWithItsCauseAndItsCure() {
        PortLab.with(lab -> assertThatThrownBy(() -> lab.open("lo"))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refused.getMessage()).contains("lo");
                    assertThat(refused.why()).contains("772");
                    assertThat(refused.correction()).contains("ip ");
                }));
    }

    @Test
    void withoutRightsTheErrorSaysWhichAreMissing() {
        String text = OpenPort.without("net_raw");
        assertThat(text).contains("DENIED").contains("CAP_NET_RAW");
    }
}
