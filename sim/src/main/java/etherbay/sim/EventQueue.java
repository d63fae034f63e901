// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.PriorityQueue;

/**
 * What is going to happen, by time. Events of one instant run in an order drawn from the seed, so
 * that many seeds try many orders; two that must keep an order are a nanosecond apart.
 */
final class EventQueue {
    record Event(long atNs, long tie, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int order = Long.compare(atNs, other.atNs);
            if (order == 0) {
                order = Long.compare(tie, other.tie);
            }
            return order == 0 ? Long.compare(sequence, other.sequence) : order;
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Prng ties;
    private long nextSequence;

    EventQueue(Prng ties) {
        this.ties = ties;
    }

    void add(long atNs, Runnable action) {
        events.add(new Event(atNs, ties.nextLong(), nextSequence++, action));
    }

    /**
     * The next event when it is due at {@code untilNs} at the latest, taken out; null otherwise.
     */
    @Nullable
    Event pollUntil(long untilNs) {
        Event first = events.peek();
        return first == null || first.atNs() > untilNs ? null : events.poll();
    }

    boolean isEmpty() {
        return events.isEmpty();
    }
}
