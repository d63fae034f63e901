// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

/**
 * The slots of one export: {@code queueLength} requests at the disk, as many again waiting, first
 * in, first out. Never grows. Owned by the export's loop.
 */
final class RequestQueue {
    private final int queueLength;
    private final RequestSlot[] free;
    private int freeCount;
    private final RequestSlot[] waiting;
    private int waitingAt;
    private int waitingCount;
    private int activeCount;

    RequestQueue(int queueLength) {
        this.queueLength = queueLength;
        free = new RequestSlot[2 * queueLength];
        waiting = new RequestSlot[2 * queueLength];
        while (freeCount < free.length) {
            free[freeCount++] = new RequestSlot();
        }
    }

    boolean isFull() {
        return freeCount == 0;
    }

    /** A slot to fill, then to {@link #enqueue}; there is one unless {@link #isFull}. */
    RequestSlot take() {
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
