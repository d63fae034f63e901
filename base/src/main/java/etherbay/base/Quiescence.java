// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Knows when all that was admitted before some moment has finished: the book-keeping behind {@link
 * BlockDevice#quiesce}, and behind every answer that must wait for older writes. Work admitted
 * after the moment does not delay it. Owned by one loop.
 *
 * <p>Work is counted by generation. A waiter closes the current generation; it runs when that one
 * and all before it are empty. While {@link #GENERATION_COUNT} generations are open a waiter leaves
 * the current one open until the oldest is empty, and waits for a little more than it had to.
 */
public final class Quiescence {
    private static final int GENERATION_COUNT = 16;

    private record Waiter(long generation, Runnable finished) {}

    private final long[] counts = new long[GENERATION_COUNT];
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private long oldest;
    private long current;

    /** Counts one piece of work in. @return its generation, to be given to {@link #left} */
    public long entered() {
        counts[(int) (current % GENERATION_COUNT)]++;
        return current;
    }

    /** Counts it out, and runs the waiters that only waited for it. */
    public void left(long generation) {
        int index = (int) (generation % GENERATION_COUNT);
        Check.that(
                generation >= oldest && generation <= current && counts[index] > 0,
                "work leaves the generation that it entered");
        counts[index]--;
        advance();
    }

    /** Runs {@code finished} when all work counted in so far is out; at once when there is none. */
    public void whenQuiet(Runnable finished) {
        waiters.add(new Waiter(current, finished));
        advance();
    }

    /** Work that is in. */
    public long count() {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    private void advance() {
        closeAwaited();
        // Looked at anew for each: a waiter may let work in, or wait itself.
        while (!waiters.isEmpty() && waiters.element().generation() < quietBelow()) {
            waiters.remove().finished().run();
            closeAwaited();
        }
    }

    /** Drops what is empty, and closes the current generation if someone waits for it. */
    private void closeAwaited() {
        skipEmpty();
        boolean awaited = !waiters.isEmpty() && waiters.getLast().generation() == current;
        if (awaited && current - oldest < GENERATION_COUNT - 1) {
            current++;
            skipEmpty();
        }
    }

    private void skipEmpty() {
        while (oldest < current && counts[(int) (oldest % GENERATION_COUNT)] == 0) {
            oldest++;
        }
    }

    private long quietBelow() {
        boolean currentEmpty = counts[(int) (current % GENERATION_COUNT)] == 0;
        return oldest == current && currentEmpty ? current + 1 : oldest;
    }
}
