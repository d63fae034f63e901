// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.base.PortAddress;
import etherbay.base.Prng;
import etherbay.base.SocketPort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the other end of a segment's socket sends: the first byte says how the bytes are cut into
 * pieces, the rest is the stream, frames behind their lengths. The port hands on exactly the frames
 * that a reader of the whole stream finds, up to the first length that is none; there it hangs up.
 */
public final class SocketFuzz {
    private static final MacAddress US = new MacAddress(0x0200_0000_000aL);
    private static final int TYPE_AOE = 0x88a2;
    private static final int HEADER_BYTES = 14;

    /** Longest frame of a pool: an MTU of 9000 or more, and the header. */
    private static final int STREAM_BYTES_MAX = 60_000;

    private static final class StillClock implements Clock {
        @Override
        public long nanoTime() {
            return 1_000_000_000_000L;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    private SocketFuzz() {}

    /** One connection. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0 || input.length > STREAM_BYTES_MAX) {
            return;
        }
        try {
            Path folder = Files.createTempDirectory("etherbay-fuzz");
            Path socket = folder.resolve("s");
            try (ServerSocketChannel server =
                    ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(socket));
                run(input, server, new PortAddress.UnixSocket(socket));
            } finally {
                Files.deleteIfExists(socket);
                Files.delete(folder);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void run(
            byte[] input, ServerSocketChannel server, PortAddress.UnixSocket address)
            throws IOException {
        Clock clock = new StillClock();
        Counters counters = new Counters();
        Loop loop = new Loop("fuzz", clock, new ParkIdler(), 0);
        SocketPort port = new SocketPort(
                new SocketPort.Settings(address, US, 1500), clock, () -> {}, counters);
        List<ByteBuffer> frames = new ArrayList<>();
        port.onFrames(frame -> frames.add(copyOf(frame)));
        loop.add(port);
        loop.turn(clock.nanoTime());
        try (SocketChannel other = server.accept()) {
            send(input, other, () -> loop.turn(clock.nanoTime()));
            while (loop.turn(clock.nanoTime()) > 0 && port.linkUp()) {
                assertThat(frames.size()).isLessThanOrEqualTo(input.length);
            }
            Told told = Told.by(input);
            assertThat(frames).isEqualTo(told.frames());
            assertThat(port.linkUp()).isEqualTo(!told.malformed());
        } finally {
            port.close();
        }
    }

    private static ByteBuffer copyOf(Frame frame) {
        return ByteBuffer.wrap(
                frame.memory().asSlice(frame.at(), frame.bytes()).toArray(ValueLayout.JAVA_BYTE));
    }

    private static void send(byte[] input, SocketChannel other, Runnable turn) {
        Prng prng = new Prng(input[0]);
        int at = 1;
        try {
            while (at < input.length) {
                int count = Math.min(input.length - at, prng.between(1, 1 + (input[0] & 0xff) * 8));
                other.write(ByteBuffer.wrap(input, at, count));
                at += count;
                turn.run();
            }
        } catch (IOException hungUp) {
            turn.run(); // the port may, at a length that is none
        }
    }

    /** What the stream says. */
    private record Told(List<ByteBuffer> frames, boolean malformed) {
        static Told by(byte[] input) {
            ByteBuffer stream = ByteBuffer.wrap(input, 1, input.length - 1);
            List<ByteBuffer> frames = new ArrayList<>();
            while (stream.remaining() >= 4) {
                int bytes = stream.getInt(stream.position());
                if (bytes <= 0 || bytes > Frames.BYTES_MAX) {
                    return new Told(frames, true);
                }
                if (stream.remaining() - 4 < bytes) {
                    break;
                }
                int at = stream.position() + 4;
                if (Frames.isForUs(stream, at, bytes)) {
                    frames.add(stream.slice(at, bytes));
                }
                stream.position(at + bytes);
            }
            return new Told(frames, false);
        }
    }

    /** What a port takes, from the contract of {@code EthernetPort}. */
    private static final class Frames {
        private static final int BYTES_MAX = etherbay.base.FramePool.FRAME_BYTES_MAX;

        private Frames() {}

        static boolean isForUs(ByteBuffer stream, int at, int bytes) {
            if (bytes < HEADER_BYTES) {
                return false;
            }
            long dst = stream.getLong(at) >>> 16;
            boolean ours = dst == US.bits() || MacAddress.isGroup(dst);
            return ours && (stream.getShort(at + 12) & 0xffff) == TYPE_AOE;
        }
    }
}
