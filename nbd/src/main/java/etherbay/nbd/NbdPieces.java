// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

/**
 * Moves the pieces of requests between memory and device: reads, writes with the sectors around
 * what is no whole sector, and the flush that makes a write durable where the device cannot do that
 * with the write. Owned by the loop.
 */
final class NbdPieces implements Chunk.Owner {
    private final ServedExport export;
    private final BlockDevice device;
    private final ChunkPool pool;
    private final NbdReplies replies;
    private final ChunkPool.Account account = new ChunkPool.Account();
    private boolean refused;

    NbdPieces(ServedExport export, ChunkPool pool, NbdReplies replies) {
        this.export = export;
        device = export.device();
        this.pool = pool;
        this.replies = replies;
    }

    /** Whether the last one who asked for memory got none. */
    boolean wantsMemory() {
        return refused;
    }

    boolean hasMemory() {
        return pool.has(account);
    }

    /**
     * A chunk for that part of a request, which holds the request open; null when there is none.
     */
    @Nullable
    Chunk take(NbdRequest request, long offset, int bytes) {
        Chunk chunk = pool.take(account);
        refused = chunk == null;
        if (chunk != null) {
            chunk.place(this, request, offset, bytes);
            request.underWay++;
        }
        return chunk;
    }

    /** A chunk that nothing has been done with. */
    void giveBack(Chunk chunk) {
        chunk.request().underWay--;
        pool.giveBack(account, chunk);
    }

    /** Ends a request that is not all under way. */
    void abandon(NbdRequest request) {
        refused = false;
        request.startedTo = request.end();
        request.failed(NbdError.ESHUTDOWN, request.offset);
        if (request.underWay == 0) {
            dropChunks(request);
        }
        replies.settle(request);
    }

    void read(Chunk chunk) {
        if (chunk.request().type == NbdWire.CMD_READ && replies.inOnePiece(chunk.request())) {
            chunk.request().append(chunk);
        }
        device.submit(chunk.whole(IoOperation.READ));
    }

    void write(Chunk chunk) {
        boolean alone = chunk.hasEdges();
        if (export.gate().enter(chunk.entry(), chunk.firstSector(), chunk.sectors(), alone)) {
            admitted(chunk);
        }
    }

    @Override
    public void admitted(Chunk chunk) {
        Io edge = chunk.hasEdges() ? chunk.nextEdge(true) : null;
        if (edge != null) {
            device.submit(edge);
        } else {
            writeWhole(chunk);
        }
    }

    private void writeWhole(Chunk chunk) {
        boolean fua = chunk.request().type == NbdWire.CMD_WRITE
                && chunk.request().has(NbdWire.CMD_FLAG_FUA)
                && device.capabilities().fua();
        device.submit(chunk.whole(IoOperation.WRITE).fua(fua));
    }

    @Override
    public void moved(Chunk chunk, Io io) {
        if (io.operation() == IoOperation.READ && chunk.step() == Chunk.Step.WHOLE) {
            readDone(chunk, io.status());
        } else if (!io.status().isOk() || chunk.step() == Chunk.Step.WHOLE) {
            writeDone(chunk, io.status());
        } else {
            Io edge = chunk.nextEdge(false);
            if (edge != null) {
                device.submit(edge);
            } else {
                chunk.mergeEdges();
                writeWhole(chunk);
            }
        }
    }

    private void writeDone(Chunk chunk, IoStatus status) {
        NbdRequest request = chunk.request();
        request.underWay--;
        request.failed(NbdError.of(status), chunk.offset());
        export.gate().leave(chunk.entry());
        pool.giveBack(account, chunk);
        settle(request);
    }

    private void readDone(Chunk chunk, IoStatus status) {
        NbdRequest request = chunk.request();
        request.underWay--;
        request.failed(NbdError.of(status), chunk.offset());
        chunk.ready = true;
        chunk.expose();
        if (request.type == NbdWire.CMD_READ && replies.inOnePiece(request)) {
            settleOnePiece(request);
        } else if (request.type == NbdWire.CMD_READ && status.isOk()) {
            replies.data(request, chunk);
        } else {
            pool.giveBack(account, chunk);
            settle(request);
        }
    }

    /** Answers a read as soon as nothing of it can fail any more, or passes on what is there. */
    private void settleOnePiece(NbdRequest request) {
        boolean over = request.allStarted() && request.underWay == 0;
        if (!request.committed && over && request.error == NbdError.NONE) {
            replies.commit(request);
        }
        if (request.committed && request.error == NbdError.NONE) {
            passOn(request);
        } else if (request.committed) {
            replies.torn();
        }
        if (over) {
            dropChunks(request);
            settle(request);
        }
    }

    private void passOn(NbdRequest request) {
        Chunk first = request.firstChunk;
        while (first != null && first.ready) {
            request.pollChunk();
            replies.bare(request, first);
            first = request.firstChunk;
        }
    }

    private void dropChunks(NbdRequest request) {
        for (Chunk left = request.pollChunk(); left != null; left = request.pollChunk()) {
            pool.giveBack(account, left);
        }
    }

    /**
     * A read whose reply is one piece has all the memory that its connection gets, and is not all
     * under way: its reply begins, and from now on an error can only end the connection.
     *
     * @return whether anything happened
     */
    boolean commitStuck(NbdRequest request) {
        if (!replies.inOnePiece(request) || request.underWay > 0 || request.committed) {
            return false;
        }
        int own = 0;
        for (Chunk chunk = request.firstChunk; chunk != null; chunk = chunk.next) {
            own++;
        }
        if (own == 0 || own < account.held()) {
            return false; // others of this connection will give theirs back
        }
        if (request.error == NbdError.NONE) {
            replies.commit(request);
            passOn(request);
        } else {
            refused = false;
            request.startedTo = request.end();
            dropChunks(request);
            settle(request);
        }
        return true;
    }

    void flush(NbdRequest request) {
        request.flushing = true;
        request.underWay++;
        request.io.prepare(IoOperation.FLUSH, 0, 0).then(_ -> {
            request.underWay--;
            request.failed(NbdError.of(request.io.status()), request.offset);
            settle(request);
        });
        device.submit(request.io);
    }

    /** Answers a request when all of it has ended; before that, makes durable what has to be. */
    void settle(NbdRequest request) {
        if (!request.allStarted() || request.underWay > 0) {
            return;
        }
        if (needsFlush(request)) {
            flush(request);
            return;
        }
        replies.settle(request);
    }

    private boolean needsFlush(NbdRequest request) {
        boolean durable = request.has(NbdWire.CMD_FLAG_FUA)
                && !request.flushing
                && request.error == NbdError.NONE
                && request.length > 0;
        BlockCapabilities can = device.capabilities();
        return durable
                && switch (request.type) {
                    case NbdWire.CMD_WRITE -> !can.fua();
                    case NbdWire.CMD_TRIM, NbdWire.CMD_WRITE_ZEROES -> true;
                    default -> false;
                };
    }

    @Override
    public void sent(Chunk chunk) {
        NbdRequest request = chunk.request();
        pool.giveBack(account, chunk);
        replies.sent(request);
    }
}
