// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Check;
import etherbay.base.Frame;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

/**
 * A question to a disk that is sent until it is answered or given up: each transmission under a tag
 * of its own, the last few of them remembered, so that a late answer to any of them counts. A slot
 * that is used again and again. Owned by the disk's loop.
 */
abstract class Exchange {
    /** Transmissions remembered; with 200 ms between them that is three seconds of silence. */
    private static final int REMEMBERED_COUNT = 16;

    private final long[] numbers = new long[REMEMBERED_COUNT];
    private final long[] sentNs = new long[REMEMBERED_COUNT];
    private final @Nullable Path[] paths = new Path[REMEMBERED_COUNT];
    private final int[] firsts = new int[REMEMBERED_COUNT];
    private final int[] counts = new int[REMEMBERED_COUNT];
    private final boolean[] settled = new boolean[REMEMBERED_COUNT];
    private int settledCount;
    private final DiskAddress address;
    private final int command;
    private final TagTable tags;
    private final Timers.Timer timer;
    private int transmissionCount;
    private boolean open;

    /**
     * @param command of AoE that it sends, and that answers to it carry
     */
    Exchange(DiskAddress address, int command, TagTable tags, Timers timers) {
        this.address = address;
        this.command = command;
        this.tags = tags;
        timer = timers.timer(this::timeUp);
    }

    /** An answer to a transmission of it; the frame's header fits its command. */
    abstract void answered(Answer answer);

    /** Nothing came within the time set. */
    abstract void expired();

    /**
     * What came back.
     *
     * @param path that the transmission went out on
     * @param first of the sectors that the transmission was about, within the exchange
     * @param count of these sectors
     * @param number of the transmission
     * @param sentNs when it went out
     */
    record Answer(Frame frame, Path path, int first, int count, long number, long sentNs) {}

    final void begin() {
        Check.that(!open, "an exchange ends before it begins again");
        open = true;
        transmissionCount = 0;
        settledCount = 0;
    }

    final boolean isOpen() {
        return open;
    }

    /** Answers to it mean nothing any more. */
    final void end() {
        Check.that(open, "an exchange ends once");
        open = false;
        timer.cancel();
        for (int slot = 0; slot < Math.min(transmissionCount, REMEMBERED_COUNT); slot++) {
            tags.forget(numbers[slot]);
        }
    }

    /** Transmissions since {@link #begin}. */
    final int transmissionCount() {
        return transmissionCount;
    }

    /** The number of the last transmission; there was one. */
    final long lastNumber() {
        return numbers[(transmissionCount - 1) % REMEMBERED_COUNT];
    }

    /** When the last transmission went out; there was one. */
    final long lastSentNs() {
        return sentNs[(transmissionCount - 1) % REMEMBERED_COUNT];
    }

    /** Sectors that the last transmission was about; there was one. */
    final int lastCount() {
        return counts[(transmissionCount - 1) % REMEMBERED_COUNT];
    }

    /** Transmissions that were never answered: they may be on their way still. */
    final int unansweredCount() {
        return transmissionCount - settledCount;
    }

    /** Takes a tag for one more transmission. @return its number */
    final long transmission(Path path, int first, int count, long nowNs) {
        int slot = transmissionCount % REMEMBERED_COUNT;
        if (transmissionCount >= REMEMBERED_COUNT) {
            tags.forget(numbers[slot]);
        }
        long number = tags.take(this);
        numbers[slot] = number;
        sentNs[slot] = nowNs;
        paths[slot] = path;
        firsts[slot] = first;
        counts[slot] = count;
        settled[slot] = false;
        transmissionCount++;
        return number;
    }

    /** Asks for {@link #expired} at that time. */
    final void wakeAt(long whenNs) {
        timer.at(whenNs);
    }

    /** When {@link #expired} was asked for last. */
    final long dueNs() {
        return timer.deadlineNs();
    }

    final void sleep() {
        timer.cancel();
    }

    /** Whether a message of that command from that disk can be an answer to it. */
    final boolean isAbout(DiskAddress disk, int messageCommand) {
        return command == messageCommand && address.equals(disk);
    }

    /** For the dispatcher: a frame under the tag of that transmission. */
    final void dispatch(long number, Frame frame) {
        for (int slot = 0; slot < Math.min(transmissionCount, REMEMBERED_COUNT); slot++) {
            Path path = paths[slot];
            if (open && numbers[slot] == number && path != null) {
                settledCount += settled[slot] ? 0 : 1;
                settled[slot] = true;
                path.answered(sentNs[slot]);
                answered(new Answer(frame, path, firsts[slot], counts[slot], number, sentNs[slot]));
                return;
            }
        }
    }

    private void timeUp() {
        if (open) {
            expired();
        }
    }
}
