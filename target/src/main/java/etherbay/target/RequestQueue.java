// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

/**
 * The slots of one export: {@code queueLength} requests at the disk, as many again waiting, first
 * in, first out. Slots are made up to that number as they are first needed, and kept. Owned by the
 * export's loop.
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

    RequestQueue(int queueLength) {
        this.queueLength = queueLength;
        free = new RequestSlot[2 * queueLength];
        waiting = new RequestSlot[2 * queueLength];
    }

    boolean isFull() {
        return freeCount == 0 && madeCount == free.length;
    }

    /** A slot to fill, then to {@link #enqueue}; there is one unless {@link #isFull}. */
    RequestSlot take() {
        if (freeCount == 0) {
            madeCount++;
            return new RequestSlot();
        }
        return free[--freeCount];
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

    /** It came back and is answered. */
    void finished(RequestSlot slot) {
        activeCount--;
        free[freeCount++] = slot;
    }

    int activeCount() {
        return activeCount;
    }

    int waitingCount() {
        return waitingCount;
    }
}
