// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The frames of one port: a bounded slab of slots, each of which holds any frame up to {@link
 * #FRAME_BYTES_MAX}. A port receives into free slots, lends them to be sent, and takes them back.
 * An empty pool is back pressure: the port leaves what arrives to the kernel's queue. Owned by one
 * loop.
 */
public final class FramePool {
    /** Holds a jumbo frame behind a page of which only the last bytes are used for the headers. */
    public static final int SLOT_BYTES = 16 * 1024;

    private static final int FRAME_AT = Frame.PAYLOAD_ALIGN_BYTES - Frame.PAYLOAD_AT;

    /** Longest frame that a slot holds. */
    public static final int FRAME_BYTES_MAX = SLOT_BYTES - FRAME_AT;

    /** Largest MTU that ports make use of; an interface with a larger one is used up to here. */
    public static final int MTU_MAX = FRAME_BYTES_MAX - 14;

    private final MemorySegment memory;
    private final Frame[] frames;
    private final Frame[] free;
    private int freeCount;
    private @Nullable Runnable whenAllFree;

    /**
     * @param frameCount slots; the memory is {@code frameCount * SLOT_BYTES}
     */
    public FramePool(Arena arena, EthernetPort port, int frameCount) {
        memory = arena.allocate((long) frameCount * SLOT_BYTES, Frame.PAYLOAD_ALIGN_BYTES);
        frames = new Frame[frameCount];
        free = new Frame[frameCount];
        for (int index = frameCount - 1; index >= 0; index--) {
            Frame frame = new Frame(this, (long) index * SLOT_BYTES + FRAME_AT, port);
            frames[index] = frame;
            free[freeCount++] = frame;
        }
    }

    /** All slots in one segment. */
    public MemorySegment memory() {
        return memory;
    }

    /** Slots that are free. */
    public int freeCount() {
        return freeCount;
    }

    /** For a port: a free slot to receive into; null when there is none. */
    public @Nullable Frame take() {
        if (freeCount == 0 || whenAllFree != null) {
            return null;
        }
        Frame frame = free[--freeCount];
        frame.use = Frame.Use.POLLED;
        return frame;
    }

    /** For a port: a frame for {@link EthernetPort#claim}; null when there is none. */
    public @Nullable Frame claim(int bytes) {
        Frame frame = take();
        if (frame != null) {
            frame.use = Frame.Use.HELD;
            frame.bytes(bytes);
        }
        return frame;
    }

    /**
     * For a port: hands a polled frame to the handler, and takes it back unless it was retained.
     */
    public void deliver(Frame frame, FrameHandler handler) {
        handler.onFrame(frame);
        if (frame.use == Frame.Use.POLLED) {
            free(frame);
        }
    }

    /** For a port: gives back a slot that it took and did not use. */
    public void giveBack(Frame frame) {
        Check.that(frame.use == Frame.Use.POLLED, "a port gives back what it took");
        free(frame);
    }

    /** For a port: a held frame is to be sent; its holder must not touch it any more. */
    public void committed(Frame frame) {
        Check.that(frame.use == Frame.Use.HELD, "only a held frame is committed");
        Check.that(frame.memory().equals(memory), "a frame is sent by the port that it belongs to");
        frame.use = Frame.Use.COMMITTED;
    }

    /** For a port: a committed frame left. */
    public void sent(Frame frame) {
        Check.that(frame.use == Frame.Use.COMMITTED, "only a committed frame is sent");
        free(frame);
    }

    void free(Frame frame) {
        Check.that(frame.use != Frame.Use.FREE, "a frame is given back once");
        frame.use = Frame.Use.FREE;
        frame.forgetTail();
        free[freeCount++] = frame;
        runWhenAllFree();
    }

    /**
     * For a port that closes: lends nothing any more. A disk may still write into a frame that is
     * held, so the memory may go only when all are back.
     *
     * @param allFree run once, when no frame is out; perhaps at once
     */
    public void retire(Runnable allFree) {
        Check.that(whenAllFree == null, "a pool is retired once");
        whenAllFree = allFree;
        runWhenAllFree();
    }

    private void runWhenAllFree() {
        if (whenAllFree != null && freeCount == frames.length) {
            whenAllFree.run();
        }
    }
}
