// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

class LatencyHistogramTest {
    private static final long S = 1_000_000_000L;

    private static TrafficView.Latency told(LatencyHistogram histogram, long nowNs) {
        LatencySum sum = new LatencySum();
        histogram.addTo(sum, nowNs);
        return sum.told();
    }

    @Test
    void bucketsFollowOneAnotherAndAreNarrow() {
        int bucket = 0;
        for (int us = 0; us < 1 << 20; us++) {
            int next = LatencyHistogram.bucket(us);
            assertThat(next - bucket).isBetween(0, 1);
            bucket = next;
            assertThat(LatencyHistogram.usMax(bucket)).isBetween(us, us + us / 16);
        }
        assertThat(LatencyHistogram.bucket((1 << 26) - 1))
                .isEqualTo(LatencyHistogram.BUCKET_COUNT - 1);
    }

    @Test
    void percentilesAreAtMostSixPerCentAboveTheTruth() {
        Prng prng = new Prng(7);
        LatencyHistogram histogram = new LatencyHistogram();
        long[] us = new long[10_000];
        for (int index = 0; index < us.length; index++) {
            us[index] = prng.below(1 << prng.between(1, 20));
            histogram.record(us[index] * 1000 + 999, 5 * S);
        }
        Arrays.sort(us);
        TrafficView.Latency told = told(histogram, 5 * S);
        assertThat(told.count()).isEqualTo(us.length);
        assertThat(told.p50Us()).isBetween(us[4999], us[4999] + us[4999] / 16);
        assertThat(told.p99Us()).isBetween(us[9899], us[9899] + us[9899] / 16);
        assertThat(told.p999Us()).isBetween(us[9989], us[9989] + us[9989] / 16);
        assertThat(told.maxUs()).isEqualTo(us[9999]);
    }

    @Test
    void theExtremesHaveAPlace() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(-5, 0);
        histogram.record(Long.MAX_VALUE, 0);
        histogram.record(Long.MIN_VALUE, 0);
        assertThat(told(histogram, 0))
                .isEqualTo(new TrafficView.Latency(3, 0, 67_108_863, 67_108_863, 67_108_863));
    }

    @Test
    void windowsTakeTurnsAlsoWhenTheClockIsBelowZero() {
        for (long startNs : new long[] {-7 * S, 0, 123 * S}) {
            LatencyHistogram histogram = new LatencyHistogram();
            for (long second = 0; second < 60; second++) {
                histogram.record(1000, startNs + second * S);
            }
            assertThat(told(histogram, startNs + 59 * S).count()).isBetween(8L, 13L);
            assertThat(histogram.isPast(startNs + 59 * S)).isFalse();
            assertThat(told(histogram, startNs + 72 * S).count()).isZero();
            assertThat(histogram.isPast(startNs + 72 * S)).isTrue();
        }
    }

    @Test
    void aHistogramWithNothingRecentIsLentAnew() {
        LatencyPool pool = new LatencyPool();
        RecentLatency former = new RecentLatency();
        former.record(1000, 0, pool);
        RecentLatency later = new RecentLatency();
        later.record(2000, 13 * S, pool);
        former.record(3000, 14 * S, pool);
        assertThat(pool.madeCount()).isEqualTo(2);
        LatencySum sum = new LatencySum();
        later.addTo(sum, 14 * S);
        assertThat(sum.told()).isEqualTo(new TrafficView.Latency(1, 2, 2, 2, 2));
    }

    @Test
    void beyondTheBoundNothingIsMeasuredUntilOneRests() {
        LatencyPool pool = new LatencyPool();
        for (int index = 0; index < Limits.LATENCY_COUNT_MAX + 10; index++) {
            new RecentLatency().record(1000, 0, pool);
        }
        assertThat(pool.madeCount()).isEqualTo(Limits.LATENCY_COUNT_MAX);
        RecentLatency one = new RecentLatency();
        one.record(1000, 13 * S, pool);
        LatencySum sum = new LatencySum();
        one.addTo(sum, 13 * S);
        assertThat(sum.told().count()).isEqualTo(1);
    }
}
