// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * The {@link LatencyHistogram}s of one loop, for all its exports: made as they are needed, {@link
 * Limits#LATENCY_COUNT_MAX} at most, and lent anew when nothing in them is recent. So neither a
 * thousand exports that rest nor invented addresses take memory. Owned by the loop.
 */
final class LatencyPool {
    /** Looked at before one is made: those that are past are found over many calls. */
    private static final int LOOK_COUNT = 2;

    /** To make what is told of an export. */
    final LatencySum reads = new LatencySum();

    final LatencySum writes = new LatencySum();
    final LatencySum single = new LatencySum();

    private final List<LatencyHistogram> made = new ArrayList<>();
    private int hand;

    /** One with nothing recent in it; null when all are in use: then nothing is measured. */
    @Nullable
    LatencyHistogram take(RecentLatency holder, long nowNs) {
        LatencyHistogram found = past(nowNs);
        if (found == null && made.size() < Limits.LATENCY_COUNT_MAX) {
            found = new LatencyHistogram();
            made.add(found);
        }
        if (found != null) {
            found.lendTo(holder);
        }
        return found;
    }

    private @Nullable LatencyHistogram past(long nowNs) {
        for (int looks = Math.min(LOOK_COUNT, made.size()); looks > 0; looks--) {
            hand = (hand + 1) % made.size();
            LatencyHistogram one = made.get(hand);
            if (one.isPast(nowNs)) {
                return one;
            }
        }
        return null;
    }

    /** For tests: how many there are. */
    int madeCount() {
        return made.size();
    }
}
