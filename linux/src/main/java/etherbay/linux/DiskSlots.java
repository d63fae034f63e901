// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * The memory of requests under way on all disks of a loop: slots, and bounce buffers for those that
 * need one. It grows to the most that were ever under way together, and not to the sum of what each
 * disk might ask; each disk keeps to its own bounds ({@link DiskSteps}), which bounds this too.
 * Owned by the loop.
 */
final class DiskSlots {
    /** Made at once, 280 KiB: more than three disks of the usual depth have under way. */
    private static final int CHUNK_SLOT_COUNT = 256;

    /** Made at once, 1 MiB: what one disk has at most. */
    private static final int CHUNK_BUFFER_COUNT = DiskSteps.BOUNCE_COUNT_MAX;

    private final Arena arena = Arena.ofShared();

    /** By {@link DiskRequest#index}. */
    private DiskRequest[] slots = {};

    private DiskRequest[] free = {};
    private int freeCount;
    private long[] buffers = {};
    private int bufferCount;
    private int bufferCountMade;

    DiskSlots() {
        moreSlots();
    }

    private void moreSlots() {
        int madeCount = slots.length;
        long iovecs = arena.allocate((long) CHUNK_SLOT_COUNT * DiskRequest.IOVECS_BYTES, Long.BYTES)
                .address();
        slots = Arrays.copyOf(slots, madeCount + CHUNK_SLOT_COUNT);
        free = Arrays.copyOf(free, slots.length);
        for (int index = madeCount; index < slots.length; index++) {
            slots[index] =
                    new DiskRequest(index, iovecs + (index - madeCount) * DiskRequest.IOVECS_BYTES);
            free[freeCount++] = slots[index];
        }
    }

    /** A free slot. */
    DiskRequest take() {
        if (freeCount == 0) {
            moreSlots();
        }
        return free[--freeCount];
    }

    void giveBack(DiskRequest slot) {
        free[freeCount++] = slot;
    }

    /** The slot of that index. */
    DiskRequest at(int index) {
        return slots[index];
    }

    /** How many slots there are, free or not. */
    int count() {
        return slots.length;
    }

    /** The address of a free bounce buffer of {@link DiskSteps#BOUNCE_BYTES}. */
    long takeBuffer() {
        if (bufferCount == 0) {
            moreBuffers();
        }
        return buffers[--bufferCount];
    }

    private void moreBuffers() {
        long chunk = arena.allocate(
                        (long) CHUNK_BUFFER_COUNT * DiskSteps.BOUNCE_BYTES,
                        DiskSteps.BOUNCE_ALIGN_BYTES)
                .address();
        bufferCountMade += CHUNK_BUFFER_COUNT;
        buffers = Arrays.copyOf(buffers, bufferCountMade);
        for (int index = 0; index < CHUNK_BUFFER_COUNT; index++) {
            buffers[bufferCount++] = chunk + (long) index * DiskSteps.BOUNCE_BYTES;
        }
    }

    void giveBackBuffer(long buffer) {
        buffers[bufferCount++] = buffer;
    }

    /** Nothing is under way. */
    void close() {
        arena.close();
    }
}
