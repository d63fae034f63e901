// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;

/**
 * Frames on a stream, as QEMU's {@code -netdev stream} has them: each behind its length, 4 bytes,
 * big endian. Both directions are buffered and bounded; a frame is queued whole or not at all.
 * Never waits. Owned by the thread of its port or switch; the memory is its arena's.
 */
final class FrameStream {
    /** What {@link #frameBytes} says when no whole frame is there. */
    static final int NONE = 0;

    /** What it says when the length is none: the stream cannot be understood any further. */
    static final int MALFORMED = -1;

    private static final ValueLayout.OfInt LENGTH =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int LENGTH_BYTES = 4;

    private final int frameBytesMax;
    private final MemorySegment in;
    private final ByteBuffer inBuffer;
    private final MemorySegment out;
    private final ByteBuffer outBuffer;
    private @Nullable SocketChannel channel;
    private int inHead;
    private int inTail;
    private int outHead;
    private int outTail;

    /** Where the oldest frame begins of which something is still to be written; not after head. */
    private int outFrame;

    private long writtenCount;

    /**
     * @param frameBytesMax longer frames are malformed; both buffers hold one at least
     */
    FrameStream(Arena arena, int frameBytesMax, int inBytes, int outBytes) {
        Check.that(
                Math.min(inBytes, outBytes) >= frameBytesMax + LENGTH_BYTES,
                "the buffers of a stream hold a frame");
        this.frameBytesMax = frameBytesMax;
        in = arena.allocate(inBytes);
        inBuffer = in.asByteBuffer();
        out = arena.allocate(outBytes);
        outBuffer = out.asByteBuffer();
    }

    /** Begins anew on another channel (non-blocking), or on none. */
    void attach(@Nullable SocketChannel stream) {
        channel = stream;
        inHead = 0;
        inTail = 0;
        outHead = 0;
        outTail = 0;
        outFrame = 0;
    }

    /** Frames that came and were not looked at; without the one of which only a part is here. */
    int unreadCount() {
        return frameCount(in, inHead, inTail);
    }

    /** Frames that are queued and not, or not wholly, written. */
    int unwrittenCount() {
        return frameCount(out, outFrame, outTail);
    }

    /** Whole frames from there on, up to one whose length is none. */
    private int frameCount(MemorySegment frames, int from, int to) {
        int count = 0;
        int at = from;
        while (to - at > LENGTH_BYTES) {
            int bytes = frames.get(LENGTH, at);
            if (bytes <= 0 || bytes > to - at - LENGTH_BYTES) {
                break;
            }
            at += LENGTH_BYTES + bytes;
            count++;
        }
        return count;
    }

    /** Frames wholly written so far, on all channels. */
    long writtenCount() {
        return writtenCount;
    }

    /** Reads once what is there. @return false at the end of the stream */
    boolean fill() throws IOException {
        SocketChannel stream = channel;
        if (stream == null) {
            return false;
        }
        if (inHead == inTail) {
            inHead = 0;
            inTail = 0;
        } else if (in.byteSize() - inHead < frameBytesMax + LENGTH_BYTES) {
            MemorySegment.copy(in, inHead, in, 0, inTail - inHead);
            inTail -= inHead;
            inHead = 0;
        }
        inBuffer.limit(inBuffer.capacity()).position(inTail);
        if (!inBuffer.hasRemaining()) {
            return true;
        }
        int read = stream.read(inBuffer);
        inTail += Math.max(read, 0);
        return read >= 0;
    }

    /** Length of the frame that is next, or {@link #NONE} or {@link #MALFORMED}. */
    int frameBytes() {
        int have = inTail - inHead;
        if (have < LENGTH_BYTES) {
            return NONE;
        }
        int bytes = in.get(LENGTH, inHead);
        if (bytes <= 0 || bytes > frameBytesMax) {
            return MALFORMED;
        }
        return have - LENGTH_BYTES >= bytes ? bytes : NONE;
    }

    MemorySegment frameMemory() {
        return in;
    }

    /** Where in {@link #frameMemory} the frame that is next begins. */
    long frameAt() {
        return (long) inHead + LENGTH_BYTES;
    }

    /** Done with the frame of {@code bytes} that was next. */
    void skipFrame(int bytes) {
        inHead += LENGTH_BYTES + bytes;
    }

    /** Queues a frame. @return false when there is no room, and the frame is not sent */
    boolean append(MemorySegment memory, long at, int bytes) throws IOException {
        int needBytes = LENGTH_BYTES + bytes;
        if (channel == null || !makeRoom(needBytes)) {
            return false;
        }
        out.set(LENGTH, outTail, bytes);
        MemorySegment.copy(memory, at, out, (long) outTail + LENGTH_BYTES, bytes);
        outTail += needBytes;
        return true;
    }

    private boolean makeRoom(int needBytes) throws IOException {
        if (outTail + needBytes <= out.byteSize()) {
            return true;
        }
        flush();
        if (outFrame > 0 && outTail - outFrame + needBytes <= out.byteSize()) {
            MemorySegment.copy(out, outFrame, out, 0, outTail - outFrame);
            outTail -= outFrame;
            outHead -= outFrame;
            outFrame = 0;
        }
        return outTail + needBytes <= out.byteSize();
    }

    /** Writes what is queued as far as it goes. @return whether all went */
    boolean flush() throws IOException {
        if (outHead < outTail && channel != null) {
            outBuffer.limit(outTail).position(outHead);
            outHead += channel.write(outBuffer);
            countWritten();
        }
        if (outHead == outTail) {
            outHead = 0;
            outTail = 0;
            outFrame = 0;
        }
        return outTail == 0;
    }

    private void countWritten() {
        int next = outFrame;
        while (next < outHead) {
            next += LENGTH_BYTES + out.get(LENGTH, next);
            if (next <= outHead) {
                outFrame = next;
                writtenCount++;
            }
        }
    }

    /** Whether queued frames wait to be written. */
    boolean pending() {
        return outTail > 0;
    }
}
