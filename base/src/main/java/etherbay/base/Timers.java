// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.Arrays;

/**
 * The timers of one loop: a binary heap by deadline, then by the order of setting, so that equal
 * deadlines fire in a fixed order. Timers are made once; setting one allocates nothing.
 */
public final class Timers {
    /** A deadline with what to do then. Fires once each time it is set. */
    public final class Timer {
        private final Runnable action;
        private long deadlineNs;
        private long sequence;
        private int index = -1;

        private Timer(Runnable action) {
            this.action = action;
        }

        /** Sets or moves the deadline. */
        public void at(long whenNs) {
            cancel();
            deadlineNs = whenNs;
            sequence = nextSequence++;
            push(this);
        }

        /** Not to fire; nothing when it is not set. */
        public void cancel() {
            if (index >= 0) {
                removeAt(index);
            }
        }

        public boolean isSet() {
            return index >= 0;
        }

        /** The deadline last set. */
        public long deadlineNs() {
            return deadlineNs;
        }

        private boolean before(Timer other) {
            return deadlineNs != other.deadlineNs
                    ? deadlineNs < other.deadlineNs
                    : sequence < other.sequence;
        }
    }

    private Timer[] heap = new Timer[16];
    private int count;
    private long nextSequence;

    /** A new timer, not set. */
    public Timer timer(Runnable action) {
        return new Timer(action);
    }

    /** The earliest deadline; {@code Long.MAX_VALUE} when no timer is set. */
    public long nextDeadlineNs() {
        return count == 0 ? Long.MAX_VALUE : heap[0].deadlineNs;
    }

    /** Fires what is due. @return timers fired, at most {@code timerCountMax} */
    public int expire(long nowNs, int timerCountMax) {
        int fired = 0;
        while (fired < timerCountMax && count > 0 && heap[0].deadlineNs <= nowNs) {
            Timer timer = heap[0];
            removeAt(0);
            timer.action.run();
            fired++;
        }
        return fired;
    }

    private void push(Timer timer) {
        if (count == heap.length) {
            heap = Arrays.copyOf(heap, count * 2);
        }
        place(timer, count++);
        siftUp(timer);
    }

    private void removeAt(int index) {
        Timer removed = heap[index];
        Timer last = heap[--count];
        heap[count] = removed; // keeps the array free of nulls; never read
        removed.index = -1;
        if (last != removed) {
            place(last, index);
            siftDown(last);
            siftUp(last);
        }
    }

    private void siftUp(Timer timer) {
        while (timer.index > 0) {
            Timer parent = heap[(timer.index - 1) / 2];
            if (!timer.before(parent)) {
                return;
            }
            swap(timer, parent);
        }
    }

    private void siftDown(Timer timer) {
        while (timer.index * 2 + 1 < count) {
            int left = timer.index * 2 + 1;
            boolean rightFirst = left + 1 < count && heap[left + 1].before(heap[left]);
            Timer child = heap[rightFirst ? left + 1 : left];
            if (!child.before(timer)) {
                return;
            }
            swap(timer, child);
        }
    }

    private void swap(Timer one, Timer other) {
        int index = one.index;
        place(one, other.index);
        place(other, index);
    }

    private void place(Timer timer, int index) {
        heap[index] = timer;
        timer.index = index;
    }
}
