// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Frames through a datagram socket whose other end does not always read: a full queue. */
final class PacketSenderTest {
    private static final int FRAME_COUNT = 64;
    private static final long PAUSE_NS = 1_000_000;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();
    private final Counters counters = new Counters();
    private final FramePool pool = new FramePool(arena, new TailPort(), FRAME_COUNT);
    private final MemorySegment received = arena.allocate(4096);
    private int receiver;
    private int socket;
    private PacketSender sender;

    @BeforeEach
    void connect() {
        MemorySegment address = arena.allocate(Layouts.SOCKADDR_UN);
        Memory.putShort(address.address(), (short) Constants.AF_UNIX);
        byte[] name = folder.resolve("s").toString().getBytes(StandardCharsets.UTF_8);
        Memory.putBytes(address.address() + Short.BYTES, name);
        int bytes = (int) Layouts.SOCKADDR_UN.byteSize();
        receiver = Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM, 0);
        assertThat(Libc.bind(receiver, address.address(), bytes)).isZero();
        socket = Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM, 0);
        assertThat(Libc.connect(socket, address.address(), bytes)).isZero();
        sender = new PacketSender(socket, pool, new PacketCounters("p", counters), arena);
    }

    @AfterEach
    void close() {
        Libc.close(socket);
        Libc.close(receiver);
        arena.close();
    }

    private Frame frame(String text) {
        Frame frame = pool.claim(text.length());
        assertThat(frame).isNotNull();
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(
                bytes, 0, frame.memory(), ValueLayout.JAVA_BYTE, frame.at(), bytes.length);
        return frame;
    }

    private void add(Frame frame) {
        pool.committed(frame);
        sender.add(frame);
    }

    private void addWithTail(String text, String tail) {
        Frame frame = frame(text);
        frame.bytes(text.length() + tail.length());
        frame.tail(arena.allocateFrom(tail).address(), tail.length());
        add(frame);
    }

    private List<String> arrived() {
        List<String> all = new ArrayList<>();
        while (true) {
            long bytes = Libc.recv(receiver, received.address(), 4096, Constants.MSG_DONTWAIT);
            if (bytes < 0) {
                return all;
            }
            byte[] text = received.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
            all.add(new String(text, StandardCharsets.US_ASCII));
        }
    }

    private long dropped() {
        return counters.counter("port.p.frames.dropped.full").value();
    }

    @Test
    void aTailIsSentBehindItsFrameAndNotBehindTheNextOfTheSlot() {
        add(frame("plain"));
        addWithTail("header", "and data");
        add(frame("next"));
        assertThat(sender.send(0)).isZero();
        assertThat(arrived()).containsExactly("plain", "headerand data", "next");
        for (int index = 0; index < FRAME_COUNT / 8; index++) {
            add(frame("again"));
        }
        sender.send(0);
        assertThat(arrived()).hasSize(FRAME_COUNT / 8).containsOnly("again");
        assertThat(pool.freeCount()).isEqualTo(FRAME_COUNT);
    }

    @Test
    void whatHasATailIsNotKeptForAnotherTurn() {
        List<String> plain = new ArrayList<>();
        for (int index = 0; !sender.refused(); index++) {
            plain.add("plain " + index);
            add(frame("plain " + index));
            sender.send(0);
        }
        addWithTail("header", "and data");
        add(frame("last"));
        addWithTail("header", "and more");
        sender.send(PAUSE_NS);
        assertThat(dropped()).isEqualTo(2);
        assertThat(sender.count()).as("the one refused, and the last").isEqualTo(2);

        List<String> all = new ArrayList<>(arrived());
        sender.send(2 * PAUSE_NS);
        all.addAll(arrived());
        plain.add("last");
        assertThat(all).isEqualTo(plain);
        assertThat(sender.count()).isZero();
        assertThat(pool.freeCount()).isEqualTo(FRAME_COUNT);
    }

    @Test
    void aSenderThatHasDroppedAllThatItHadWaitsForNothing() {
        while (!sender.refused()) {
            add(frame("plain"));
            sender.send(0);
        }
        arrived();
        sender.send(0);
        assertThat(sender.count()).isZero();
        while (sender.takesTails(2_000 * PAUSE_NS)) {
            addWithTail("header", "and data");
            sender.send(2_000 * PAUSE_NS);
        }
        assertThat(sender.count()).isZero();
        assertThat(sender.refused()).isFalse();
        assertThat(sender.retryAtNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(sender.takesTails(2_999 * PAUSE_NS)).isFalse();
        assertThat(sender.takesTails(3_000 * PAUSE_NS)).isTrue();
        assertThat(pool.freeCount()).isEqualTo(FRAME_COUNT);
    }

    /** Only what the frames ask of their port. */
    private static final class TailPort implements EthernetPort {
        @Override
        public String name() {
            return "p";
        }

        @Override
        public MacAddress mac() {
            return MacAddress.parse("02:00:00:00:00:01").orElseThrow();
        }

        @Override
        public void addSourceMac(MacAddress mac) {}

        @Override
        public void removeSourceMac(MacAddress mac) {}

        @Override
        public int mtu() {
            return 1500;
        }

        @Override
        public boolean linkUp() {
            return true;
        }

        @Override
        public void listen(Listener listener) {}

        @Override
        public void onFrames(FrameHandler handler) {}

        @Override
        public @Nullable Frame claim(int bytes) {
            return null;
        }

        @Override
        public boolean sendsTails() {
            return true;
        }

        @Override
        public void commit(Frame frame) {}

        @Override
        public int poll(long nowNs) {
            return 0;
        }

        @Override
        public void close() {}
    }
}
