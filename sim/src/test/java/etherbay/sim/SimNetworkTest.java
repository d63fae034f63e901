// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Frame;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

final class SimNetworkTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final MacAddress ONE = new MacAddress(0x0200_0000_0001L);
    private static final MacAddress TWO = new MacAddress(0x0200_0000_0002L);
    private static final MacAddress FURTHER = new MacAddress(0x0200_0000_0099L);

    private final Simulation simulation = new Simulation("sim-network", 3);
    private final SimNetwork network = new SimNetwork(simulation, "lan");
    private final SimNode sender = simulation.node("sender");
    private final SimNode receiver = simulation.node("receiver");
    private final SimPort from = network.port(sender, "one", ONE);
    private final SimPort to = network.port(receiver, "two", TWO);
    private final List<Integer> received = new ArrayList<>();
    private final List<Long> stamps = new ArrayList<>();

    SimNetworkTest() {
        to.onFrames(this::receive);
    }

    @AfterEach
    void end() {
        simulation.close();
    }

    @Test
    void framesArriveInOrderEachWithAStampOfItsOwn() {
        for (int number = 0; number < 50; number++) {
            send(TWO, number);
        }
        settle();
        assertThat(received).hasSize(50).isSorted();
        assertThat(stamps).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void onlyFramesForThePortArrive() {
        send(FURTHER, 1);
        send(MacAddress.BROADCAST, 2);
        settle();
        to.addSourceMac(FURTHER);
        send(FURTHER, 3);
        settle();
        to.removeSourceMac(FURTHER);
        send(FURTHER, 4);
        settle();
        assertThat(received).containsExactly(2, 3);
    }

    @Test
    void aBadNetworkLosesDoublesAndReorders() {
        network.conditions(Impairment.Settings.of(0.1, 0.1, 0.3, 1_000));
        for (int number = 0; number < 300; number++) {
            send(TWO, number);
            simulation.runFor(100_000);
        }
        settle();
        assertThat(simulation.marks())
                .containsKeys("frame lost", "frame doubled", "frame held back");
        assertThat(received).doesNotContainSequence(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        assertThat(received.stream().distinct().count()).isBetween(240L, 299L);
        network.heal();
        received.clear();
        for (int number = 0; number < 40; number++) {
            send(TWO, number);
        }
        settle();
        assertThat(received).hasSize(40).isSorted();
    }

    @Test
    void aLinkIsCutInOneDirectionAlone() {
        List<Integer> back = new ArrayList<>();
        from.onFrames(frame -> back.add(number(frame)));
        network.cut(from, to);
        send(TWO, 1);
        sendFrom(to, ONE, 2);
        settle();
        network.mend(from, to);
        send(TWO, 3);
        settle();
        assertThat(received).containsExactly(3);
        assertThat(back).containsExactly(2);
    }

    @Test
    void heldFramesArriveWhenReleasedAsOftenAsAsked() {
        network.holdIf((source, destination, frame) -> frame[14] == 7);
        send(TWO, 7);
        send(TWO, 8);
        settle();
        assertThat(received).containsExactly(8);
        network.held().getFirst().release(SECOND_NS);
        network.held().getFirst().release(2 * SECOND_NS);
        assertThat(simulation.runUntilQuiet(3 * SECOND_NS)).isTrue();
        assertThat(received).containsExactly(8, 7, 7);
    }

    @Test
    void aPortPolledLateKeepsTheTimeOfArrival() {
        to.pausePolling(simulation.nowNs() + SECOND_NS);
        send(TWO, 1);
        simulation.runFor(SECOND_NS / 2);
        assertThat(to.waitingCount()).isEqualTo(1);
        settle();
        assertThat(received).containsExactly(1);
        assertThat(stamps.getFirst()).isLessThan(SimClock.START_NS + SECOND_NS / 10);
    }

    @Test
    void fullRingsAndTooLargeFramesDropAndCount() {
        to.ring(4).pausePolling(simulation.nowNs() + SECOND_NS / 10);
        for (int number = 0; number < 6; number++) {
            send(TWO, number);
        }
        to.mtu(9000);
        sendBytes(from, TWO, 9, 3000);
        settle();
        assertThat(received).containsExactly(0, 1, 2, 3);
        assertThat(simulation.marks())
                .containsEntry("frame dropped, ring full", 2L)
                .containsEntry("frame not sent", 1L);
    }

    @Test
    void aStalledSendRingRunsOutOfFramesAndRecovers() {
        from.frames(4).stallSending(true);
        for (int number = 0; number < 4; number++) {
            send(TWO, number);
        }
        settle();
        assertThat(from.claim(60)).isNull();
        from.stallSending(false);
        settle();
        assertThat(received).containsExactly(0, 1, 2, 3);
        assertThat(from.freeFrameCount()).isEqualTo(4);
    }

    @Test
    void retainedFramesBoundWhatAPortTakes() {
        List<Frame> kept = new ArrayList<>();
        to.frames(2).onFrames(frame -> {
            frame.retain();
            kept.add(frame);
        });
        for (int number = 0; number < 3; number++) {
            send(TWO, number);
        }
        settle();
        assertThat(kept).hasSize(2);
        receiver.tell(kept.removeFirst()::release);
        settle();
        assertThat(kept).hasSize(2);
        assertThat(number(kept.getLast())).isEqualTo(2);
    }

    @Test
    void listenersHearOfTheLink() {
        List<Boolean> states = new ArrayList<>();
        to.listen(port -> states.add(port.linkUp()));
        to.link(false);
        settle();
        send(TWO, 1);
        settle();
        to.link(true);
        settle();
        send(TWO, 2);
        settle();
        assertThat(states).containsExactly(false, true);
        assertThat(received).containsExactly(2);
    }

    private void receive(Frame frame) {
        received.add(number(frame));
        stamps.add(frame.receivedNs());
    }

    private void settle() {
        assertThat(simulation.runUntilQuiet(SECOND_NS)).isTrue();
    }

    private void send(MacAddress destination, int number) {
        sendFrom(from, destination, number);
    }

    private static void sendFrom(SimPort port, MacAddress destination, int number) {
        sendBytes(port, destination, number, 60);
    }

    private static void sendBytes(SimPort port, MacAddress destination, int number, int bytes) {
        Frame frame = port.claim(bytes);
        assertThat(frame).isNotNull();
        for (int index = 0; index < 6; index++) {
            byte octet = (byte) (destination.bits() >> (40 - 8 * index));
            frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + index, octet);
        }
        frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 12, (byte) 0x88);
        frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 13, (byte) 0xa2);
        frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 14, (byte) number);
        frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 15, (byte) (number >> 8));
        port.commit(frame);
    }

    private static int number(Frame frame) {
        int low = frame.memory().get(ValueLayout.JAVA_BYTE, frame.at() + 14) & 0xff;
        return low | ((frame.memory().get(ValueLayout.JAVA_BYTE, frame.at() + 15) & 0xff) << 8);
    }
}
