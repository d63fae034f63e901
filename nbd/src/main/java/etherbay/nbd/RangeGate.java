// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps what changes a part of a sector (read, change, write) apart from everything else that
 * changes that sector, of all connections: one gate for a device. In the order of entering; changes
 * of whole sectors do not wait for each other, but for one that waits itself: none overtakes
 * another here. Owned by the loop.
 */
final class RangeGate {
    /** A change that is under way or waits; made once, used again and again. */
    static final class Entry {
        private final Runnable start;
        private long first;
        private long end;
        private boolean alone;

        /** It is alone, or had to wait: whatever meets it and comes later waits for it. */
        private boolean strict;

        private int blockerCount;
        private boolean inside;
        private @Nullable Entry next;
        private @Nullable Entry previous;

        /**
         * @param start runs when an entry that had to wait may begin
         */
        Entry(Runnable start) {
            this.start = start;
        }

        private boolean holdsUp(Entry later) {
            return (strict || later.alone) && first < later.end && later.first < end;
        }
    }

    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    private int strictCount;
    private final Deque<Entry> ready = new ArrayDeque<>();
    private boolean starting;

    /**
     * @param alone the change reads before it writes, and must not meet another
     * @return whether it may begin now; else its {@code start} runs later
     */
    boolean enter(Entry entry, long firstSector, long sectors, boolean alone) {
        Check.that(!entry.inside, "an entry is in the gate once");
        entry.first = firstSector;
        entry.end = firstSector + sectors;
        entry.alone = alone;
        entry.blockerCount = alone || strictCount > 0 ? blockers(entry) : 0;
        entry.strict = alone || entry.blockerCount > 0;
        entry.inside = true;
        entry.next = null;
        entry.previous = newest;
        if (newest == null) {
            oldest = entry;
        } else {
            newest.next = entry;
        }
        newest = entry;
        strictCount += entry.strict ? 1 : 0;
        return entry.blockerCount == 0;
    }

    private int blockers(Entry entry) {
        int count = 0;
        for (Entry other = oldest; other != null; other = other.next) {
            count += other.holdsUp(entry) ? 1 : 0;
        }
        return count;
    }

    /** The change has ended, however. */
    void leave(Entry entry) {
        Check.that(entry.inside, "only an entry in the gate leaves it");
        entry.inside = false;
        for (Entry later = entry.next; later != null && strictCount > 0; later = later.next) {
            if (later.blockerCount > 0 && entry.holdsUp(later)) {
                later.blockerCount--;
                if (later.blockerCount == 0) {
                    ready.add(later);
                }
            }
        }
        unlink(entry);
        strictCount -= entry.strict ? 1 : 0;
        startReady();
    }

    private void unlink(Entry entry) {
        if (entry.previous == null) {
            oldest = entry.next;
        } else {
            entry.previous.next = entry.next;
        }
        if (entry.next == null) {
            newest = entry.previous;
        } else {
            entry.next.previous = entry.previous;
        }
        entry.next = null;
        entry.previous = null;
    }

    /** A loop, not a recursion, when one after the other is refused at once. */
    private void startReady() {
        if (starting) {
            return;
        }
        starting = true;
        for (Entry entry = ready.poll(); entry != null; entry = ready.poll()) {
            entry.start.run();
        }
        starting = false;
    }
}
