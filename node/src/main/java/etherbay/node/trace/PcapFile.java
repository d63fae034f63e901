// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A capture file that is being written, of any number of exports. It is bounded: before it would
 * grow beyond its limit it becomes {@code FILE.1}, in place of an older one, and a new one begins.
 * What cannot be written ends it with one line in the log; the exports go on serving.
 *
 * <p>Opened by control code, then owned by the writer's thread; {@link #failure} is for any thread.
 */
final class PcapFile {
    private static final Logger LOG = System.getLogger(PcapFile.class.getName());

    /** Written to the system at once: some of the largest frames, many of the usual ones. */
    private static final int BUFFER_BYTES = 256 * 1024;

    private final Path path;
    private final long fileBytesMax;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment bufferMemory = MemorySegment.ofBuffer(buffer);
    private FileChannel channel;
    private long fileBytes;
    private int lastArrival = Arrivals.NONE;
    private volatile @Nullable String failure;

    private PcapFile(Path path, FileChannel channel, long fileBytesMax) {
        this.path = path;
        this.channel = channel;
        this.fileBytesMax = fileBytesMax;
        begin();
    }

    /**
     * Begins the file. An older trace of that name becomes {@code FILE.1}.
     *
     * @throws etherbay.base.EtherbayException as {@link TraceFile#open}
     */
    static PcapFile open(Path path, long fileBytesMax) {
        return new PcapFile(path, TraceFile.open(path), fileBytesMax);
    }

    private void begin() {
        buffer.put(PcapFormat.header());
        fileBytes = PcapFormat.HEADER_BYTES;
    }

    /** Why nothing is written any more; null while all is well. */
    @Nullable
    String failure() {
        return failure;
    }

    /**
     * Takes the frame of a record, once, however many exports were shown it.
     *
     * @param wallNs when, in nanoseconds since 1970
     * @return false when it is not taken because the file has failed
     */
    boolean append(MemorySegment ring, long at, long wallNs) {
        if (failure != null) {
            return false;
        }
        int arrival = TraceRecord.arrival(ring, at);
        if (arrival != Arrivals.NONE) {
            if (arrival == lastArrival) {
                return true;
            }
            lastArrival = arrival;
        }
        int capturedBytes = TraceRecord.capturedBytes(ring, at);
        int recordBytes = PcapFormat.RECORD_HEADER_BYTES + capturedBytes;
        Check.that(recordBytes <= BUFFER_BYTES, "a frame fits the buffer of its file");
        try {
            if (fileBytes + recordBytes > fileBytesMax) {
                rotate();
            }
            if (recordBytes > buffer.remaining()) {
                write();
            }
        } catch (IOException refused) {
            fail(refused);
            return false;
        }
        PcapFormat.putRecordHeader(buffer, wallNs, capturedBytes, TraceRecord.frameBytes(ring, at));
        MemorySegment.copy(
                ring, at + TraceRecord.FRAME_AT, bufferMemory, buffer.position(), capturedBytes);
        buffer.position(buffer.position() + capturedBytes);
        fileBytes += recordBytes;
        return true;
    }

    private void rotate() throws IOException {
        write();
        channel.close();
        TraceFile.setAside(path);
        channel = TraceFile.create(path);
        begin();
    }

    private void write() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** What was taken is in the file. */
    void flush() {
        if (failure == null) {
            try {
                write();
            } catch (IOException refused) {
                fail(refused);
            }
        }
    }

    /** Ends the file with all that was taken. */
    void close() {
        flush();
        if (failure == null) {
            closeChannel();
            failure = "it is closed";
        }
    }

    private void fail(IOException refused) {
        failure = String.valueOf(refused);
        LOG.log(
                Level.WARNING,
                "tracing into " + path + " has ended: " + refused + "; serving goes on."
                        + " Make room, then switch trace-io off and on again");
        closeChannel();
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException late) {
            LOG.log(Level.WARNING, "the end of " + path + " may not be written: " + late);
        }
    }
}
