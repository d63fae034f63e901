// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What becomes of each frame of a port whose other end is written by hand. */
@Timeout(60)
class SocketPortTest {
    private static final MacAddress US = new MacAddress(0x0200_0000_000aL);
    private static final MacAddress THEM = new MacAddress(0x0200_0000_000bL);
    private static final MacAddress STRANGER = new MacAddress(0x0200_0000_000cL);

    @TempDir
    private Path folder;

    private final HandClock clock = new HandClock();
    private final Counters counters = new Counters();
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final TestFrames taken = new TestFrames();
    private ServerSocketChannel server;
    private SocketPort port;
    private SocketChannel other;

    @BeforeEach
    void connect() throws IOException {
        PortAddress.UnixSocket address = new PortAddress.UnixSocket(folder.resolve("s"));
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(address.path()));
        port = new SocketPort(
                new SocketPort.Settings(address, US, 1500), clock, () -> {}, counters);
        port.onFrames(taken);
        loop.add(port);
        turn();
        other = server.accept();
        assertThat(port.linkUp()).isTrue();
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        other.close();
        server.close();
    }

    private void turn() {
        loop.turn(clock.nowNs);
    }

    private long count(String name) {
        return counters.snapshot()
                .getOrDefault("port.unix:" + folder.resolve("s") + "." + name, -1L);
    }

    /** A frame to the port with its length in front, as it stands on the socket. */
    private static ByteBuffer framed(MacAddress to, int etherType, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(60);
            TestFrames.write(memory, 0, to, THEM, number);
            ByteBuffer bytes = ByteBuffer.allocate(64).putInt(60);
            bytes.put(memory.asByteBuffer());
            return bytes.putShort(4 + 12, (short) etherType).flip();
        }
    }

    @Test
    void whatComesForOthersIsCountedByReason() throws IOException {
        other.write(framed(US, 0x88a2, 1));
        other.write(framed(STRANGER, 0x88a2, 2));
        other.write(framed(US, 0x0800, 3));
        other.write(framed(MacAddress.BROADCAST, 0x86dd, 4));
        turn();
        assertThat(taken.numbers).containsExactly(1L);
        assertThat(count("frames.received")).isEqualTo(1);
        assertThat(count("frames.dropped.station")).isEqualTo(1);
        assertThat(count("frames.dropped.ethertype")).isEqualTo(2);
    }

    @Test
    void whatIsTooLongOrFindsNoRoomIsCountedByReasonAndTheRestAsSentOnceItIsWritten()
            throws IOException {
        TestFrames.send(port, THEM, 1, 1515);
        assertThat(count("frames.dropped.toolong")).isEqualTo(1);
        for (int number = 0; number < 1_000; number++) {
            TestFrames.send(port, THEM, number, 1514);
        }
        turn();
        long full = count("frames.dropped.full");
        long sent = count("frames.sent");
        assertThat(full).isPositive();
        assertThat(sent).isPositive().isLessThan(1_000 - full);
        ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
        while (count("frames.sent") < 1_000 - full) {
            assertThat(other.read(bytes.clear())).isPositive();
            turn();
        }
        assertThat(count("frames.sent")).isEqualTo(1_000 - full);
        assertThat(count("frames.dropped.full")).isEqualTo(full);
    }

    @Test
    void whatTheEndOfTheConnectionCostsIsCountedInBothDirections() throws IOException {
        for (int number = 0; number < 1_000; number++) {
            TestFrames.send(port, THEM, number, 1514);
        }
        List<Frame> held = new ArrayList<>();
        port.onFrames(frame -> {
            frame.retain();
            held.add(frame);
        });
        // In one piece: as many small ones would fill the socket, and we would wait.
        ByteBuffer many = ByteBuffer.allocate(300 * 64);
        for (int number = 0; number < 300; number++) {
            many.put(framed(US, 0x88a2, number));
        }
        other.write(many.flip());
        turn();
        turn();
        other.close();
        turn();
        for (int turns = 0; turns < 10 && port.linkUp(); turns++) {
            turn();
        }
        assertThat(port.linkUp()).isFalse();
        assertThat(count("frames.dropped.closed")).isEqualTo(300 - held.size());
        assertThat(count("frames.sent")
                        + count("frames.dropped.full")
                        + count("frames.dropped.link"))
                .isEqualTo(1_000);
        assertThat(count("frames.dropped.link")).isPositive();
        held.getFirst().release();
        TestFrames.send(port, THEM, 1, 60);
        assertThat(count("frames.sent")
                        + count("frames.dropped.full")
                        + count("frames.dropped.link"))
                .isEqualTo(1_001);
    }

    @Test
    void aPortMayBeClosedByItsOwnHandlerAndAHeldFrameOutlivesIt() throws IOException {
        List<Frame> held = new ArrayList<>();
        port.onFrames(frame -> {
            frame.retain();
            held.add(frame);
            TestFrames.send(port, THEM, 9, 60);
            loop.remove(port);
            port.close();
        });
        for (int number = 0; number < 3; number++) {
            other.write(framed(US, 0x88a2, number));
        }
        turn();
        port.poll(clock.nowNs);
        port.flush(clock.nowNs);
        assertThat(port.readyToIdle()).isTrue();
        assertThat(port.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(held).hasSize(1);
        assertThat(count("frames.received")).isEqualTo(1);
        assertThat(count("frames.dropped.closed")).isEqualTo(2);
        assertThat(count("frames.dropped.link")).isEqualTo(1);
        assertThat(port.claim(60)).isNull();
        Frame late = held.getFirst();
        TestFrames.write(late.memory(), late.at(), THEM, US, 7);
        port.commit(late);
        assertThat(count("frames.dropped.link")).isEqualTo(2);
        assertThat(late.memory().scope().isAlive()).isFalse();
        assertThat(other.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void aClosedPortDoesNotConnectAnew() throws IOException {
        other.close();
        turn();
        assertThat(port.linkUp()).isFalse();
        port.close();
        clock.nowNs += 10_000_000_000L;
        assertThat(port.poll(clock.nowNs)).isZero();
        assertThat(port.linkUp()).isFalse();
    }
}
