// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Io;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** Moves bytes between the pieces of memory of an Io and buffers. Owned by the loop. */
final class ClientMemory {
    private ClientMemory() {}

    /** Takes a piece of the Io's memory, by its place in the range. */
    private interface Piece {
        void take(MemorySegment memory, long at, int bytes);
    }

    /** Adds views of {@code bytes} bytes from {@code at} on. */
    static void slices(Io io, long at, long bytes, List<ByteBuffer> to) {
        each(
                io,
                at,
                bytes,
                (memory, from, count) -> to.add(memory.asSlice(from, count).asByteBuffer()));
    }

    /** Puts {@code count} bytes of {@code from} to {@code at}. */
    static void fill(Io io, long at, ByteBuffer from, int count) {
        io.copyFrom(at, MemorySegment.ofBuffer(from), 0, count);
        from.position(from.position() + count);
    }

    static void zero(Io io, long at, long bytes) {
        each(io, at, bytes, (memory, from, count) -> memory.asSlice(from, count).fill((byte) 0));
    }

    private static void each(Io io, long at, long bytes, Piece piece) {
        long skip = at;
        long left = bytes;
        for (int index = 0; left > 0; index++) {
            int pieceBytes = io.segmentBytes(index);
            if (skip >= pieceBytes) {
                skip -= pieceBytes;
                continue;
            }
            int count = (int) Math.min(pieceBytes - skip, left);
            piece.take(io.segmentMemory(index), io.segmentAt(index) + skip, count);
            left -= count;
            skip = 0;
        }
    }
}
