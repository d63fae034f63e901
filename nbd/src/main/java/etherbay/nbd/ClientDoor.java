// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** How a client gets in: the first connection, which waits, and the sockets of later ones. */
final class ClientDoor {
    /** A server that was asked what the disk is. */
    record Opened(SocketAddress address, ClientNegotiation.Terms terms) {}

    private static final int INPUT_BYTES = 64 * 1024;
    private static final int GATHER_COUNT = 8;

    private ClientDoor() {}

    /** Connects, negotiates, and leaves again. Blocks for {@link Limits#HANDSHAKE_NS} at most. */
    static Opened open(NbdUri uri, Clock clock) {
        SocketAddress address = address(uri);
        long deadlineNs = clock.nanoTime() + Limits.HANDSHAKE_NS;
        try (Selector selector = Selector.open();
                SocketChannel channel = begin(address)) {
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
            while (!channel.isConnected() && !channel.finishConnect()) {
                await(uri, selector, deadlineNs - clock.nanoTime());
            }
            key.interestOps(SelectionKey.OP_READ);
            return new Opened(address, negotiate(uri, channel, selector, clock, deadlineNs));
        } catch (IOException cause) {
            throw unavailable(uri, String.valueOf(cause.getMessage()));
        }
    }

    private static ClientNegotiation.Terms negotiate(
            NbdUri uri, SocketChannel channel, Selector selector, Clock clock, long deadlineNs)
            throws IOException {
        ClientNegotiation negotiation = new ClientNegotiation(uri);
        ByteBuffer input = ByteBuffer.allocate(INPUT_BYTES);
        ByteBuffer[] gathered = new ByteBuffer[GATHER_COUNT];
        ClientNegotiation.Terms terms = null;
        while (terms == null) {
            await(uri, selector, deadlineNs - clock.nanoTime());
            if (channel.read(input) < 0) {
                throw new IOException("it ended the connection while we negotiated");
            }
            input.flip();
            while (negotiation.advance(input)) {
                OutQueue out = negotiation.output();
                channel.write(gathered, 0, out.gather(gathered));
                out.releaseTaken();
            }
            input.compact();
            terms = negotiation.terms();
        }
        return terms;
    }

    private static void await(NbdUri uri, Selector selector, long leftNs) throws IOException {
        if (leftNs <= 0) {
            throw unavailable(
                    uri,
                    "it did not answer for "
                            + TimeUnit.NANOSECONDS.toSeconds(Limits.HANDSHAKE_NS)
                            + " s");
        }
        selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNs)));
        selector.selectedKeys().clear();
    }

    private static SocketAddress address(NbdUri uri) {
        return switch (uri.server()) {
            case NbdAddress.Unix(Path path) -> UnixDomainSocketAddress.of(path);
            case NbdAddress.Tcp(String host, int port) -> {
                try {
                    yield new InetSocketAddress(InetAddress.getByName(host), port);
                } catch (UnknownHostException cause) {
                    throw unavailable(uri, "`" + host + "` is no name that this machine knows");
                }
            }
        };
    }

    /** A socket that connects, not blocking. */
    static SocketChannel begin(SocketAddress address) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        SocketChannel channel =
                unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        boolean begun = false;
        try {
            channel.configureBlocking(false);
            TcpOptions.set(channel);
            channel.connect(address);
            begun = true;
            return channel;
        } finally {
            if (!begun) {
                closeQuietly(channel);
            }
        }
    }

    static void closeQuietly(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
            return;
        }
    }

    private static EtherbayException unavailable(NbdUri uri, String why) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "no disk at " + uri,
                why,
                "start the server, and see that it answers: nbdinfo '" + uri + "'");
    }
}
