// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

/**
 * The slots of one export: {@code queueLength} requests at the disk, as many again waiting, first
 * in, first out. Slots are made up to that number as they are first needed, and kept. Owned by the
 * export's loop.
 *
 * <p>When all are in use, who has fewer of them than another takes one that waits from whoever has
 * most: so one that floods holds no more than the others leave, and what they get of the disk is as
 * much as they have slots.
 */
final class RequestQueue {
    private final int queueLength;
    private final RequestSlot[] free;
    private int freeCount;
    private int madeCount;
    private final RequestSlot[] waiting;
    private int waitingAt;
    private int waitingCount;
    private int activeCount;

    /** Those who have slots, and how many. */
    private final long[] holders;

    private final int[] heldCounts;
    private int holderCount;

    RequestQueue(int queueLength) {
        this.queueLength = queueLength;
        int slotCount = 2 * queueLength;
        free = new RequestSlot[slotCount];
        waiting = new RequestSlot[slotCount];
        holders = new long[slotCount];
        heldCounts = new int[slotCount];
    }

    boolean isFull() {
        return freeCount == 0 && madeCount == free.length;
    }

    /**
     * Whether {@link #take} may be called for {@code mac}, when {@link #evict} has been called if
     * the queue is full.
     */
    boolean hasRoomFor(long mac) {
        return !isFull() || victim(mac) >= 0;
    }

    /** Makes room for {@code mac} where that is needed. @return the slot to free; or null */
    @Nullable
    RequestSlot evict(long mac) {
        int index = isFull() ? victim(mac) : -1;
        if (index < 0) {
            return null;
        }
        RequestSlot slot = waiting(index);
        for (int later = index + 1; later < waitingCount; later++) {
            waiting[(waitingAt + later - 1) % waiting.length] = waiting(later);
        }
        waitingCount--;
        return slot;
    }

    /**
     * Of those that wait, the newest of whoever has most, if that is more than {@code mac} would
     * have.
     */
    private int victim(long mac) {
        int most = 0;
        for (int index = 0; index < holderCount; index++) {
            most = Math.max(most, heldCounts[index]);
        }
        int victim = -1;
        int victimHeld = heldBy(mac) + 1;
        for (int index = waitingCount - 1; index >= 0 && victimHeld < most; index--) {
            int held = heldBy(waiting(index).mac);
            if (held > victimHeld) {
                victim = index;
                victimHeld = held;
            }
        }
        return victim;
    }

    private int heldBy(long mac) {
        int index = holder(mac);
        return index == holderCount ? 0 : heldCounts[index];
    }

    private int holder(long mac) {
        int index = 0;
        while (index < holderCount && holders[index] != mac) {
            index++;
        }
        return index;
    }

    private RequestSlot waiting(int index) {
        return waiting[(waitingAt + index) % waiting.length];
    }

    /** A slot for {@code mac} to fill, then to {@link #enqueue}; there is one: {@link #isFull}. */
    RequestSlot take(long mac) {
        int index = holder(mac);
        if (index == holderCount) {
            holders[holderCount] = mac;
            heldCounts[holderCount++] = 0;
        }
        heldCounts[index]++;
        RequestSlot slot = freeCount == 0 ? made() : free[--freeCount];
        slot.mac = mac;
        return slot;
    }

    private RequestSlot made() {
        madeCount++;
        return new RequestSlot();
    }

    void enqueue(RequestSlot slot) {
        waiting[(waitingAt + waitingCount++) % waiting.length] = slot;
    }

    /** The oldest that waits, when one more may be at the disk; null otherwise. */
    @Nullable
    RequestSlot startable() {
        return waitingCount > 0 && activeCount < queueLength ? waiting[waitingAt] : null;
    }

    /** The {@link #startable} one goes to the disk. */
    void started() {
        waitingAt = (waitingAt + 1) % waiting.length;
        waitingCount--;
        activeCount++;
    }

    /** It came back from the disk and is answered. */
    void finished(RequestSlot slot) {
        activeCount--;
        giveBack(slot);
    }

    /** It is in use no longer: finished, or evicted. */
    void giveBack(RequestSlot slot) {
        int index = holder(slot.mac);
        if (--heldCounts[index] == 0) {
            holderCount--;
            holders[index] = holders[holderCount];
            heldCounts[index] = heldCounts[holderCount];
        }
        free[freeCount++] = slot;
    }

    int activeCount() {
        return activeCount;
    }

    int waitingCount() {
        return waitingCount;
    }
}
