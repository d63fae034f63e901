// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Frames that a switch holds until they are due, in copies of its own; bounded. Of equal deadlines
 * the first held is due first. Owned by the switch's thread.
 */
final class DelayedFrames {
    /** Held at most: 100 ms of delay at 10,000 frames a second. */
    static final int FRAME_COUNT_MAX = 1024;

    /** Who gets a frame that is due; the memory is valid until it returns. */
    @FunctionalInterface
    interface Taker {
        void due(int fromPort, MemorySegment memory, long at, int bytes);
    }

    private final class Held {
        private final MemorySegment memory;
        private final Timers.Timer timer = timers.timer(this::due);
        private int fromPort;
        private int bytes;
        private @Nullable Held nextFree;

        Held(MemorySegment memory) {
            this.memory = memory;
        }

        private void due() {
            taker.due(fromPort, memory, 0, bytes);
            nextFree = free;
            free = this;
        }
    }

    private final Arena arena;
    private final Timers timers;
    private final int frameBytesMax;
    private final Taker taker;
    private @Nullable Held free;
    private int madeCount;

    DelayedFrames(Arena arena, Timers timers, int frameBytesMax, Taker taker) {
        this.arena = arena;
        this.timers = timers;
        this.frameBytesMax = frameBytesMax;
        this.taker = taker;
    }

    /** Holds a copy. @return false when too many are held; it is lost then */
    boolean hold(int fromPort, MemorySegment memory, long at, int bytes, long dueNs) {
        Held held = take();
        if (held == null) {
            return false;
        }
        MemorySegment.copy(memory, at, held.memory, 0, bytes);
        held.fromPort = fromPort;
        held.bytes = bytes;
        held.timer.at(dueNs);
        return true;
    }

    private @Nullable Held take() {
        Held held = free;
        if (held != null) {
            free = held.nextFree;
            return held;
        }
        if (madeCount == FRAME_COUNT_MAX) {
            return null;
        }
        madeCount++;
        return new Held(arena.allocate(frameBytesMax));
    }
}
