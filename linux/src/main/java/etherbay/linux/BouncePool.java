// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;

import java.lang.foreign.Arena;

/**
 * A few aligned buffers for direct I/O with memory at odd addresses; made when the first one is
 * asked for, as most disks never need one. Owned by one loop.
 */
final class BouncePool {
    /** One step of a bounced request: long requests take several. */
    static final int BUFFER_BYTES = 64 * 1024;

    private static final int BUFFER_COUNT_MAX = 16;
    private static final int ALIGN_BYTES = 4096;
    private static final long ZEROES =
            Arena.global().allocate(BUFFER_BYTES, ALIGN_BYTES).address();

    private final Arena arena;
    private final long[] free;
    private int freeCount;
    private boolean made;

    BouncePool(Arena arena, int requestCountMax) {
        this.arena = arena;
        free = new long[Math.min(requestCountMax, BUFFER_COUNT_MAX)];
        freeCount = free.length;
    }

    /** {@link #BUFFER_BYTES} of zeroes, never written to. */
    static long zeroes() {
        return ZEROES;
    }

    boolean isEmpty() {
        return freeCount == 0;
    }

    /** The address of a buffer; only when not {@link #isEmpty}. */
    long take() {
        if (!made) {
            made = true;
            long buffers = arena.allocate((long) free.length * BUFFER_BYTES, ALIGN_BYTES)
                    .address();
            for (int index = 0; index < free.length; index++) {
                free[index] = buffers + (long) index * BUFFER_BYTES;
            }
        }
        return free[--freeCount];
    }

    void giveBack(long buffer) {
        Check.that(freeCount < free.length, "a buffer is given back once");
        free[freeCount++] = buffer;
    }
}
