// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The transmission phase from the server's side: the protocol document's "Transmission". Takes
 * requests in their order, starts what they ask of the device piece by piece as memory allows, and
 * answers in the order in which they end. Bytes in, bytes out; owned by the loop.
 *
 * <p>One request at a time asks for memory; the next header is not looked at before all of the
 * former request is under way. So the one chunk that a connection is sure of is enough to get on.
 */
final class NbdTransmission {
    private static final int SECTOR = BlockDevice.SECTOR_BYTES;

    private final NbdHandshake.Agreed agreed;
    private final ServedExport export;
    private final NbdReplies replies;
    private final NbdPieces pieces;
    private final NbdCounters counters;
    private final Deque<NbdRequest> free = new ArrayDeque<>();
    private int madeCount;

    /** The request that is not wholly under way yet. */
    private @Nullable NbdRequest starting;

    /** The chunk that the payload of {@link #starting} goes into, and where. */
    private @Nullable Chunk filling;

    private ByteBuffer fillTo = OutPiece.NOTHING;

    /** A refused write, to be answered behind its payload, and what is still to come of that. */
    private @Nullable NbdRequest refused;

    private long skipBytes;

    private boolean leaving;
    private boolean inputEnded;
    private @Nullable EndReason endReason;

    NbdTransmission(
            NbdHandshake.Agreed agreed, OutQueue out, ChunkPool pool, NbdCounters counters) {
        this.agreed = agreed;
        export = agreed.export();
        this.counters = counters;
        replies = new NbdReplies(agreed.structured(), out, counters, this::ended);
        pieces = new NbdPieces(export, pool, replies);
    }

    /** What ended the connection at once. */
    @Nullable
    EndReason endReason() {
        return endReason != null ? endReason : replies.endReason();
    }

    /** The client said DISC: nothing more is taken, what is under way is answered. */
    boolean leaving() {
        return leaving;
    }

    /**
     * The client is gone without a word: what it had asked for and was not begun never will be. A
     * newer connection may have asked for the same, and for more since.
     */
    void inputEnded() {
        inputEnded = true;
    }

    /** Whether no request is under way or waits for its reply to be sent. */
    boolean idle() {
        return free.size() == madeCount && filling == null;
    }

    /** Whether a request has begun to arrive whose payload is not all here. */
    boolean awaitsPayload() {
        NbdRequest request = starting;
        return refused != null || (request != null && request.type == NbdWire.CMD_WRITE);
    }

    /** Whether a request cannot get on without memory: a later turn may have some. */
    boolean wantsMemory() {
        return pieces.wantsMemory();
    }

    /** Whether there is some. */
    boolean canGoOn() {
        return pieces.wantsMemory() && pieces.hasMemory();
    }

    /** The connection is gone: what is under way ends by itself, nothing new begins. */
    void abandon() {
        leaving = true;
        Chunk half = filling;
        filling = null;
        NbdRequest request = starting;
        starting = null;
        if (half != null) {
            pieces.giveBack(half);
        }
        if (request != null) {
            pieces.abandon(request);
        }
        settleRefused();
        replies.abandon();
    }

    /** Takes from {@code in} what it can. @return whether anything happened */
    boolean advance(ByteBuffer in) {
        if (leaving || endReason() != null) {
            return false;
        }
        if (skipBytes > 0) {
            return skip(in);
        }
        NbdRequest request = starting;
        if (request == null) {
            return takeHeader(in);
        }
        boolean moved = request.type == NbdWire.CMD_WRITE ? fill(request, in) : start(request);
        if (request.allStarted() && filling == null) {
            starting = null;
        }
        return moved;
    }

    private boolean skip(ByteBuffer in) {
        int bytes = (int) Math.min(skipBytes, in.remaining());
        in.position(in.position() + bytes);
        skipBytes -= bytes;
        if (skipBytes == 0) {
            settleRefused();
        }
        return bytes > 0;
    }

    private void settleRefused() {
        NbdRequest request = refused;
        if (request != null) {
            refused = null;
            replies.settle(request);
        }
    }

    private boolean takeHeader(ByteBuffer in) {
        if (inputEnded || in.remaining() < NbdWire.REQUEST_BYTES) {
            return false;
        }
        if (in.getInt(in.position()) != NbdWire.REQUEST_MAGIC) {
            endReason = EndReason.MALFORMED;
            return true;
        }
        NbdRequest request = takeSlot();
        if (request == null) {
            return false;
        }
        in.getInt();
        request.read(in);
        counters.requests.increment();
        act(request);
        return true;
    }

    private @Nullable NbdRequest takeSlot() {
        if (free.isEmpty() && madeCount < Limits.REQUEST_COUNT_MAX) {
            madeCount++;
            free.push(new NbdRequest(this::admitted, replies::sent));
        }
        return free.poll();
    }

    /** The reply is sent; the slot is free again. */
    private void ended(NbdRequest request) {
        free.push(request);
    }

    private void act(NbdRequest request) {
        NbdError refusal = NbdRules.refusal(request, agreed);
        boolean write = request.type == NbdWire.CMD_WRITE;
        if (write && request.length > NbdWire.PAYLOAD_BYTES_MAX) {
            endReason = EndReason.PAYLOAD;
            free.push(request);
            return;
        }
        if (request.type == NbdWire.CMD_DISC) {
            leaving = true;
            free.push(request);
            return;
        }
        if (refusal != NbdError.NONE) {
            skipBytes = write ? request.length : 0;
            refuse(request, refusal);
            return;
        }
        if (request.type == NbdWire.CMD_BLOCK_STATUS) {
            request.startedTo = request.end();
            replies.blockStatus(request);
            return;
        }
        if (request.type == NbdWire.CMD_FLUSH) {
            request.startedTo = request.end();
            pieces.flush(request);
            return;
        }
        if (request.type == NbdWire.CMD_TRIM) {
            trim(request);
        }
        starting = request;
        if (request.allStarted()) {
            starting = null;
            pieces.settle(request);
        }
    }

    private void refuse(NbdRequest request, NbdError refusal) {
        request.startedTo = request.end();
        request.failed(refusal, request.offset);
        refused = request;
        if (skipBytes == 0) {
            settleRefused();
        }
    }

    /** Of a trim, which is a hint, only whole sectors are passed on. */
    private static void trim(NbdRequest request) {
        long first = (request.offset + SECTOR - 1) / SECTOR;
        long end = request.end() / SECTOR;
        request.startedTo = end > first ? first * SECTOR : request.end();
    }

    /** Takes payload of a write. @return whether anything happened */
    private boolean fill(NbdRequest request, ByteBuffer in) {
        Chunk chunk = filling;
        if (chunk == null) {
            long left = request.end() - request.startedTo;
            int bytes = (int) Math.min(left, Chunk.roomAt(request.startedTo));
            chunk = pieces.take(request, request.startedTo, bytes);
            if (chunk == null) {
                return false;
            }
            filling = chunk;
            fillTo = chunk.expose();
        }
        int bytes = Math.min(in.remaining(), fillTo.remaining());
        fillTo.put(in.slice(in.position(), bytes));
        in.position(in.position() + bytes);
        if (!fillTo.hasRemaining()) {
            filling = null;
            request.startedTo += chunk.bytes();
            counters.bytesWritten.add(chunk.bytes());
            pieces.write(chunk);
            return true;
        }
        return bytes > 0;
    }

    /** Starts the next piece of what has no payload. @return whether anything happened */
    private boolean start(NbdRequest request) {
        return switch (request.type) {
            case NbdWire.CMD_TRIM -> {
                long first = request.startedTo / SECTOR;
                request.startedTo = request.end();
                startRange(request, first, request.end() / SECTOR - first);
                yield true;
            }
            case NbdWire.CMD_WRITE_ZEROES -> startZeroes(request);
            default -> startRead(request);
        };
    }

    private boolean startRead(NbdRequest request) {
        long left = request.end() - request.startedTo;
        int bytes = (int) Math.min(left, Chunk.roomAt(request.startedTo));
        Chunk chunk = pieces.take(request, request.startedTo, bytes);
        if (chunk == null) {
            return pieces.commitStuck(request);
        }
        request.startedTo += bytes;
        pieces.read(chunk);
        return true;
    }

    /** Whole sectors at once, what is around them as writes of zeroes. */
    private boolean startZeroes(NbdRequest request) {
        long at = request.startedTo;
        long left = request.end() - at;
        if (at % SECTOR == 0 && left >= SECTOR) {
            request.startedTo += left - left % SECTOR;
            startRange(request, at / SECTOR, left / SECTOR);
            return true;
        }
        int bytes = (int) Math.min(left, SECTOR - at % SECTOR);
        Chunk chunk = pieces.take(request, at, bytes);
        if (chunk == null) {
            return false;
        }
        ByteBuffer to = chunk.expose();
        while (to.hasRemaining()) {
            to.put((byte) 0);
        }
        request.startedTo += bytes;
        pieces.write(chunk);
        return true;
    }

    private void startRange(NbdRequest request, long firstSector, long sectors) {
        boolean holeIsZero = export.device().capabilities().trim()
                && export.device().capabilities().zeroesAfterTrim();
        boolean trim = request.type == NbdWire.CMD_TRIM
                || (holeIsZero && !request.has(NbdWire.CMD_FLAG_NO_HOLE));
        IoOperation operation = trim ? IoOperation.TRIM : IoOperation.WRITE_ZEROES;
        request.io.prepare(operation, firstSector, sectors);
        request.underWay++;
        if (export.gate().enter(request.entry, firstSector, sectors, false)) {
            admitted(request);
        }
    }

    private void admitted(NbdRequest request) {
        Io io = request.io;
        export.device().submit(io.then(_ -> rangeDone(request)));
    }

    private void rangeDone(NbdRequest request) {
        export.gate().leave(request.entry);
        request.underWay--;
        request.failed(NbdError.of(request.io.status()), request.io.lba() * SECTOR);
        pieces.settle(request);
    }
}
