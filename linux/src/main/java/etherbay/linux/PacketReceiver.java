// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Frame;
import etherbay.base.FramePool;
import etherbay.base.SenderQueues;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;

/**
 * Receives frames straight into the slots of the pool, a few at a time: larger batches make both
 * ends of a connection take turns instead of working at once. Owned by the loop of the port.
 */
final class PacketReceiver {
    static final int FRAME_COUNT_MAX = 8;

    private final int fd;
    private final FramePool pool;
    private final PacketCounters counters;
    private final MessageVector vector;
    private final long timespec;
    private final @Nullable Frame[] slots = new Frame[FRAME_COUNT_MAX];
    private int slotCount;
    private long lastNs = Long.MIN_VALUE;

    PacketReceiver(int fd, FramePool pool, PacketCounters counters, Arena arena) {
        this.fd = fd;
        this.pool = pool;
        this.counters = counters;
        vector = new MessageVector(arena, FRAME_COUNT_MAX);
        timespec = arena.allocate(Layouts.TIMESPEC).address();
    }

    /** Whether there is a slot to receive into. */
    boolean hasRoom() {
        return slotCount > 0 || pool.freeCount() > 0;
    }

    /** Adds what is there to {@code queues}. @return frames, {@link #FRAME_COUNT_MAX} at most */
    int receive(SenderQueues queues) {
        takeSlots();
        if (slotCount == 0) {
            return 0;
        }
        int count = QuietLibc.recvmmsg(fd, vector.address(), slotCount, Constants.MSG_DONTWAIT, 0);
        if (count <= 0) {
            // Nothing there, or ENETDOWN, which is told once: the news of the link say more.
            return 0;
        }
        long nowNs = KernelTime.sample(timespec);
        int taken = slotCount;
        slotCount = 0;
        for (int index = 0; index < count; index++) {
            arrived(index, queues, nowNs);
        }
        // What was not used moves to the front; it is set up anew, as its place has changed.
        for (int index = count; index < taken; index++) {
            Frame frame = slot(index);
            slots[index] = null;
            put(frame);
        }
        return count;
    }

    /** Gives its slots back; nothing is received any more. */
    void close() {
        while (slotCount > 0) {
            Frame frame = slot(--slotCount);
            slots[slotCount] = null;
            pool.giveBack(frame);
        }
    }

    private void takeSlots() {
        while (slotCount < FRAME_COUNT_MAX) {
            Frame frame = pool.take();
            if (frame == null) {
                return;
            }
            put(frame);
        }
    }

    private void put(Frame frame) {
        slots[slotCount] = frame;
        long address = frame.memory().address() + frame.at();
        vector.put(slotCount, address, FramePool.FRAME_BYTES_MAX);
        vector.expectStamp(slotCount);
        slotCount++;
    }

    private Frame slot(int index) {
        Frame frame = slots[index];
        if (frame == null) {
            throw new AssertionError("a slot below the count holds a frame");
        }
        return frame;
    }

    private void arrived(int index, SenderQueues queues, long nowNs) {
        Frame frame = slot(index);
        slots[index] = null;
        if (vector.truncated(index)) {
            counters.truncated.increment();
            pool.giveBack(frame);
            return;
        }
        frame.arrived(vector.bytes(index), receivedNs(vector.stamp(index), nowNs));
        counters.received.increment();
        queues.add(frame);
    }

    /**
     * Never before an earlier frame of this port. A stamp may seem to lie in the future by as much
     * as the offset may be wrong, and is left so: cut off at the present, frames of two ports would
     * be ordered by when they were polled. More than that is a step of the wall clock.
     */
    private long receivedNs(long stamp, long nowNs) {
        long latestNs = nowNs + KernelTime.ERROR_NS_MAX;
        long whenNs = stamp == 0 ? nowNs : Math.min(latestNs, KernelTime.monotonicNs(stamp));
        lastNs = Math.max(lastNs, whenNs);
        return lastNs;
    }
}
