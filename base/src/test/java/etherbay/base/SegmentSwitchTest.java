// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** The switch and its ports, all turned by hand on one thread but where threads are the matter. */
class SegmentSwitchTest {
    private static final MacAddress A = new MacAddress(0x0200_0000_000aL);
    private static final MacAddress B = new MacAddress(0x0200_0000_000bL);

    @TempDir
    private Path folder;

    private final HandClock clock = new HandClock();
    private final Counters counters = new Counters();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private PortAddress.UnixSocket address() {
        return new PortAddress.UnixSocket(folder.resolve("segment.sock"));
    }

    private SegmentSwitch segment(Impairment.Settings impairment) {
        return segment(impairment, new Counters());
    }

    private SegmentSwitch segment(Impairment.Settings impairment, Counters to) {
        SegmentSwitch.Settings settings =
                new SegmentSwitch.Settings(address(), 9000, impairment, 0x5eed);
        return new SegmentSwitch(settings, clock, to);
    }

    private SocketPort port(MacAddress mac) {
        return port(mac, 9000);
    }

    private SocketPort port(MacAddress mac, int mtu) {
        SocketPort.Settings settings = new SocketPort.Settings(address(), mac, mtu);
        SocketPort port = new SocketPort(settings, clock, () -> {}, counters);
        opened.add(port);
        return port;
    }

    private TestFrames taker(EthernetPort port) {
        TestFrames frames = new TestFrames();
        port.onFrames(frames);
        return frames;
    }

    /** Ends a switch that no thread runs. */
    private static void end(SegmentSwitch segment) {
        segment.stop();
        segment.run();
    }

    private void carry(SegmentSwitch segment, EthernetPort... ports) throws IOException {
        // One round takes a frame from a port to the switch, the next one further; each round one
        // more client is accepted.
        int idleRounds = 0;
        while (idleRounds < 4) {
            int work = 0;
            for (EthernetPort port : ports) {
                work += port.poll(clock.nowNs);
                port.flush(clock.nowNs);
            }
            segment.turn(false);
            idleRounds = work > 0 ? 0 : idleRounds + 1;
        }
    }

    private SocketChannel rawClient() throws IOException {
        SocketChannel raw =
                SocketChannel.open(UnixDomainSocketAddress.of(address().path()));
        opened.add(raw);
        return raw;
    }

    private long value(Counters of, String name) {
        return of.snapshot().getOrDefault(name, -1L);
    }

    @Test
    void framesReachTheirStationAndBroadcastsReachAllOthers() throws IOException {
        Counters ofSwitch = new Counters();
        SegmentSwitch segment = segment(Impairment.Settings.NONE, ofSwitch);
        SocketPort a = port(A);
        SocketPort b = port(B);
        SocketPort c = port(new MacAddress(0x0200_0000_000cL));
        TestFrames atA = taker(a);
        TestFrames atB = taker(b);
        TestFrames atC = taker(c);
        carry(segment, a, b, c);
        TestFrames.send(a, MacAddress.BROADCAST, 1, 60);
        carry(segment, a, b, c);
        TestFrames.send(b, A, 2, 9014);
        carry(segment, a, b, c);
        assertThat(atB.numbers).containsExactly(1L);
        assertThat(atC.numbers).containsExactly(1L);
        assertThat(atA.numbers).containsExactly(2L);
        assertThat(atA.bytes).isEqualTo(9014);
        assertThat(atA.receivedNs).isEqualTo(clock.nowNs);
        assertThat(value(ofSwitch, "segment.frames.sent"))
                .as("the second frame went to the one port where its station had been heard")
                .isEqualTo(3);
        end(segment);
    }

    @Test
    void manyFramesOfAllLengthsArriveWholeAndInOrder() throws IOException {
        SegmentSwitch segment = segment(Impairment.Settings.NONE);
        SocketPort a = port(A);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        carry(segment, a, b);
        Prng prng = new Prng(6);
        for (long number = 0; number < 5_000; number++) {
            TestFrames.send(a, B, number, prng.between(22, 9014));
            if (prng.chance(0.1)) {
                carry(segment, a, b);
            }
        }
        carry(segment, a, b);
        assertThat(atB.numbers).hasSize(5_000).isSorted();
    }

    @Test
    void whatIsLostDoubledAndHeldIsWhatTheSeedSays() throws IOException {
        Impairment.Settings bad = Impairment.Settings.of(0.1, 0.05, 0.2, 200_000);
        Counters ofSwitch = new Counters();
        SegmentSwitch segment = segment(bad, ofSwitch);
        SocketPort a = port(A);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        carry(segment, a, b);
        Impairment same = new Impairment(bad, new Prng(0x5eed));
        List<Long> expected = new ArrayList<>();
        for (long number = 0; number < 2_000; number++) {
            TestFrames.send(a, B, number, 60);
            carry(segment, a, b);
            same.next();
            for (int copy = 0; copy < same.copies(); copy++) {
                expected.add(number);
            }
            clock.nowNs += 20_000;
        }
        clock.nowNs += 10_000_000;
        carry(segment, a, b);
        assertThat(atB.numbers).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(expected).hasSizeBetween(1_800, 1_980);
        assertThat(new TreeSet<>(expected)).hasSizeBetween(1_760, 1_840);
        assertThat(value(ofSwitch, "segment.frames.impaired.lost"))
                .isEqualTo(2_000 - new TreeSet<>(expected).size());
        int overtaken = 0;
        for (int index = 1; index < atB.numbers.size(); index++) {
            overtaken += atB.numbers.get(index) < atB.numbers.get(index - 1) ? 1 : 0;
        }
        assertThat(overtaken).isBetween(200, 600);
    }

    @Test
    void aDelayedFrameArrivesWhenItIsDueAndNotBefore() throws IOException {
        SegmentSwitch segment = segment(Impairment.Settings.of(0, 0, 0, 300_000));
        SocketPort a = port(A);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        carry(segment, a, b);
        TestFrames.send(a, B, 1, 60);
        carry(segment, a, b);
        clock.nowNs += 299_999;
        carry(segment, a, b);
        assertThat(atB.numbers).isEmpty();
        clock.nowNs += 1;
        carry(segment, a, b);
        assertThat(atB.numbers).containsExactly(1L);
    }

    @Test
    void framesBeyondTheMtuAndRuntsAreDroppedAndCounted() throws IOException {
        Counters ofSwitch = new Counters();
        SegmentSwitch segment = segment(Impairment.Settings.NONE, ofSwitch);
        SocketPort a = port(A, 12_000);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        carry(segment, a, b);
        TestFrames.send(a, B, 1, 9014 + 5);
        rawClient().write(ByteBuffer.wrap(new byte[] {0, 0, 0, 2, 1, 1}));
        TestFrames.send(a, B, 2, 60);
        carry(segment, a, b);
        carry(segment, a, b);
        assertThat(atB.numbers).containsExactly(2L);
        assertThat(value(ofSwitch, "segment.frames.dropped.oversize")).isEqualTo(1);
        assertThat(value(ofSwitch, "segment.frames.dropped.runt")).isEqualTo(1);
    }

    @Test
    void aClientThatSendsNonsenseIsDisconnectedAndTheOthersDoNotNotice() throws IOException {
        Counters ofSwitch = new Counters();
        SegmentSwitch segment = segment(Impairment.Settings.NONE, ofSwitch);
        SocketPort a = port(A);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        SocketChannel zero = rawClient();
        SocketChannel huge = rawClient();
        zero.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0}));
        huge.write(ByteBuffer.wrap(new byte[] {-1, -1, -1, -1}));
        carry(segment, a, b);
        carry(segment, a, b);
        assertThat(zero.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(huge.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        TestFrames.send(a, B, 1, 60);
        carry(segment, a, b);
        assertThat(atB.numbers).containsExactly(1L);
        assertThat(value(ofSwitch, "segment.frames.malformed")).isEqualTo(2);
        assertThat(value(ofSwitch, "segment.clients.left")).isEqualTo(2);
    }

    @Test
    void aClientThatDoesNotReadLosesFramesAndHoldsNobodyUp() throws IOException {
        Counters ofSwitch = new Counters();
        SegmentSwitch segment = segment(Impairment.Settings.NONE, ofSwitch);
        SocketPort a = port(A);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        taker(a);
        rawClient();
        carry(segment, a, b);
        for (long number = 0; number < 500; number++) {
            TestFrames.send(a, MacAddress.BROADCAST, number, 9014);
            carry(segment, a, b);
        }
        assertThat(atB.numbers).hasSize(500);
        assertThat(value(ofSwitch, "segment.frames.dropped.full")).isBetween(300L, 450L);
    }

    @Test
    void aPortWhoseFramesAreAllKeptReceivesNoMoreUntilOneIsReleased() throws IOException {
        SegmentSwitch segment = segment(Impairment.Settings.NONE);
        SocketPort a = port(A);
        SocketPort b = port(B);
        taker(a);
        java.util.ArrayDeque<Frame> kept = new java.util.ArrayDeque<>();
        b.onFrames(frame -> {
            frame.retain();
            kept.add(frame);
        });
        carry(segment, a, b);
        for (long number = 0; number < 300; number++) {
            TestFrames.send(a, B, number, 60);
        }
        carry(segment, a, b);
        assertThat(kept).hasSize(256);
        assertThat(b.claim(60)).isNull();
        assertThat(b.readyToIdle()).isTrue();
        kept.remove().release();
        assertThat(b.readyToIdle()).isFalse();
        assertThat(b.poll(clock.nowNs)).isEqualTo(1);
    }

    @Test
    void aPortFollowsItsSegmentDownAndUpAgainWithGrowingWaits() throws IOException {
        SocketPort a = port(A);
        List<Boolean> links = new ArrayList<>();
        a.listen(changed -> links.add(changed.linkUp()));
        taker(a);
        a.poll(clock.nowNs);
        assertThat(a.linkUp()).isFalse();
        assertThat(a.nextDeadlineNs()).isEqualTo(clock.nowNs + 20_000_000);
        assertThat(TestFrames.send(a, B, 1, 60)).as("vanishes").isTrue();
        SegmentSwitch first = segment(Impairment.Settings.NONE);
        a.poll(clock.nowNs);
        assertThat(a.linkUp()).as("not before its time").isFalse();
        clock.nowNs += 20_000_000;
        carry(first, a);
        assertThat(links).containsExactly(true);
        end(first);
        a.poll(clock.nowNs);
        assertThat(links).containsExactly(true, false);
        long waitNs = a.nextDeadlineNs() - clock.nowNs;
        for (int attempt = 0; attempt < 12; attempt++) {
            clock.nowNs = a.nextDeadlineNs();
            a.poll(clock.nowNs);
            waitNs = a.nextDeadlineNs() - clock.nowNs;
        }
        assertThat(waitNs).isEqualTo(1_000_000_000);
        SegmentSwitch second = segment(Impairment.Settings.NONE);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        clock.nowNs = a.nextDeadlineNs();
        carry(second, a, b);
        TestFrames.send(a, B, 2, 60);
        carry(second, a, b);
        assertThat(links).containsExactly(true, false, true);
        assertThat(atB.numbers).containsExactly(2L);
        assertThat(value(counters, "port." + address() + ".frames.dropped.link"))
                .isEqualTo(1);
    }

    @Test
    void aSegmentThatSendsNonsenseIsLeftAndTriedAgain() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(address().path()));
            SocketPort a = port(A);
            taker(a);
            a.poll(clock.nowNs);
            SocketChannel other = server.accept();
            opened.add(other);
            other.write(
                    ByteBuffer.allocate(4).putInt(FramePool.FRAME_BYTES_MAX + 1).flip());
            a.poll(clock.nowNs);
            assertThat(a.linkUp()).isFalse();
            assertThat(value(counters, "port." + address() + ".frames.malformed"))
                    .isEqualTo(1);
            clock.nowNs = a.nextDeadlineNs();
            a.poll(clock.nowNs);
            assertThat(a.linkUp()).isTrue();
        }
    }

    @Test
    void aFrameThatComesByteByByteIsOneFrame() throws IOException {
        SegmentSwitch segment = segment(Impairment.Settings.NONE);
        SocketPort b = port(B);
        TestFrames atB = taker(b);
        SocketChannel raw = rawClient();
        carry(segment, b);
        byte[] frame = new byte[4 + 60];
        frame[3] = 60;
        TestFrames.write(java.lang.foreign.MemorySegment.ofArray(frame), 4, B, A, 5);
        for (byte one : frame) {
            raw.write(ByteBuffer.wrap(new byte[] {one}));
            carry(segment, b);
        }
        assertThat(atB.numbers).containsExactly(5L);
    }

    @Test
    void theSocketIsRemovedAtTheEndAndADeadOneReplaced() throws IOException {
        end(segment(Impairment.Settings.NONE));
        assertThat(address().path()).doesNotExist();
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(address().path()));
        }
        assertThat(address().path()).exists();
        end(segment(Impairment.Settings.NONE));
        assertThat(address().path()).doesNotExist();
    }

    @Test
    void aSegmentThatIsServedAFileAndAFolderThatIsMissingAreErrors() throws IOException {
        SegmentSwitch living = segment(Impairment.Settings.NONE);
        assertThatThrownBy(() -> segment(Impairment.Settings.NONE))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("no second segment")
                .extracting(error -> ((EtherbayException) error).code())
                .isEqualTo(ErrorCode.CONFLICT);
        end(living);
        Files.writeString(address().path(), "precious");
        assertThatThrownBy(() -> segment(Impairment.Settings.NONE))
                .isInstanceOf(EtherbayException.class)
                .extracting(error -> ((EtherbayException) error).why())
                .isEqualTo(address().path() + " exists and is no socket");
        assertThat(address().path()).hasContent("precious");
        Files.delete(address().path());
        Files.delete(folder);
        assertThatThrownBy(() -> segment(Impairment.Settings.NONE))
                .isInstanceOf(EtherbayException.class)
                .extracting(error -> ((EtherbayException) error).correction())
                .isEqualTo("mkdir -p " + folder);
        Files.createDirectory(folder);
    }

    @Test
    void aSwitchDoesNotRemoveTheSocketOfTheOneThatTookItsPlace() throws IOException {
        SegmentSwitch segment = segment(Impairment.Settings.NONE);
        Files.delete(address().path());
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(address().path()));
            end(segment);
            assertThat(address().path()).exists();
        }
    }

    @Test
    void anMtuThatNoSegmentCarriesIsAnError() {
        assertThatThrownBy(() ->
                        new SegmentSwitch.Settings(address(), 67, Impairment.Settings.NONE, 1))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("an MTU of 67");
    }

    @Test
    void portsInventDifferentAddresses() {
        SocketPort.Settings one = SocketPort.Settings.of(address(), clock);
        SocketPort.Settings other = SocketPort.Settings.of(address(), clock);
        assertThat(one.mac()).isNotEqualTo(other.mac());
        assertThat(one.mtu()).isEqualTo(9000);
    }

    @Test
    @Timeout(60)
    void twoLoopsOnTheirThreadsPlayPingPongThroughARunningSwitch() throws InterruptedException {
        opened.add(segment(Impairment.Settings.NONE).start());
        Loop left = new Loop("left", clock, new ParkIdler(), 0);
        Loop right = new Loop("right", clock, new ParkIdler(), 0);
        SocketPort ping = new SocketPort(
                new SocketPort.Settings(address(), A, 1500), clock, left::wakeUp, counters);
        SocketPort pong = new SocketPort(
                new SocketPort.Settings(address(), B, 1500), clock, right::wakeUp, new Counters());
        opened.add(ping);
        opened.add(pong);
        CountDownLatch rounds = new CountDownLatch(2_000);
        CountDownLatch joined = new CountDownLatch(1);
        pong.listen(changed -> joined.countDown());
        ping.onFrames(frame -> {
            rounds.countDown();
            TestFrames.send(ping, B, 0, 60);
        });
        pong.onFrames(frame -> TestFrames.send(pong, A, 0, 60));
        left.add(ping);
        right.add(pong);
        AtomicReference<Throwable> death = new AtomicReference<>();
        Thread other = right.start((thread, bug) -> death.set(bug));
        joined.await();
        Thread one = left.start((thread, bug) -> death.set(bug));
        left.mailbox().offer(() -> {
            ping.poll(clock.nowNs);
            TestFrames.send(ping, B, 0, 60);
        });
        rounds.await();
        left.stop();
        right.stop();
        one.join();
        other.join();
        assertThat(death).hasNullValue();
    }
}
