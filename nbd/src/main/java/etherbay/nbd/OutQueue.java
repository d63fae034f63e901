// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * What waits to be sent on one connection, in order. Bounded by the pieces that exist: the request
 * slots and chunks of the connection. Owned by the loop.
 */
final class OutQueue {
    private @Nullable OutPiece first;
    private @Nullable OutPiece last;
    private boolean dropped;

    boolean isEmpty() {
        return first == null;
    }

    /** Bytes that wait. */
    long bytes() {
        long sum = 0;
        for (OutPiece piece = first; piece != null; piece = piece.next) {
            sum += piece.remaining();
        }
        return sum;
    }

    void add(OutPiece piece) {
        if (dropped) {
            piece.release();
            return;
        }
        piece.next = null;
        if (last == null) {
            first = piece;
        } else {
            last.next = piece;
        }
        last = piece;
    }

    /** Bytes of a negotiation, which need no slot. */
    void add(ByteBuffer bytes) {
        add(new OutPiece(bytes, OutPiece.NOTHING, () -> {}));
    }

    /** Puts the oldest buffers with bytes into {@code into}. @return how many */
    int gather(ByteBuffer[] into) {
        int count = 0;
        for (OutPiece piece = first; piece != null && count + 2 <= into.length; ) {
            if (piece.head().hasRemaining()) {
                into[count++] = piece.head();
            }
            if (piece.body().hasRemaining()) {
                into[count++] = piece.body();
            }
            piece = piece.next;
        }
        return count;
    }

    /** Lets go of the pieces whose bytes have all been taken. */
    void releaseTaken() {
        while (first != null && first.remaining() == 0) {
            removeFirst(first);
        }
    }

    /** The peer is gone: lets go of all, and of whatever is still added. */
    void drop() {
        dropped = true;
        while (first != null) {
            removeFirst(first);
        }
    }

    private void removeFirst(OutPiece piece) {
        first = piece.next;
        if (first == null) {
            last = null;
        }
        piece.next = null;
        piece.release();
    }
}
