// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients of a daemon's event stream, on its Unix socket: all read what comes, but one, which has
 * asked and never reads. They need a thread and throw away what they read, so that what is measured
 * is the daemon. Open until closed.
 */
final class StreamListeners implements AutoCloseable {
    private static final String REQUEST = """
            GET /api/v1/stream HTTP/1.1\r
            Host: localhost\r
            Accept: text/event-stream\r
            \r
            """;

    private static final int BUFFER_BYTES = 256 << 10;
    private static final byte[] GOOD = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);

    private final List<SocketChannel> channels = new ArrayList<>();
    private final Selector selector;
    private final AtomicLong readBytes = new AtomicLong();
    private final AtomicInteger endedCount = new AtomicInteger();
    private final Thread thread;

    private StreamListeners(Path socket, int count) throws IOException {
        selector = Selector.open();
        for (int index = 0; index < count; index++) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channels.add(channel);
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap(REQUEST.getBytes(StandardCharsets.US_ASCII)));
            if (index > 0) {
                hearHead(channel);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ);
            }
        }
        thread = Thread.ofPlatform().name("listeners").daemon().start(this::listen);
    }

    /** The first of so many is the one that does not read. */
    static StreamListeners open(Path socket, int count) {
        try {
            return new StreamListeners(socket, count);
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "no " + count + " listeners at " + socket,
                    String.valueOf(failure.getMessage()),
                    "see what the node said above");
        }
    }

    private static void hearHead(SocketChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(GOOD.length);
        while (head.hasRemaining() && channel.read(head) >= 0) {
            // its first bytes
        }
        if (!head.flip().equals(ByteBuffer.wrap(GOOD))) {
            throw new IOException(
                    "it answered " + StandardCharsets.ISO_8859_1.decode(head.rewind()));
        }
    }

    private void listen() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try {
            while (selector.isOpen()) {
                selector.select(key -> read(key, buffer));
            }
        } catch (IOException | ClosedSelectorException end) {
            return; // closed meanwhile
        }
    }

    private void read(SelectionKey key, ByteBuffer buffer) {
        try {
            int bytes = ((SocketChannel) key.channel()).read(buffer.clear());
            if (bytes >= 0) {
                readBytes.addAndGet(bytes);
                return;
            }
        } catch (IOException gone) {
            // as one that has ended
        }
        key.cancel();
        endedCount.incrementAndGet();
    }

    /** What came for those who read. */
    long readBytes() {
        return readBytes.get();
    }

    /** Of those who read, how many the daemon has let go. */
    int endedCount() {
        return endedCount.get();
    }

    @Override
    public void close() {
        try {
            selector.close();
            thread.join();
            for (SocketChannel channel : channels) {
                channel.close();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
