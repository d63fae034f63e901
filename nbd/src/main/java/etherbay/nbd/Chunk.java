// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A piece of memory for a part of a request, with the Io that moves it and its place in the output.
 * Room for sectors, page-aligned; behind them two sectors to read what lies around a write that
 * begins or ends within a sector; and a head for a reply. Owned by the loop.
 *
 * <p>{@link #place} says which bytes of the disk it is for; the whole sectors around them are at
 * the start of the memory.
 */
final class Chunk {
    /** Who is told. */
    interface Owner {
        /** The Io has ended. */
        void moved(Chunk chunk, Io io);

        /** An edge, or the gate, lets it go on. */
        void admitted(Chunk chunk);

        /** Its bytes are written to the peer, or will never be. */
        void sent(Chunk chunk);
    }

    /** What a write of parts of sectors is about to do next. */
    enum Step {
        HEAD,
        TAIL,
        WHOLE
    }

    private static final int SECTOR = BlockDevice.SECTOR_BYTES;
    private static final int HEAD_BYTES = 64;
    private static final int PAGE_BYTES = 4096;
    private static final long EDGE_AT = Limits.CHUNK_BYTES;
    private static final long HEAD_AT = EDGE_AT + 2L * SECTOR;

    private final MemorySegment memory;
    private final ByteBuffer data;
    private final OutPiece out;
    private final Io io = new Io(1);
    private final Io.Completion moved = this::moved;
    private final RangeGate.Entry entry = new RangeGate.Entry(this::admitted);
    private @Nullable Owner owner;
    private @Nullable NbdRequest request;
    private long offset;
    private int bytes;
    private Step step = Step.WHOLE;

    /** The next of the same request, in the order of offsets. */
    @Nullable
    Chunk next;

    /** Whether its data has come from the disk. */
    boolean ready;

    Chunk(Arena arena) {
        memory = arena.allocate(HEAD_AT + HEAD_BYTES, PAGE_BYTES);
        data = memory.asSlice(0, Limits.CHUNK_BYTES).asByteBuffer();
        out = new OutPiece(
                memory.asSlice(HEAD_AT, HEAD_BYTES).asByteBuffer().limit(0), data, this::sent);
    }

    /** Most bytes that fit when they begin at {@code offset}. */
    static int roomAt(long offset) {
        return Limits.CHUNK_BYTES - (int) (offset % SECTOR);
    }

    /** Makes it the chunk of these bytes of the disk, and hands out the memory to fill. */
    ByteBuffer place(Owner whose, NbdRequest part, long offsetBytes, int byteCount) {
        Check.that(
                byteCount > 0 && byteCount <= roomAt(offsetBytes), "a chunk holds what it is for");
        owner = whose;
        request = part;
        offset = offsetBytes;
        bytes = byteCount;
        next = null;
        ready = false;
        out.head().clear().limit(0);
        return expose();
    }

    /** The bytes that were asked for, all of them. */
    ByteBuffer expose() {
        int skip = (int) (offset % SECTOR);
        return data.clear().position(skip).limit(skip + bytes);
    }

    NbdRequest request() {
        NbdRequest whose = request;
        Check.that(whose != null, "a chunk that is placed has a request");
        return whose;
    }

    long offset() {
        return offset;
    }

    int bytes() {
        return bytes;
    }

    OutPiece out() {
        return out;
    }

    Io io() {
        return io;
    }

    RangeGate.Entry entry() {
        return entry;
    }

    long firstSector() {
        return offset / SECTOR;
    }

    long sectors() {
        return (offset + bytes + SECTOR - 1) / SECTOR - firstSector();
    }

    /** Whether it begins or ends within a sector. */
    boolean hasEdges() {
        return headBytes() > 0 || tailBytes() > 0;
    }

    /** Bytes of the first sector in front of ours. */
    private int headBytes() {
        return (int) (offset % SECTOR);
    }

    /** Bytes of the last sector behind ours. */
    private int tailBytes() {
        return (int) (sectors() * SECTOR - headBytes() - bytes);
    }

    Step step() {
        return step;
    }

    /** Prepares the Io for all sectors. */
    Io whole(IoOperation operation) {
        step = Step.WHOLE;
        return io.prepare(operation, firstSector(), sectors())
                .segment(memory, 0, (int) (sectors() * SECTOR))
                .then(moved);
    }

    /** Prepares the Io that reads the next edge a write needs; null when it has them. */
    @Nullable
    Io nextEdge(boolean begin) {
        boolean oneSector = sectors() == 1;
        if (begin && (headBytes() > 0 || oneSector)) {
            return edge(Step.HEAD, firstSector(), EDGE_AT);
        }
        boolean afterHead = step == Step.HEAD && !begin;
        if (tailBytes() > 0 && (begin || (afterHead && !oneSector))) {
            return edge(Step.TAIL, firstSector() + sectors() - 1, EDGE_AT + SECTOR);
        }
        return null;
    }

    private Io edge(Step which, long sector, long at) {
        step = which;
        return io.prepare(IoOperation.READ, sector, 1)
                .segment(memory, at, SECTOR)
                .then(moved);
    }

    /** Puts the edges that were read around our bytes. */
    void mergeEdges() {
        MemorySegment.copy(memory, EDGE_AT, memory, 0, headBytes());
        int tail = tailBytes();
        long lastAt = (sectors() == 1 ? EDGE_AT : EDGE_AT + SECTOR) + SECTOR - tail;
        MemorySegment.copy(memory, lastAt, memory, headBytes() + (long) bytes, tail);
    }

    private void moved(Io ended) {
        if (owner != null) {
            owner.moved(this, ended);
        }
    }

    private void admitted() {
        if (owner != null) {
            owner.admitted(this);
        }
    }

    private void sent() {
        if (owner != null) {
            owner.sent(this);
        }
    }
}
