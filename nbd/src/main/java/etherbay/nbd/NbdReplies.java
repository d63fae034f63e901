// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The answers to requests, simple or structured: the protocol document's "Simple reply message" and
 * "Structured reply chunk message". Owned by the loop.
 */
final class NbdReplies {
    private static final int BLOCK_STATUS_BYTES = 3 * Integer.BYTES;
    private static final int ERROR_OFFSET_BYTES = Integer.BYTES + Short.BYTES + Long.BYTES;

    private final boolean structured;
    private final OutQueue out;
    private final NbdCounters counters;
    private final Consumer<NbdRequest> ended;
    private @Nullable EndReason endReason;
    private boolean abandoned;

    /**
     * @param ended told when the reply to a request is written or dropped, and its slot is free
     */
    NbdReplies(boolean structured, OutQueue out, NbdCounters counters, Consumer<NbdRequest> ended) {
        this.structured = structured;
        this.out = out;
        this.counters = counters;
        this.ended = ended;
    }

    @Nullable
    EndReason endReason() {
        return endReason;
    }

    void abandon() {
        abandoned = true;
    }

    /** Whether the data of a read goes in one piece behind one header. */
    boolean inOnePiece(NbdRequest request) {
        return !structured || request.has(NbdWire.CMD_FLAG_DF);
    }

    /** Answers a request that has ended, unless its data said so already. */
    void settle(NbdRequest request) {
        if (request.answered) {
            free(request);
            return;
        }
        request.answered = true;
        boolean read = request.type == NbdWire.CMD_READ;
        if (request.error != NbdError.NONE) {
            counters.errors.increment();
        }
        if (request.committed) {
            free(request);
            return;
        }
        boolean chunk = structured && (read || request.type == NbdWire.CMD_BLOCK_STATUS);
        ByteBuffer head = request.out.head().clear();
        if (!chunk) {
            simple(head, request);
        } else if (request.error == NbdError.NONE) {
            structured(head, request, NbdWire.REPLY_FLAG_DONE, NbdWire.REPLY_TYPE_NONE, 0);
        } else {
            structured(
                    head,
                    request,
                    NbdWire.REPLY_FLAG_DONE,
                    NbdWire.REPLY_TYPE_ERROR_OFFSET,
                    ERROR_OFFSET_BYTES);
            head.putInt(request.error.number()).putShort((short) 0).putLong(request.errorOffset);
        }
        head.flip();
        queue(request, request.out);
    }

    private static void simple(ByteBuffer head, NbdRequest request) {
        head.putInt(NbdWire.SIMPLE_REPLY_MAGIC)
                .putInt(request.error.number())
                .putLong(request.cookie);
    }

    private static void structured(
            ByteBuffer head, NbdRequest request, int flags, int type, int bytes) {
        head.putInt(NbdWire.STRUCTURED_REPLY_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(request.cookie)
                .putInt(bytes);
    }

    private void queue(NbdRequest request, OutPiece piece) {
        request.queued++;
        out.add(piece);
    }

    /** One extent: of a device nobody can tell what is a hole. */
    void blockStatus(NbdRequest request) {
        request.answered = true;
        ByteBuffer head = request.out.head().clear();
        structured(
                head,
                request,
                NbdWire.REPLY_FLAG_DONE,
                NbdWire.REPLY_TYPE_BLOCK_STATUS,
                BLOCK_STATUS_BYTES);
        head.putInt(NbdWire.BASE_ALLOCATION_ID)
                .putInt((int) request.length)
                .putInt(0)
                .flip();
        queue(request, request.out);
    }

    /** A part of a structured read, in whatever order they come. */
    void data(NbdRequest request, Chunk chunk) {
        boolean last = request.allStarted() && request.underWay == 0;
        boolean done = last && request.error == NbdError.NONE;
        ByteBuffer head = chunk.out().head().clear();
        structured(
                head,
                request,
                done ? NbdWire.REPLY_FLAG_DONE : 0,
                NbdWire.REPLY_TYPE_OFFSET_DATA,
                NbdWire.OFFSET_BYTES + chunk.bytes());
        head.putLong(chunk.offset()).flip();
        counters.bytesRead.add(chunk.bytes());
        request.answered = done;
        queue(request, chunk.out());
        if (last && !done) {
            settle(request);
        }
    }

    /** Begins the reply of a read that is one piece. */
    void commit(NbdRequest request) {
        request.committed = true;
        ByteBuffer head = request.out.head().clear();
        if (structured) {
            int bytes = NbdWire.OFFSET_BYTES + (int) request.length;
            structured(
                    head, request, NbdWire.REPLY_FLAG_DONE, NbdWire.REPLY_TYPE_OFFSET_DATA, bytes);
            head.putLong(request.offset);
        } else {
            simple(head, request);
        }
        head.flip();
        queue(request, request.out);
    }

    /** The next data behind the header that {@link #commit} queued. */
    void bare(NbdRequest request, Chunk chunk) {
        counters.bytesRead.add(chunk.bytes());
        queue(request, chunk.out());
    }

    /** A reply that has begun cannot be ended. */
    void torn() {
        if (endReason == null && !abandoned) {
            endReason = EndReason.TORN;
        }
    }

    /** A piece of the reply to {@code request} is written, or dropped. */
    void sent(NbdRequest request) {
        request.queued--;
        free(request);
    }

    private void free(NbdRequest request) {
        boolean over = request.answered && request.queued == 0 && request.underWay == 0;
        if (over && request.live) {
            request.live = false;
            ended.accept(request);
        }
    }
}
