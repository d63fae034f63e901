// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;

/**
 * Records on their way from the loop to the thread that writes them: a bounded ring outside of the
 * heap. One thread claims and publishes, one other drains; neither waits and neither allocates.
 *
 * <p>Positions count bytes from the beginning of time; their remainder is the place in the memory.
 * A record lies in one piece: where the end of the memory is too near, a filler takes it.
 */
final class TraceRing {
    /** What {@link #claim} says when the record does not fit now. */
    static final long FULL = -1;

    /** So that a filler has room for the fields of a record. */
    private static final long ALIGN_BYTES = TraceRecord.FRAME_AT;

    private static final VarHandle HEAD = handle("head");
    private static final VarHandle TAIL = handle("tail");

    private final MemorySegment memory;
    private final long ringBytes;

    /** Up to here it is drained; written by the consumer. */
    @SuppressWarnings("unused") // through HEAD
    private long head;

    /** Up to here it is published; written by the producer. */
    @SuppressWarnings("unused") // through TAIL
    private long tail;

    private long claimedTail;
    private long seenHead;

    static {
        Check.that(Long.bitCount(ALIGN_BYTES) == 1, "records begin at multiples of a power of two");
    }

    private static VarHandle handle(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(TraceRing.class, field, long.class);
        } catch (ReflectiveOperationException bug) {
            throw new LinkageError("a position of a ring", bug);
        }
    }

    /**
     * @param ringBytes a power of two; a record up to half of it fits sooner or later
     */
    TraceRing(int ringBytes) {
        Check.that(Integer.bitCount(ringBytes) == 1, "the size of a ring is a power of two");
        this.ringBytes = ringBytes;
        memory = Arena.ofAuto().allocate(ringBytes, ALIGN_BYTES);
    }

    long ringBytes() {
        return ringBytes;
    }

    /** Where the records lie. */
    MemorySegment memory() {
        return memory;
    }

    /**
     * Room for a record of {@code recordBytes}, whose length it gets. On the producer's thread.
     *
     * @return where it begins in {@link #memory}, or {@link #FULL}
     */
    long claim(int recordBytes) {
        long needBytes = (recordBytes + ALIGN_BYTES - 1) & -ALIGN_BYTES;
        long at = claimedTail & (ringBytes - 1);
        long toEndBytes = ringBytes - at;
        long fillBytes = needBytes > toEndBytes ? toEndBytes : 0;
        long newTail = claimedTail + fillBytes + needBytes;
        if (newTail - seenHead > ringBytes) {
            seenHead = (long) HEAD.getAcquire(this);
            if (newTail - seenHead > ringBytes) {
                return FULL;
            }
        }
        if (fillBytes > 0) {
            TraceRecord.fill(memory, at, (int) fillBytes);
            at = 0;
        }
        TraceRecord.begin(memory, at, (int) needBytes);
        claimedTail = newTail;
        return at;
    }

    /** Hands on what was claimed. On the producer's thread. */
    void publish() {
        TAIL.setRelease(this, claimedTail);
    }

    /** Whether more than {@code bytes} wait. On the producer's thread. */
    boolean holdsMoreThan(long bytes) {
        if (claimedTail - seenHead <= bytes) {
            return false;
        }
        seenHead = (long) HEAD.getAcquire(this);
        return claimedTail - seenHead > bytes;
    }

    /** Up to where it is published. Any thread. */
    long published() {
        return (long) TAIL.getAcquire(this);
    }

    /** Up to where it is drained. On the consumer's thread. */
    long drained() {
        return (long) HEAD.getOpaque(this);
    }

    /**
     * Shows records that are published where they lie, the place of each free again afterwards. On
     * the consumer's thread.
     *
     * @return how many there were; fewer than {@code recordCountMax} when nothing is left
     */
    int drain(LongConsumer reader, int recordCountMax) {
        long end = published();
        long position = drained();
        int recordCount = 0;
        while (position < end && recordCount < recordCountMax) {
            long at = position & (ringBytes - 1);
            position += TraceRecord.recordBytes(memory, at);
            if (!TraceRecord.isFiller(memory, at)) {
                reader.accept(at);
                recordCount++;
            }
            HEAD.setRelease(this, position);
        }
        return recordCount;
    }
}
