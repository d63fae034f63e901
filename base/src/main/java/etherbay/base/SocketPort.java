// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A port on a segment without privileges: a client of the stream socket on which a {@link
 * SegmentSwitch} or QEMU ({@code -netdev stream,server=on}) listens, with QEMU's framing. Owned by
 * one loop, which does all reading and writing; a {@link ChannelWatcher} wakes it.
 *
 * <p>The link is up while the socket is connected. When nobody listens, or the other end goes away
 * or sends what is no frame, the link is down and the port tries again, at first soon and then once
 * a second; what is sent meanwhile vanishes and is counted. Frames carry the time at which they
 * were read: what waited in the socket is older than that.
 */
public final class SocketPort implements EthernetPort {
    /** The first wait before another attempt to connect; doubled each time. */
    private static final long RETRY_NS_MIN = 20_000_000;

    private static final long RETRY_NS_MAX = 1_000_000_000;

    /** Frames to receive into and to send: more than an export's queue and the replies in it. */
    private static final int FRAME_COUNT = 256;

    /** Frames handed on in one turn. */
    private static final int POLL_COUNT_MAX = 64;

    /** As much as Linux lets lie in a unix socket by default, and some. */
    private static final int BUFFER_BYTES = 256 * 1024;

    /** Makes two ports of one process, opened in the same nanosecond, differ. */
    private static final AtomicLong OPENED_COUNT = new AtomicLong();

    /**
     * Which port.
     *
     * @param mac its address
     * @param mtu largest Ethernet payload that it sends, at most {@link FramePool#MTU_MAX}: that of
     *     the segment, which nothing on the socket tells
     */
    public record Settings(PortAddress.UnixSocket address, MacAddress mac, int mtu) {
        public static final int MTU_DEFAULT = 9000;

        public Settings {
            Check.that(mtu > 0 && mtu <= FramePool.MTU_MAX, "the frames of a port fit its pool");
        }

        /** A port with an address of its own, locally administered, and the default MTU. */
        public static Settings of(PortAddress.UnixSocket address, Clock clock) {
            long seed = clock.nanoTime() * 31
                    ^ Long.rotateLeft(clock.wallMillis(), 20)
                    ^ Long.rotateLeft(ProcessHandle.current().pid(), 40)
                    ^ Long.rotateLeft(OPENED_COUNT.incrementAndGet(), 56);
            return new Settings(
                    address, MacAddress.locallyAdministered(new Prng(seed)), MTU_DEFAULT);
        }
    }

    private final Settings settings;
    private final Clock clock;
    private final StationFilter filter;
    private final ChannelWatcher watcher;
    private final Arena arena = Arena.ofShared();
    private final FramePool pool;
    private final FrameStream stream;
    private final List<Listener> listeners = new ArrayList<>();
    private final SocketCounters counters;
    private @Nullable FrameHandler handler;
    private @Nullable SocketChannel channel;
    private ChannelWatcher.@Nullable Watched watched;
    private long retryAtNs;
    private long retryNs = RETRY_NS_MIN;

    /** As counted, of what the stream has written. */
    private long sentCount;

    private int mtu;
    private boolean closed;

    /**
     * @param wakeUp what makes the owning loop turn: {@code loop::wakeUp}
     * @param counters get {@code port.unix:PATH.frames.received, sent, malformed, dropped...} and
     *     {@code port.unix:PATH.disconnected}
     */
    public SocketPort(Settings settings, Clock clock, Runnable wakeUp, Counters counters) {
        this.settings = settings;
        mtu = settings.mtu();
        this.clock = clock;
        retryAtNs = clock.nanoTime();
        filter = new StationFilter(settings.mac());
        watcher = new ChannelWatcher(settings.address().toString(), wakeUp);
        pool = new FramePool(arena, this, FRAME_COUNT);
        stream = new FrameStream(arena, FramePool.FRAME_BYTES_MAX, BUFFER_BYTES, BUFFER_BYTES);
        this.counters = new SocketCounters(settings.address(), counters);
    }

    @Override
    public int poll(long nowNs) {
        if (closed) {
            return 0; // a turn goes on to who left during it
        }
        if (channel == null) {
            return nowNs >= retryAtNs && connect(nowNs) ? 1 : 0;
        }
        int frames = deliver(nowNs, POLL_COUNT_MAX);
        if (frames == POLL_COUNT_MAX || pool.freeCount() == 0 || channel == null) {
            return frames;
        }
        try {
            if (!stream.fill()) {
                disconnect(nowNs);
                return frames + 1;
            }
        } catch (IOException gone) {
            disconnect(nowNs);
            return frames + 1;
        }
        return frames + deliver(clock.nanoTime(), POLL_COUNT_MAX - frames);
    }

    private boolean connect(long nowNs) {
        retryAtNs = nowNs + retryNs;
        retryNs = Math.min(retryNs * 2, RETRY_NS_MAX);
        SocketChannel opened = tryConnect();
        if (opened == null) {
            return false;
        }
        channel = opened;
        stream.attach(opened);
        tellListeners();
        return true;
    }

    private void tellListeners() {
        for (int index = 0; index < listeners.size() && !closed; index++) {
            listeners.get(index).changed(this);
        }
    }

    /** A connected channel; null when nobody listens, or too many wait in front of us. */
    private @Nullable SocketChannel tryConnect() {
        SocketChannel opened = null;
        boolean connected = false;
        try {
            opened = SocketChannel.open(StandardProtocolFamily.UNIX);
            opened.configureBlocking(false);
            connected =
                    opened.connect(UnixDomainSocketAddress.of(settings.address().path()));
            if (connected) {
                watched = watcher.watch(opened);
            }
        } catch (IOException refused) {
            connected = false;
        }
        if (!connected) {
            closeQuietly(opened);
            return null;
        }
        return opened;
    }

    private int deliver(long readNs, int frameCountMax) {
        FrameHandler to = handler;
        int frames = 0;
        while (to != null && frames < frameCountMax && channel != null) {
            int bytes = stream.frameBytes();
            if (bytes == FrameStream.MALFORMED) {
                counters.malformed.increment();
                disconnect(readNs);
                break;
            }
            Frame frame = bytes == FrameStream.NONE ? null : pool.take();
            if (frame == null) {
                break;
            }
            frames++;
            retryNs = RETRY_NS_MIN;
            receive(frame, bytes, readNs, to);
        }
        return frames;
    }

    private void receive(Frame frame, int bytes, long readNs, FrameHandler to) {
        MemorySegment memory = stream.frameMemory();
        long at = stream.frameAt();
        stream.skipFrame(bytes);
        if (filter.accepts(memory, at, bytes)) {
            counters.received.increment();
            MemorySegment.copy(memory, at, frame.memory(), frame.at(), bytes);
            frame.arrived(bytes, readNs);
            pool.deliver(frame, to);
        } else {
            boolean aoe = StationFilter.isAoe(memory, at, bytes);
            (aoe ? counters.droppedStation : counters.droppedEtherType).increment();
            pool.giveBack(frame);
        }
    }

    private void disconnect(long nowNs) {
        SocketChannel lost = channel;
        if (lost == null) {
            return;
        }
        channel = null;
        forgetFrames();
        closeQuietly(lost);
        if (watched != null) {
            watched.forget();
            watched = null;
        }
        retryAtNs = nowNs + retryNs;
        counters.disconnected.increment();
        tellListeners();
    }

    private void forgetFrames() {
        counters.droppedLink.add(stream.unwrittenCount());
        counters.droppedClosed.add(stream.unreadCount());
        stream.attach(null);
    }

    private static void closeQuietly(@Nullable SocketChannel lost) {
        try {
            if (lost != null) {
                lost.close();
            }
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
            return;
        }
    }

    @Override
    public boolean readyToIdle() {
        ChannelWatcher.Watched present = watched;
        if (channel == null || present == null) {
            return true;
        }
        boolean room = pool.freeCount() > 0;
        if (room && stream.frameBytes() != FrameStream.NONE) {
            return false;
        }
        present.arm(
                (room ? SelectionKey.OP_READ : 0) | (stream.pending() ? SelectionKey.OP_WRITE : 0));
        return true;
    }

    @Override
    public long nextDeadlineNs() {
        return channel == null && !closed ? retryAtNs : Long.MAX_VALUE;
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        Counter reason = dropReason(frame);
        if (reason != null) {
            reason.increment();
        }
        pool.sent(frame);
    }

    /** Queues the frame; null when that went well. */
    private @Nullable Counter dropReason(Frame frame) {
        if (frame.bytes() > mtu + StationFilter.HEADER_BYTES) {
            return counters.droppedTooLong;
        }
        if (channel == null) {
            return counters.droppedLink;
        }
        try {
            boolean queued = stream.append(frame.memory(), frame.at(), frame.bytes());
            return queued ? null : counters.droppedFull;
        } catch (IOException gone) {
            disconnect(clock.nanoTime());
            return counters.droppedLink;
        }
    }

    @Override
    public void flush(long nowNs) {
        if (channel == null) {
            return;
        }
        try {
            stream.flush();
        } catch (IOException gone) {
            disconnect(nowNs);
        }
        counters.sent.add(stream.writtenCount() - sentCount);
        sentCount = stream.writtenCount();
    }

    @Override
    public String name() {
        return settings.address().toString();
    }

    @Override
    public MacAddress mac() {
        return filter.mac();
    }

    @Override
    public void addSourceMac(MacAddress mac) {
        filter.add(mac);
    }

    @Override
    public void removeSourceMac(MacAddress mac) {
        filter.remove(mac);
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /** From now on it sends payloads of at most {@code bytes}; listeners hear of a change. */
    public void limitMtu(int bytes) {
        Check.that(bytes > 0 && bytes <= FramePool.MTU_MAX, "the frames of a port fit its pool");
        if (bytes != mtu) {
            mtu = bytes;
            tellListeners();
        }
    }

    @Override
    public boolean linkUp() {
        return channel != null;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void onFrames(FrameHandler taker) {
        handler = taker;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            forgetFrames();
            closeQuietly(channel);
            channel = null;
            watcher.close();
            pool.retire(arena::close);
        }
    }
}
