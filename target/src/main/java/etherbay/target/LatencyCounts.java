// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.LatencyBounds;

/**
 * How long all requests of one kind took since the export is served, in few and wide buckets: what
 * monitoring adds up over time and over exports, which quantiles of {@link RecentLatency} do not
 * allow. Owned by the export's loop.
 */
final class LatencyCounts {
    private static final int BOUND_COUNT = LatencyBounds.US.size();

    private static final long[] BOUNDS_NS =
            LatencyBounds.US.stream().mapToLong(us -> us * 1000L).toArray();

    private final long[] counts = new long[BOUND_COUNT + 1];
    private long sumNs;

    void record(long tookNs) {
        long ns = Math.max(0, tookNs);
        int bucket = 0;
        while (bucket < BOUND_COUNT && ns > BOUNDS_NS[bucket]) {
            bucket++;
        }
        counts[bucket]++;
        sumNs += ns;
    }

    TrafficView.Times told() {
        return TrafficView.Times.of(counts, sumNs / 1000);
    }
}
