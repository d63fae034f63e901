// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyResultsTest {
    /** So many writes of 128 KiB in a second. */
    private static CopyResults.Pair pair(double copied, long writes) {
        LoadResult result = new LoadResult(
                "", writes, 1_000_000_000, 0, 0, 0, 0, new LoadResult.Latency(1, 2, 3, 4));
        return CopyResults.Pair.of(copied, new Sample(result, 0, 0), 128 * 1024);
    }

    private static CopyResults measured(double... copied) {
        CopyResults results = new CopyResults();
        for (double one : copied) {
            results.add("slow", pair(one, 80));
        }
        return results;
    }

    @Test
    void whatWasCopiedIsDividedByWhatWasWrittenInTheSamePair() {
        assertThat(pair(5, 80)).isEqualTo(new CopyResults.Pair(5, 10));
        assertThat(pair(5, 80).ratio()).isEqualTo(0.5);
    }

    @Test
    void theMedianOfThePairsReachesTheBarOrNot() {
        assertThat(measured(1, 8, 9).bar("slow").missed()).isFalse();
        assertThat(measured(1, 7.9, 9).bar("slow").missed()).isTrue();
    }

    @Test
    void aSettingThatWasNotMeasuredIsNotMissed() {
        assertThat(measured().bar("slow")).matches(bar -> !bar.missed());
        assertThat(measured(1).bar("other").measured()).isEmpty();
    }

    @Test
    void theReportHasBothRatesAndTheirRatio() {
        assertThat(measured(9, 9, 9).toText())
                .contains("copied MiB/s 9.0 [9.0-9.0]", "sequential write MiB/s 10.0", "0.90");
        assertThat(Json.of(measured(9).toJson())).contains("\"setting\": \"slow\"", "ratio");
    }
}
