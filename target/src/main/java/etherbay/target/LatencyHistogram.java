// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * How long requests of about the last ten seconds took: counts of microseconds in buckets whose
 * width is a sixteenth of their value, so a percentile is at most 6 % above the truth. Lent by a
 * {@link LatencyPool} to whoever counts, and taken back when nothing in it is recent. Owned by one
 * loop.
 *
 * <p>Three windows of 4.3 s take turns: what is told covers between 8.6 and 12.9 s. Plain fields of
 * one thread and four KiB: what a library offers besides, recorders that swap for other threads and
 * ranges that grow, costs more of both (decision 0003).
 */
final class LatencyHistogram {
    /** Longer than that ago nothing in it counts any more. */
    static final long RECENT_NS = 3L << 32;

    static final int BUCKET_COUNT = 368;

    private static final int WINDOW_COUNT = 3;
    private static final int WINDOW_NS_LOG2 = 32;
    private static final int STEPS_LOG2 = 4;
    private static final int STEP_COUNT = 1 << STEPS_LOG2;

    /** Whatever takes over a minute is as bad. */
    private static final int LATENCY_US_MAX = (1 << 26) - 1;

    private final int[] counts = new int[WINDOW_COUNT * BUCKET_COUNT];
    private final int[] usMax = new int[WINDOW_COUNT];
    private long period = Long.MIN_VALUE;
    private int window;
    private long recordedNs = Long.MIN_VALUE;

    private @Nullable RecentLatency holder;

    /** Is that one's from now on. */
    void lendTo(RecentLatency newHolder) {
        holder = newHolder;
    }

    boolean isOf(RecentLatency one) {
        return one.equals(holder);
    }

    /** Adds one that has just ended. */
    void record(long tookNs, long nowNs) {
        advance(nowNs);
        recordedNs = nowNs;
        int us = Math.clamp(tookNs / 1000, 0, LATENCY_US_MAX);
        counts[window * BUCKET_COUNT + bucket(us)]++;
        usMax[window] = Math.max(usMax[window], us);
    }

    /** Whether all that it holds is too old to count. */
    boolean isPast(long nowNs) {
        return recordedNs == Long.MIN_VALUE || nowNs - recordedNs >= RECENT_NS;
    }

    /** Adds what is recent. */
    void addTo(LatencySum sum, long nowNs) {
        advance(nowNs);
        for (int each = 0; each < WINDOW_COUNT; each++) {
            sum.add(counts, each * BUCKET_COUNT, usMax[each]);
        }
    }

    /** Empties the windows whose time has come again. */
    private void advance(long nowNs) {
        long now = nowNs >> WINDOW_NS_LOG2;
        if (now == period) {
            return;
        }
        boolean allPast = period == Long.MIN_VALUE || now - period >= WINDOW_COUNT;
        for (long left = allPast ? WINDOW_COUNT : now - period; left > 0; left--) {
            window = (window + 1) % WINDOW_COUNT;
            int from = window * BUCKET_COUNT;
            Arrays.fill(counts, from, from + BUCKET_COUNT, 0);
            usMax[window] = 0;
        }
        period = now;
    }

    /** Below 16 each number has its own, above there are 16 between a power of two and the next. */
    static int bucket(int us) {
        int shift = Math.max(0, 31 - STEPS_LOG2 - Integer.numberOfLeadingZeros(us));
        return shift * STEP_COUNT + (us >>> shift);
    }

    /** The largest number that is counted there. */
    static int usMax(int bucket) {
        int shift = Math.max(0, bucket / STEP_COUNT - 1);
        return ((bucket - shift * STEP_COUNT + 1) << shift) - 1;
    }
}
