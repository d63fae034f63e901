// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Check;
import etherbay.base.Clock;
import etherbay.base.Frame;
import etherbay.target.FrameTrace;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last frames of one export, kept in memory while somebody wants them: the newest take the
 * place of the oldest. It shows them on to another trace, where there is one.
 *
 * <p>{@link #received} and {@link #sent} on the loop, without waiting or allocating; {@link
 * #writeTo} on any other thread meanwhile: what is overwritten while it is copied is left out.
 */
public final class FrameRing implements FrameTrace {
    /** Some hundred jumbo frames, or ten thousands of short ones. */
    private static final int DATA_BYTES = 8 << 20;

    private static final int RECORD_COUNT = 1 << 14;
    private static final int FIELD_COUNT = 4;
    private static final long NS_PER_MS = 1_000_000;
    private static final VarHandle COUNT;

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(FrameRing.class, "count", long.class);
        } catch (ReflectiveOperationException missing) {
            throw new LinkageError("a field of this class", missing);
        }
    }

    private final Clock clock;
    private final @Nullable FrameTrace next;
    private final MemorySegment data = Arena.ofAuto().allocate(DATA_BYTES);

    /** Of each record: when it was, where its bytes begin, how many are here, how many it had. */
    private final long[] records = new long[RECORD_COUNT * FIELD_COUNT];

    /** Bytes that were ever put; a record never wraps round the end of the memory. */
    private long putBytes;

    /** Records that were ever begun; published by {@link #COUNT} when they are whole. */
    @SuppressWarnings("unused") // by COUNT
    private long count;

    /** Bytes below which nothing may be read any more; published before they are overwritten. */
    private volatile long overwrittenBytes;

    /**
     * @param next sees all frames too; null for nobody
     */
    public FrameRing(Clock clock, @Nullable FrameTrace next) {
        this.clock = clock;
        this.next = next;
    }

    @Override
    public void received(Frame frame) {
        put(frame, Math.min(frame.receivedNs(), clock.nanoTime()));
        if (next != null) {
            next.received(frame);
        }
    }

    @Override
    public void sent(Frame frame) {
        put(frame, clock.nanoTime());
        if (next != null) {
            next.sent(frame);
        }
    }

    private void put(Frame frame, long timeNs) {
        int bytes = frame.bytes();
        Check.that(bytes <= DATA_BYTES / 4, "every frame fits the ring");
        long at = putBytes % DATA_BYTES;
        if (at + bytes > DATA_BYTES) {
            putBytes += DATA_BYTES - at; // it begins at the start again
            at = 0;
        }
        overwrittenBytes = putBytes + bytes - DATA_BYTES;
        VarHandle.fullFence(); // before any of it is
        MemorySegment.copy(frame.memory(), frame.at(), data, at, bytes);
        long number = (long) COUNT.get(this);
        int slot = (int) (number % RECORD_COUNT) * FIELD_COUNT;
        records[slot] = timeNs;
        records[slot + 1] = putBytes;
        records[slot + 2] = bytes;
        records[slot + 3] = number;
        putBytes += bytes;
        COUNT.setRelease(this, number + 1);
    }

    /**
     * Writes what it holds as a capture file.
     *
     * @param sinceNs frames before this, in {@code Clock.nanoTime}, are left out
     * @return how many frames were written
     */
    public long writeTo(OutputStream out, long sinceNs) throws IOException {
        long wallOffsetNs = clock.wallMillis() * NS_PER_MS - clock.nanoTime();
        out.write(PcapFormat.header());
        long end = (long) COUNT.getAcquire(this);
        long writtenCount = 0;
        // The last of the slots may be under way.
        for (long number = Math.max(0, end - RECORD_COUNT + 1); number < end; number++) {
            byte[] record = record(number, sinceNs, wallOffsetNs);
            if (record.length > 0) {
                out.write(record);
                writtenCount++;
            }
        }
        return writtenCount;
    }

    /** Empty for one that is gone, or too old. */
    private byte[] record(long number, long sinceNs, long wallOffsetNs) {
        int slot = (int) (number % RECORD_COUNT) * FIELD_COUNT;
        long timeNs = records[slot];
        long from = records[slot + 1];
        int bytes = (int) records[slot + 2];
        VarHandle.loadLoadFence();
        boolean torn = records[slot + 3] != number
                || (long) COUNT.getAcquire(this) - number >= RECORD_COUNT;
        if (torn || timeNs < sinceNs) {
            return new byte[0];
        }
        byte[] record = new byte[PcapFormat.RECORD_HEADER_BYTES + bytes];
        ByteBuffer header = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        PcapFormat.putRecordHeader(header, timeNs + wallOffsetNs, bytes, bytes);
        MemorySegment.copy(
                data,
                ValueLayout.JAVA_BYTE,
                from % DATA_BYTES,
                record,
                PcapFormat.RECORD_HEADER_BYTES,
                bytes);
        VarHandle.loadLoadFence();
        return from < overwrittenBytes ? new byte[0] : record;
    }
}
