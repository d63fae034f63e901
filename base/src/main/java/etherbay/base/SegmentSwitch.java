// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * An Ethernet segment without privileges, for any number of processes and QEMU guests: a learning
 * switch that listens on a unix stream socket, with QEMU's framing ({@link FrameStream}). One
 * thread, in {@link #run}, owns everything.
 *
 * <p>Each frame that comes in meets its {@link Impairment} once, then goes to where its destination
 * was heard of last, else to everybody but its sender. A client has a bounded queue; what does not
 * fit is dropped, so that one who does not read holds nobody up. One who sends what is no frame is
 * disconnected.
 */
public final class SegmentSwitch implements AutoCloseable {
    /** Clients at most; each has 0.6 MiB of buffers. */
    public static final int CLIENT_COUNT_MAX = 256;

    /** IPv4's smallest (RFC 791); nothing useful is below. */
    public static final int MTU_MIN = 68;

    private static final int VLAN_TAG_BYTES = 4;
    private static final int TIMER_COUNT_MAX = 256;

    /** No descriptor was left for a client: the next look. */
    private static final long ACCEPT_RETRY_NS = 1_000_000_000;

    private static final long MILLI_NS = 1_000_000;

    /** A selector sleeps whole milliseconds; below that, naps of so much between two looks. */
    private static final long NAP_NS = 50_000;

    /**
     * What the segment is like.
     *
     * @param mtu largest Ethernet payload that passes; longer frames are dropped
     * @param seed of the impairment's chance: the same frames in the same order meet the same fate
     */
    public record Settings(
            PortAddress.UnixSocket address, int mtu, Impairment.Settings impairment, long seed) {
        public Settings {
            if (mtu < MTU_MIN || mtu > FramePool.MTU_MAX) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "an MTU of " + mtu,
                        "frames of a segment carry %d to %d bytes"
                                .formatted(MTU_MIN, FramePool.MTU_MAX),
                        "give 1500, 9000 or what else the segment shall carry");
            }
        }
    }

    private final Settings settings;
    private final Clock clock;
    private final SwitchCounters counters;
    private final SegmentSocket socket;
    private final Selector selector;
    private final Impairment impairment;
    private final Arena arena = Arena.ofShared();
    private final Timers timers = new Timers();
    private final Timers.Timer acceptTimer = timers.timer(this::acceptAgain);
    private final DelayedFrames delayed;
    private final MacTable table = new MacTable();
    private final @Nullable SwitchClient[] clients = new SwitchClient[CLIENT_COUNT_MAX];
    private final Consumer<SelectionKey> readyKeys = this::ready;
    private @Nullable Thread thread;
    private long nowNs;
    private volatile boolean stopped;

    /**
     * Listens; clients that connect are served once it runs.
     *
     * @param counters get {@code segment.*}
     * @throws EtherbayException when it cannot listen there, with the reason
     */
    public SegmentSwitch(Settings settings, Clock clock, Counters counters) {
        this.settings = settings;
        this.clock = clock;
        this.counters = new SwitchCounters(counters);
        impairment = new Impairment(settings.impairment(), new Prng(settings.seed()));
        delayed = new DelayedFrames(arena, timers, frameBytesMax(), this::forward);
        socket = SegmentSocket.listen(settings.address());
        try {
            selector = Selector.open();
            socket.channel().register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot serve " + settings.address(),
                    String.valueOf(cause.getMessage()),
                    "raise the limit of open files (`ulimit -n`)");
        }
    }

    public Settings settings() {
        return settings;
    }

    /** Runs on a thread of its own until {@link #close}. */
    public SegmentSwitch start() {
        thread = Thread.ofPlatform().name("segment " + settings.address()).start(this::run);
        return this;
    }

    /** Serves until {@link #stop}, then disconnects everybody and removes the socket. */
    public void run() {
        try {
            while (!stopped) {
                turn(true);
            }
            for (SwitchClient client : clients) {
                if (client != null) {
                    leave(client);
                }
            }
            selector.close();
            socket.close();
            arena.close();
        } catch (IOException cause) {
            throw new UncheckedIOException("the socket of " + settings.address(), cause);
        }
    }

    /** Ends {@link #run}; any thread. */
    public void stop() {
        stopped = true;
        selector.wakeup();
    }

    /** Stops, and waits for the thread of {@link #start}. */
    @Override
    public void close() {
        stop();
        Thread running = thread;
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Serves what is there; tests turn it by hand. */
    void turn(boolean mayWait) throws IOException {
        if (mayWait) {
            select();
        } else {
            selector.selectNow(readyKeys);
        }
        nowNs = clock.nanoTime();
        timers.expire(nowNs, TIMER_COUNT_MAX);
        for (SwitchClient client : clients) {
            if (client != null && client.stream.pending()) {
                flush(client);
            }
        }
    }

    private void select() throws IOException {
        long deadlineNs = timers.nextDeadlineNs();
        nowNs = clock.nanoTime();
        if (deadlineNs == Long.MAX_VALUE) {
            selector.select(readyKeys);
            return;
        }
        long leftNs = deadlineNs - nowNs;
        if (leftNs >= MILLI_NS) {
            selector.select(readyKeys, leftNs / MILLI_NS);
            return;
        }
        if (selector.selectNow(readyKeys) == 0 && leftNs > 0) {
            LockSupport.parkNanos(Math.min(leftNs, NAP_NS));
        }
    }

    private void ready(SelectionKey key) {
        nowNs = clock.nanoTime();
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept(key);
            return;
        }
        SwitchClient client = (SwitchClient) key.attachment();
        if (key.isReadable()) {
            read(client);
        }
        if (key.isValid() && key.isWritable()) {
            flush(client);
        }
    }

    private void accept(SelectionKey key) {
        try {
            SocketChannel channel = socket.channel().accept();
            if (channel != null) {
                join(channel);
            }
        } catch (IOException noDescriptor) {
            counters.clientsRefused.increment();
            key.interestOps(0);
            acceptTimer.at(nowNs + ACCEPT_RETRY_NS);
        }
    }

    private void acceptAgain() {
        SelectionKey key = socket.channel().keyFor(selector);
        if (key != null && key.isValid()) {
            key.interestOps(SelectionKey.OP_ACCEPT);
        }
    }

    private void join(SocketChannel channel) throws IOException {
        for (int port = 0; port < clients.length; port++) {
            if (clients[port] == null) {
                channel.configureBlocking(false);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                clients[port] = new SwitchClient(port, channel, key);
                counters.clientsJoined.increment();
                return;
            }
        }
        channel.close();
        counters.clientsRefused.increment();
    }

    private void leave(SwitchClient client) {
        if (clients[client.port] == client) {
            clients[client.port] = null;
            table.forget(client.port);
            client.close();
            counters.clientsLeft.increment();
        }
    }

    private void flush(SwitchClient client) {
        try {
            client.flush();
        } catch (IOException gone) {
            leave(client);
        }
    }

    /** Once a readiness, so that nobody gets more than his turn. */
    private void read(SwitchClient client) {
        boolean open;
        try {
            open = client.stream.fill();
        } catch (IOException gone) {
            open = false;
        }
        FrameStream stream = client.stream;
        int bytes = stream.frameBytes();
        while (bytes > 0) {
            receive(client.port, stream.frameMemory(), stream.frameAt(), bytes);
            if (clients[client.port] != client) {
                return;
            }
            stream.skipFrame(bytes);
            bytes = stream.frameBytes();
        }
        if (bytes == FrameStream.MALFORMED) {
            counters.framesMalformed.increment();
        }
        if (!open || bytes == FrameStream.MALFORMED) {
            leave(client);
        }
    }

    private int frameBytesMax() {
        return settings.mtu() + StationFilter.HEADER_BYTES + VLAN_TAG_BYTES;
    }

    private void receive(int fromPort, MemorySegment memory, long at, int bytes) {
        counters.framesReceived.increment();
        if (bytes < StationFilter.HEADER_BYTES) {
            counters.framesRunt.increment();
            return;
        }
        if (bytes > frameBytesMax()) {
            counters.framesOversize.increment();
            return;
        }
        table.learn(MacAddress.read(memory, at + MacAddress.BYTES), fromPort, nowNs);
        impairment.next();
        int copies = impairment.copies();
        counters.impaired(copies);
        for (int copy = 0; copy < copies; copy++) {
            long delayNs = impairment.delayNs(copy);
            if (delayNs == 0) {
                forward(fromPort, memory, at, bytes);
            } else if (!delayed.hold(fromPort, memory, at, bytes, nowNs + delayNs)) {
                counters.framesDroppedDelay.increment();
            }
        }
    }

    private void forward(int fromPort, MemorySegment memory, long at, int bytes) {
        int known = table.port(MacAddress.read(memory, at), nowNs);
        if (known != MacTable.UNKNOWN) {
            if (known != fromPort) {
                send(known, memory, at, bytes);
            }
            return;
        }
        for (int port = 0; port < clients.length; port++) {
            if (port != fromPort) {
                send(port, memory, at, bytes);
            }
        }
    }

    private void send(int port, MemorySegment memory, long at, int bytes) {
        SwitchClient client = clients[port];
        if (client == null) {
            return;
        }
        try {
            boolean queued = client.stream.append(memory, at, bytes);
            (queued ? counters.framesSent : counters.framesDroppedFull).increment();
        } catch (IOException gone) {
            leave(client);
        }
    }
}
