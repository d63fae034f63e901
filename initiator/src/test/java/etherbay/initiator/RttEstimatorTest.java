// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RttEstimatorTest {
    private static final long US = 1_000;

    private final RttEstimator rtt = new RttEstimator();

    @Test
    void beforeTheFirstSampleItWaitsForAWhile() {
        assertThat(rtt.known()).isFalse();
        assertThat(rtt.timeoutNs(1)).isEqualTo(RttEstimator.RTO_NS_FIRST);
    }

    @Test
    void theFirstSampleIsMeanAndTwiceTheDeviation() {
        rtt.sample(40_000 * US);
        assertThat(rtt.srttNs()).isEqualTo(40_000 * US);
        assertThat(rtt.timeoutNs(1)).isEqualTo((40_000 + 4 * 20_000) * US); // RFC 6298 (2.2)
    }

    @Test
    void laterSamplesMoveItByAnEighthAndAQuarter() {
        rtt.sample(40_000 * US);
        rtt.sample(8_000 * US);
        assertThat(rtt.srttNs()).isEqualTo(36_000 * US);
        // RTTVAR 3/4 * 20 ms + 1/4 * |40 - 8| ms = 23 ms
        assertThat(rtt.timeoutNs(1)).isEqualTo((36_000 + 4 * 23_000) * US);
    }

    @Test
    void aFastNetworkIsGivenTwoMilliseconds() {
        for (int i = 0; i < 100; i++) {
            rtt.sample(50 * US);
        }
        assertThat(rtt.timeoutNs(1)).isEqualTo(RttEstimator.RTO_NS_MIN);
    }

    @Test
    void eachTransmissionDoublesTheWaitUpToTheCeiling() {
        rtt.sample(50 * US);
        assertThat(rtt.timeoutNs(2)).isEqualTo(2 * RttEstimator.RTO_NS_MIN);
        assertThat(rtt.timeoutNs(4)).isEqualTo(8 * RttEstimator.RTO_NS_MIN);
        assertThat(rtt.timeoutNs(1_000_000)).isEqualTo(RttEstimator.RTO_NS_MAX);
    }
}
