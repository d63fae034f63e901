// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * Bytes on their way to the peer: a head and a body, made once and used again and again, and what
 * to do when they are written or will never be. In one {@link OutQueue} at a time.
 */
final class OutPiece {
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ByteBuffer head;
    private final ByteBuffer body;
    private final Runnable released;

    @Nullable
    OutPiece next;

    /** Both buffers are the piece's own; its owner sets position and limit before each use. */
    OutPiece(ByteBuffer head, ByteBuffer body, Runnable released) {
        this.head = head;
        this.body = body;
        this.released = released;
    }

    ByteBuffer head() {
        return head;
    }

    ByteBuffer body() {
        return body;
    }

    int remaining() {
        return head.remaining() + body.remaining();
    }

    void release() {
        released.run();
    }
}
