// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PrngTest {
    @Test
    void theNumbersAreThoseOfSplitMix64() {
        Prng prng = new Prng(1_234_567);
        assertThat(prng.nextLong()).isEqualTo(6_457_827_717_110_365_317L);
        assertThat(prng.nextLong()).isEqualTo(3_203_168_211_198_807_973L);
        assertThat(Long.toUnsignedString(prng.nextLong())).isEqualTo("9817491932198370423");
        assertThat(new Prng(0).nextLong()).isEqualTo(0xe220_a839_7b1d_cdafL);
    }

    @Test
    void drawsStayWithinTheirBoundsAndReachThem() {
        Prng prng = new Prng(1);
        boolean[] seen = new boolean[7];
        for (int draw = 0; draw < 1_000; draw++) {
            seen[prng.below(7)] = true;
            assertThat(prng.between(-3, 3)).isBetween(-3, 3);
            assertThat(prng.below(Long.MAX_VALUE)).isNotNegative();
            assertThat(prng.unit()).isBetween(0.0, Math.nextDown(1.0));
        }
        assertThat(seen).containsOnly(true);
        assertThat(prng.below(1)).isZero();
        assertThat(prng.below(Integer.MAX_VALUE)).isNotNegative();
    }

    @Test
    void chanceIsAsLikelyAsAskedAndCertainAtItsEnds() {
        Prng prng = new Prng(2);
        int hits = 0;
        for (int draw = 0; draw < 100_000; draw++) {
            hits += prng.chance(0.25) ? 1 : 0;
            assertThat(prng.chance(0)).isFalse();
            assertThat(prng.chance(1)).isTrue();
        }
        assertThat(hits).isCloseTo(25_000, within(600));
    }

    @Test
    void aForkDrawsItsOwnNumbers() {
        Prng one = new Prng(3);
        Prng fork = one.fork();
        long next = new Prng(3).nextLong();
        assertThat(fork.nextLong()).isEqualTo(new Prng(next).nextLong());
        assertThat(one.nextLong()).isNotEqualTo(fork.nextLong());
    }
}
