// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How other threads reach a loop: short pieces of work that run on its thread, in the order in
 * which they were offered by one thread. Bounded; a full one refuses and counts, it never waits.
 */
public final class Mailbox {
    /** Messages waiting at most: control work, so a burst of a thousand is a fault already. */
    public static final int MESSAGE_COUNT_MAX = 4096;

    private final ConcurrentLinkedQueue<Runnable> messages = new ConcurrentLinkedQueue<>();
    private final AtomicInteger messageCount = new AtomicInteger();
    private final AtomicInteger refusedCount = new AtomicInteger();
    private final Runnable wakeUp;

    Mailbox(Runnable wakeUp) {
        this.wakeUp = wakeUp;
    }

    /**
     * Leaves a message; any thread.
     *
     * @return false when the mailbox is full: nothing was left, the caller tries later or gives up
     */
    public boolean offer(Runnable message) {
        if (messageCount.incrementAndGet() > MESSAGE_COUNT_MAX) {
            messageCount.decrementAndGet();
            refusedCount.incrementAndGet();
            return false;
        }
        messages.add(message);
        wakeUp.run();
        return true;
    }

    /** Messages refused so far; any thread. */
    public int refusedCount() {
        return refusedCount.get();
    }

    /** Whether no message waits; any thread, true for a moment only. */
    public boolean isEmpty() {
        return messageCount.get() == 0;
    }

    int drain(int messageCountMax) {
        int done = 0;
        while (done < messageCountMax && messageCount.get() > 0) {
            Runnable message = messages.poll();
            if (message == null) {
                break; // counted, but not linked yet: the next turn finds it
            }
            messageCount.decrementAndGet();
            message.run();
            done++;
        }
        return done;
    }
}
