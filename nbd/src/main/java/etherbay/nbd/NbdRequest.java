// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Io;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A slot for one request of a client, from its header to the last byte of its reply. Made once.
 * Owned by the loop.
 */
final class NbdRequest {
    private static final int HEAD_BYTES = 64;

    final Io io = new Io(1);
    final RangeGate.Entry entry;
    final OutPiece out;

    int type;
    int flags;
    long cookie;
    long offset;
    long length;

    /** Of a request that has to be started piece by piece: where the next piece begins. */
    long startedTo;

    /** Ios under way, and chunks that wait at the gate. */
    int underWay;

    /** Pieces of the reply that are queued. */
    int queued;

    NbdError error = NbdError.NONE;

    /** Where the error happened. */
    long errorOffset;

    /** A read whose reply is one piece: its header is on the way, so it can no longer fail. */
    boolean committed;

    /** The reply is complete, all of it is queued. */
    boolean answered;

    /** Between its header and the end of its reply. */
    boolean live;

    /** A flush has to make a write durable, or has done so. */
    boolean flushing;

    /** Chunks of a read whose reply is one piece, by offset. */
    @Nullable
    Chunk firstChunk;

    @Nullable
    Chunk lastChunk;

    /**
     * @param admitted told when the gate lets {@link #entry} pass
     * @param sent told when {@link #out} is written
     */
    NbdRequest(Consumer<NbdRequest> admitted, Consumer<NbdRequest> sent) {
        entry = new RangeGate.Entry(() -> admitted.accept(this));
        out = new OutPiece(
                ByteBuffer.allocateDirect(HEAD_BYTES).limit(0),
                OutPiece.NOTHING,
                () -> sent.accept(this));
    }

    /** Takes the header of a request, its magic passed. */
    void read(ByteBuffer in) {
        flags = in.getShort() & 0xffff;
        type = in.getShort() & 0xffff;
        cookie = in.getLong();
        offset = in.getLong();
        length = in.getInt() & 0xffffffffL;
        startedTo = offset;
        underWay = 0;
        queued = 0;
        error = NbdError.NONE;
        errorOffset = offset;
        committed = false;
        live = true;
        answered = false;
        flushing = false;
        firstChunk = null;
        lastChunk = null;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    long end() {
        return offset + length;
    }

    boolean allStarted() {
        return startedTo == end();
    }

    /** The first error counts. */
    void failed(NbdError how, long at) {
        if (error == NbdError.NONE) {
            error = how;
            errorOffset = at;
        }
    }

    void append(Chunk chunk) {
        if (lastChunk == null) {
            firstChunk = chunk;
        } else {
            lastChunk.next = chunk;
        }
        lastChunk = chunk;
    }

    @Nullable
    Chunk pollChunk() {
        Chunk chunk = firstChunk;
        if (chunk != null) {
            firstChunk = chunk.next;
            lastChunk = firstChunk == null ? null : lastChunk;
            chunk.next = null;
        }
        return chunk;
    }
}
