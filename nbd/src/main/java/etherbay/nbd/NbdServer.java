// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockDevice;
import etherbay.base.ChannelWatcher;
import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.Doorkeeper;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.base.LoopPart;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;

/**
 * Serves devices over NBD on one socket, TCP or Unix: the subset of the protocol that
 * {@code docs/protocols/nbd.md} lists. Owned by the loop of its devices; all reading and writing
 * happens there and never blocks, one thread in a selector wakes it.
 *
 * <p><b>Life.</b> {@link #open} on any thread; {@link #attach} and {@link #close} on the loop. The
 * devices are not closed: whoever owns them does that after {@link #close}, when they are quiet.
 *
 * <p><b>Bounds.</b> {@link Limits}: connections, requests and bytes of each, and one pool of memory
 * for all, of which each connection is sure of a part.
 */
public final class NbdServer implements LoopPart, AutoCloseable {
    /** When a listening socket is tried again that could not accept: the process has no files. */
    private static final long ACCEPT_RETRY_NS = 100_000_000;

    /**
     * Where and how.
     *
     * @param keeper of the socket, beyond the life of the server
     * @param connectionCountMax further connections are closed as they come
     */
    public record Settings(
            NbdAddress address, NbdTls tls, Doorkeeper keeper, int connectionCountMax) {
        public Settings {
            Check.that(connectionCountMax > 0, "a server takes connections");
        }

        public static Settings of(NbdAddress address, NbdTls tls) {
            return of(address, tls, Doorkeeper.NOBODY);
        }

        public static Settings of(NbdAddress address, NbdTls tls, Doorkeeper keeper) {
            return new Settings(address, tls, keeper, Limits.CONNECTION_COUNT_MAX);
        }
    }

    private final Settings settings;
    private final Loop loop;
    private final NbdCounters counters;
    private final List<ServedExport> exports = new ArrayList<>();
    private final ChunkPool pool =
            new ChunkPool(Limits.SHARED_CHUNK_COUNT_MAX, Limits.CONNECTION_CHUNK_COUNT_MAX);
    private final Arena arena = Arena.ofShared();
    private final Deque<ByteBuffer> inputs = new ArrayDeque<>();
    private final List<NbdConnection> connections = new ArrayList<>();
    private final List<NbdConnection> leaving = new ArrayList<>();
    private final NbdListener listener;
    private final ChannelWatcher watcher;
    private final ChannelWatcher.Watched watchedListener;
    private boolean accepting = true;
    private long acceptAtNs = Long.MAX_VALUE;
    private boolean attached;
    private boolean closed;

    private NbdServer(
            Settings settings, Loop loop, List<NbdExport> served, Door door, NbdCounters counters) {
        this.settings = settings;
        this.loop = loop;
        listener = door.listener;
        watcher = door.watcher;
        watchedListener = door.watched;
        this.counters = counters;
        IdentityHashMap<BlockDevice, ServedExport> byDevice = new IdentityHashMap<>();
        for (NbdExport export : served) {
            ServedExport first = byDevice.get(export.device());
            ServedExport one =
                    first == null ? new ServedExport(export) : new ServedExport(export, first);
            byDevice.putIfAbsent(export.device(), one);
            exports.add(one);
        }
    }

    /** A socket that listens, and who watches it. */
    private record Door(
            NbdListener listener, ChannelWatcher watcher, ChannelWatcher.Watched watched) {
        static Door open(Settings settings, Loop loop) {
            NbdListener listener = NbdListener.listen(settings.address(), settings.keeper());
            boolean watched = false;
            try {
                Door door = watch(listener, loop);
                watched = true;
                return door;
            } finally {
                if (!watched) {
                    closeQuietly(listener);
                }
            }
        }

        private static Door watch(NbdListener listener, Loop loop) {
            ChannelWatcher watcher =
                    new ChannelWatcher(listener.address().toString(), loop::wakeUp);
            try {
                return new Door(listener, watcher, watcher.watch(listener.channel()));
            } catch (IOException cause) {
                watcher.close();
                throw new AssertionError("a new socket can be watched", cause);
            }
        }
    }

    /**
     * Listens; clients are served from {@link #attach} on. Any thread; may wait for the address of
     * a name.
     *
     * @param exports the first one is also that of clients that name none
     * @param counters get {@code nbd...}
     * @throws EtherbayException NOT_FOUND, DENIED or CONFLICT
     */
    public static NbdServer open(
            Settings settings, Loop loop, List<NbdExport> exports, Counters counters) {
        Check.that(!exports.isEmpty(), "a server serves something");
        return new NbdServer(
                settings, loop, exports, Door.open(settings, loop), new NbdCounters(counters));
    }

    /** Where it listens, with the port that the system chose. */
    public NbdAddress address() {
        return listener.address();
    }

    /** Begins to serve; on the loop, or before it runs. */
    public void attach() {
        Check.that(!attached && !closed, "a server is attached once");
        attached = true;
        loop.add(this);
    }

    @Override
    public int poll(long nowNs) {
        int work = 0;
        if (!closed) {
            work += accept(nowNs);
        }
        for (int index = 0; index < connections.size(); index++) {
            work += connections.get(index).poll(nowNs);
        }
        work += removeEnded();
        counters.chunks.set(pool.madeCount());
        return work;
    }

    private int accept(long nowNs) {
        boolean ready = watchedListener.takeReady();
        if (!ready && !accepting && nowNs < acceptAtNs) {
            return 0;
        }
        acceptAtNs = Long.MAX_VALUE;
        accepting = true;
        int count = 0;
        ServerSocketChannel from = listener.channel();
        try {
            while (count < Limits.ACCEPT_COUNT_MAX) {
                SocketChannel channel = from.accept();
                if (channel == null) {
                    accepting = false;
                    break;
                }
                count++;
                admit(channel, nowNs);
            }
        } catch (IOException noFiles) {
            accepting = false;
            acceptAtNs = nowNs + ACCEPT_RETRY_NS;
        }
        return count;
    }

    private void admit(SocketChannel channel, long nowNs) throws IOException {
        counters.accepted.increment();
        if (connections.size() + leaving.size() >= settings.connectionCountMax()) {
            counters.refused.increment();
            channel.close();
            return;
        }
        ChannelWatcher.Watched watched;
        try {
            channel.configureBlocking(false);
            TcpOptions.set(channel);
            watched = watcher.watch(channel);
        } catch (IOException goneAlready) {
            channel.close();
            return;
        }
        NbdSession session = new NbdSession(exports, settings.tls().mode(), pool, counters);
        connections.add(new NbdConnection(
                watched,
                channel,
                session,
                takeInput(),
                new NbdConnection.Terms(nowNs + Limits.HANDSHAKE_NS, this::startTls)));
        counters.connections.set(connections.size());
    }

    private Transport startTls(SocketChannel channel, ByteBuffer received) {
        return new TlsTransport(channel, settings.tls().serverEngine(), received, loop::wakeUp);
    }

    private ByteBuffer takeInput() {
        ByteBuffer input = inputs.poll();
        return input == null ? arena.allocate(Limits.INPUT_BYTES).asByteBuffer() : input.clear();
    }

    private int removeEnded() {
        int count = 0;
        for (Iterator<NbdConnection> each = connections.iterator(); each.hasNext(); ) {
            NbdConnection connection = each.next();
            EndReason reason = connection.endReason();
            if (reason != null) {
                each.remove();
                end(connection, reason);
                count++;
            }
        }
        for (Iterator<NbdConnection> each = leaving.iterator(); each.hasNext(); ) {
            NbdConnection connection = each.next();
            if (connection.isGone()) {
                each.remove();
                inputs.push(connection.input());
                count++;
            }
        }
        if (closed && leaving.isEmpty()) {
            retire();
        }
        return count;
    }

    private void end(NbdConnection connection, EndReason reason) {
        counters.ended(reason);
        counters.connections.set(connections.size());
        connection.close();
        leaving.add(connection);
    }

    @Override
    public void flush(long nowNs) {
        for (int index = 0; index < connections.size(); index++) {
            connections.get(index).flush();
        }
    }

    @Override
    public long nextDeadlineNs() {
        long deadlineNs = acceptAtNs;
        for (int index = 0; index < connections.size(); index++) {
            deadlineNs = Math.min(deadlineNs, connections.get(index).deadlineNs());
        }
        return deadlineNs;
    }

    @Override
    public boolean readyToIdle() {
        if (closed) {
            return true;
        }
        boolean quiet = !accepting;
        if (acceptAtNs == Long.MAX_VALUE) {
            watchedListener.arm(SelectionKey.OP_ACCEPT);
        }
        for (int index = 0; index < connections.size(); index++) {
            quiet &= connections.get(index).readyToIdle();
        }
        return quiet;
    }

    /**
     * Stops: no client is served any more. What is under way at the devices ends there; its memory
     * is given up then. On the loop.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        closeQuietly(listener);
        watchedListener.forget();
        for (NbdConnection connection : connections) {
            counters.ended(EndReason.STOPPED);
            connection.close();
            leaving.add(connection);
        }
        connections.clear();
        counters.connections.set(0);
        watcher.close();
        leaving.removeIf(NbdConnection::isGone);
        if (leaving.isEmpty()) {
            retire();
        }
    }

    private static void closeQuietly(NbdListener listener) {
        try {
            listener.close();
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
            return;
        }
    }

    private void retire() {
        if (attached) {
            attached = false;
            loop.remove(this);
        }
        exports.forEach(ServedExport::close);
        exports.clear();
        if (pool.heldCount() == 0 && arena.scope().isAlive()) {
            pool.close();
            arena.close();
        }
    }
}
