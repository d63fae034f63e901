// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

/**
 * First in, first out, through a link in the {@link Io} itself: no memory, and bounded by the slots
 * that exist. An Io is in one queue at a time. Owned by one loop.
 */
public final class IoQueue {
    private @Nullable Io head;
    private @Nullable Io tail;
    private int count;

    public boolean isEmpty() {
        return head == null;
    }

    public int count() {
        return count;
    }

    /** The oldest, which stays queued; null when empty. */
    public @Nullable Io peek() {
        return head;
    }

    /** The one behind {@code io} in this queue; null at the end. */
    public @Nullable Io after(Io io) {
        return io.next;
    }

    public void add(Io io) {
        Check.that(!io.queued, "an Io is in one queue at a time");
        io.queued = true;
        io.next = null;
        if (tail == null) {
            head = io;
        } else {
            tail.next = io;
        }
        tail = io;
        count++;
    }

    /** Takes the oldest; null when empty. */
    public @Nullable Io poll() {
        Io io = head;
        if (io != null) {
            head = io.next;
            if (head == null) {
                tail = null;
            }
            io.next = null;
            io.queued = false;
            count--;
        }
        return io;
    }

    /** Takes {@code io} out, wherever it is. @return whether it was in this queue */
    public boolean remove(Io io) {
        Io before = null;
        for (Io at = head; at != null; at = at.next) {
            if (at == io) {
                remove(before, io);
                return true;
            }
            before = at;
        }
        return false;
    }

    /**
     * Takes {@code io} out of the middle; {@code before} is the one in front of it, null at the
     * head.
     */
    public void remove(@Nullable Io before, Io io) {
        if (before == null) {
            Check.that(head == io, "the removed Io follows the one named");
            poll();
            return;
        }
        Check.that(before.next == io, "the removed Io follows the one named");
        before.next = io.next;
        if (tail == io) {
            tail = before;
        }
        io.next = null;
        io.queued = false;
        count--;
    }
}
