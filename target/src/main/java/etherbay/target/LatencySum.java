// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import java.util.Arrays;

/**
 * Several {@link LatencyHistogram}s as one, to be told; used again and again. Owned by one loop.
 */
final class LatencySum {
    private final long[] counts = new long[LatencyHistogram.BUCKET_COUNT];
    private long count;
    private int usMax;

    void clear() {
        if (count > 0) {
            Arrays.fill(counts, 0);
            count = 0;
            usMax = 0;
        }
    }

    /** Adds the buckets that begin at {@code from}; none above that of {@code most} is in use. */
    void add(int[] buckets, int from, int most) {
        int last = LatencyHistogram.bucket(most);
        for (int bucket = 0; bucket <= last; bucket++) {
            counts[bucket] += buckets[from + bucket];
            count += buckets[from + bucket];
        }
        usMax = Math.max(usMax, most);
    }

    TrafficView.Latency told() {
        return count == 0
                ? TrafficView.Latency.NONE
                : new TrafficView.Latency(count, us(500), us(990), us(999), usMax);
    }

    /** What so many of a thousand did not exceed. */
    private long us(int perMille) {
        long rank = Math.max(1, Math.ceilDiv(count * perMille, 1000L));
        int bucket = -1;
        for (long seen = 0; seen < rank; ) {
            seen += counts[++bucket];
        }
        return Math.min(LatencyHistogram.usMax(bucket), usMax);
    }
}
