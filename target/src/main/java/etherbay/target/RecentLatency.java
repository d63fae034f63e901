// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

/**
 * How long one kind of request of one initiator took lately. Has a {@link LatencyHistogram} only
 * while there is something recent to tell. Owned by the export's loop.
 */
final class RecentLatency {
    private @Nullable LatencyHistogram lent;

    void record(long tookNs, long nowNs, LatencyPool pool) {
        LatencyHistogram mine = lent;
        if (mine == null || !mine.isOf(this)) {
            mine = pool.take(this, nowNs);
            lent = mine;
        }
        if (mine != null) {
            mine.record(tookNs, nowNs);
        }
    }

    void addTo(LatencySum sum, long nowNs) {
        LatencyHistogram mine = lent;
        if (mine != null && mine.isOf(this)) {
            mine.addTo(sum, nowNs);
        }
    }
}
