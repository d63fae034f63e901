// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A port of a {@link Segment}. Its frames and handler belong to its loop; its arrival queue and its
 * addresses, which senders on other threads touch, are guarded by the segment.
 */
final class SegmentPort implements EthernetPort {
    /** Frames to receive into and to send: more than an export's queue and the replies in it. */
    private static final int FRAME_COUNT = 256;

    /** Arrivals that wait for the loop. */
    private static final int QUEUE_COUNT = 256;

    /** Arrivals handed on in one turn. */
    private static final int POLL_COUNT_MAX = 64;

    private final Segment segment;
    private final int number;
    private final String name;
    private final Runnable wakeUp;
    private final StationFilter filter;
    private final Arena arena = Arena.ofShared();
    private final FramePool pool;
    private final Frame[] committed = new Frame[FRAME_COUNT];
    private int committedCount;
    private @Nullable FrameHandler handler;
    private boolean closed;

    /** Guarded by the segment: a ring of slots. */
    private final MemorySegment queue;

    private final int slotBytes;
    private final int[] queuedBytes = new int[QUEUE_COUNT];
    private final long[] queuedNs = new long[QUEUE_COUNT];
    private int queueHead;
    private int queueCount;

    SegmentPort(Segment segment, int number, String name, MacAddress mac, Runnable wakeUp) {
        this.segment = segment;
        this.number = number;
        this.name = name;
        this.wakeUp = wakeUp;
        filter = new StationFilter(mac);
        pool = new FramePool(arena, this, FRAME_COUNT);
        slotBytes = segment.mtu() + StationFilter.HEADER_BYTES;
        queue = arena.allocate((long) QUEUE_COUNT * slotBytes);
    }

    int number() {
        return number;
    }

    /** Under the segment's lock, on the sender's thread. */
    void arrive(MemorySegment memory, long at, int bytes, long nowNs) {
        if (!filter.accepts(memory, at, bytes)) {
            segment.filtered(StationFilter.isAoe(memory, at, bytes));
            return;
        }
        if (queueCount == QUEUE_COUNT) {
            segment.full();
            return;
        }
        int slot = (queueHead + queueCount) % QUEUE_COUNT;
        MemorySegment.copy(memory, at, queue, (long) slot * slotBytes, bytes);
        queuedBytes[slot] = bytes;
        queuedNs[slot] = nowNs;
        queueCount++;
        wakeUp.run();
    }

    @Override
    public int poll(long nowNs) {
        FrameHandler to = handler;
        if (to == null) {
            return 0;
        }
        int frames = 0;
        while (frames < POLL_COUNT_MAX && !closed) {
            Frame frame = next();
            if (frame == null) {
                break;
            }
            pool.deliver(frame, to);
            frames++;
        }
        return frames;
    }

    /** The oldest arrival in a frame of its own; null when there is none, or no frame for it. */
    private @Nullable Frame next() {
        synchronized (segment) {
            Frame frame = queueCount == 0 ? null : pool.take();
            if (frame != null) {
                int bytes = queuedBytes[queueHead];
                long from = (long) queueHead * slotBytes;
                MemorySegment.copy(queue, from, frame.memory(), frame.at(), bytes);
                frame.arrived(bytes, queuedNs[queueHead]);
                queueHead = (queueHead + 1) % QUEUE_COUNT;
                queueCount--;
            }
            return frame;
        }
    }

    @Override
    public boolean readyToIdle() {
        synchronized (segment) {
            return closed || queueCount == 0 || pool.freeCount() == 0;
        }
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        if (closed) {
            segment.dropClosed(1);
            pool.sent(frame);
            return;
        }
        committed[committedCount++] = frame;
    }

    @Override
    public void flush(long nowNs) {
        for (int index = 0; index < committedCount; index++) {
            Frame frame = committed[index];
            segment.carry(this, frame.memory(), frame.at(), frame.bytes());
            pool.sent(frame);
        }
        committedCount = 0;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public MacAddress mac() {
        return filter.mac();
    }

    @Override
    public void addSourceMac(MacAddress mac) {
        synchronized (segment) {
            filter.add(mac);
        }
    }

    @Override
    public void removeSourceMac(MacAddress mac) {
        synchronized (segment) {
            filter.remove(mac);
        }
    }

    @Override
    public int mtu() {
        return segment.mtu();
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    /** Nothing of this port ever changes. */
    @Override
    public void listen(Listener listener) {}

    @Override
    public void onFrames(FrameHandler taker) {
        handler = taker;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        segment.unplug(this);
        segment.dropClosed(committedCount + queueCount); // nobody else knows us any more
        for (int index = 0; index < committedCount; index++) {
            pool.sent(committed[index]);
        }
        committedCount = 0;
        pool.retire(arena::close);
    }
}
