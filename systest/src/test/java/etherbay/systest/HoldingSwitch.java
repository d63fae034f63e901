// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A learning switch on a unix socket, with QEMU's framing, that holds what some stations send, or
 * keeps a copy of it, and delivers that when a test says so, as often as it says so. A thread for
 * each client; a test's thread asks.
 */
final class HoldingSwitch implements AutoCloseable {
    private static final int HEADER_BYTES = 14;
    private static final int FRAME_BYTES_MAX = 9100;

    /** What is done with frames of the stations that are watched. */
    private enum Watch {
        NOTHING,
        HOLD,
        COPY
    }

    private final ServerSocketChannel listener;
    private final List<Client> clients = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private final Map<String, Client> table = new HashMap<>();
    private final List<AoeWrite> kept = new ArrayList<>();
    private final Set<String> refused = new HashSet<>(); // target and tag
    private Watch watch = Watch.NOTHING;
    private Set<String> stations = Set.of();

    HoldingSwitch(Path socket) {
        try {
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().name("switch").daemon().start(this::accept);
    }

    /** One that is plugged in. */
    private final class Client {
        private final SocketChannel channel;

        Client(SocketChannel channel) {
            this.channel = channel;
        }

        void run() {
            ByteBuffer size = ByteBuffer.allocate(Integer.BYTES);
            try (channel) {
                while (true) {
                    fill(size.clear());
                    int bytes = size.flip().getInt();
                    if (bytes < HEADER_BYTES || bytes > FRAME_BYTES_MAX) {
                        throw new IOException(bytes + " bytes are no frame");
                    }
                    ByteBuffer frame = ByteBuffer.allocate(bytes);
                    fill(frame);
                    arrived(this, frame.flip());
                }
            } catch (IOException gone) {
                clients.remove(this);
            }
        }

        private void fill(ByteBuffer buffer) throws IOException {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new EOFException();
                }
            }
        }

        synchronized void send(ByteBuffer frame) {
            ByteBuffer all = ByteBuffer.allocate(Integer.BYTES + frame.remaining());
            all.putInt(frame.remaining()).put(frame.duplicate()).flip();
            try {
                while (all.hasRemaining()) {
                    channel.write(all);
                }
            } catch (IOException gone) {
                clients.remove(this);
            }
        }
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                Client client = new Client(listener.accept());
                clients.add(client);
                Thread.ofPlatform().daemon().start(client::run);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void arrived(Client from, ByteBuffer frame) {
        if (isKept(from, frame)) {
            return;
        }
        forward(from, frame);
    }

    /** @return whether it is held */
    private synchronized boolean isKept(Client from, ByteBuffer frame) {
        String source = AoeWrite.station(frame, 6);
        table.put(source, from);
        AoeWrite.answer(frame).ifPresent(answer -> {
            if (answer.isError()) {
                refused.add(source + " " + answer.tag());
            }
        });
        if (watch == Watch.NOTHING || !stations.contains(source)) {
            return false;
        }
        Optional<AoeWrite> write = AoeWrite.of(frame);
        write.ifPresent(kept::add);
        return write.isPresent() && watch == Watch.HOLD;
    }

    private void forward(Client from, ByteBuffer frame) {
        Client known;
        synchronized (this) {
            known = table.get(AoeWrite.station(frame, 0));
        }
        if (known != null) {
            known.send(frame);
        } else {
            clients.stream().filter(client -> client != from).forEach(client -> client.send(frame));
        }
    }

    // What a test does.

    /** From now on no write of these stations arrives; each is kept. All else goes through. */
    void hold(Set<String> of) {
        watch(Watch.HOLD, of);
    }

    /** From now on a copy of each write of these stations is kept. */
    void copy(Set<String> of) {
        watch(Watch.COPY, of);
    }

    private synchronized void watch(Watch what, Set<String> of) {
        watch = what;
        stations = Set.copyOf(of);
        kept.clear();
        refused.clear();
    }

    /** All goes through; what was kept stays kept. */
    synchronized void pass() {
        watch = Watch.NOTHING;
    }

    synchronized List<AoeWrite> kept() {
        return List.copyOf(kept);
    }

    /** Delivers these, late. */
    void deliver(List<AoeWrite> writes) {
        synchronized (this) {
            refused.clear();
        }
        for (AoeWrite write : writes) {
            Client to;
            synchronized (this) {
                to = Optional.ofNullable(table.get(write.target())).orElseThrow();
            }
            to.send(ByteBuffer.wrap(write.frame()));
        }
    }

    /** Of these, how many were refused by their target since they were delivered. */
    synchronized long refusedCount(List<AoeWrite> writes) {
        return writes.stream()
                .filter(write -> refused.contains(write.target() + " " + write.tag()))
                .count();
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Client client : clients) {
                client.channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
