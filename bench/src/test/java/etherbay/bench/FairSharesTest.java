// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import java.util.List;

class FairSharesTest {
    @Test
    void theFairShareIsThatOfEqualParts() {
        FairShares shares = new FairShares(List.of(16, 16, 512));
        shares.add(results(50, 100, 450));
        shares.add(results(100, 100, 100));

        assertThat(shares.share(0)).isEqualTo(new Spread(0.625, 0.25, 1));
        assertThat(shares.share(2)).isEqualTo(new Spread(1.625, 1, 2.25));
    }

    @Test
    void theWorstIsNeverTheOneThatFloods() {
        FairShares shares = new FairShares(List.of(16, 16, 512));
        shares.add(results(140, 120, 40));

        assertThat(shares.worst().median()).isCloseTo(1.2, within(1e-9));
    }

    @Test
    void whereAllAreAlikeEachMayBeTheWorst() {
        FairShares shares = new FairShares(List.of(16, 16));
        shares.add(results(100, 300));

        assertThat(shares.worst().median()).isCloseTo(0.5, within(1e-9));
        assertThat(shares.toText().lines()).hasSize(3);
    }

    private static List<LoadResult> results(Integer... rates) {
        return List.of(rates).stream().map(rate -> Samples.of(rate, 0).result()).toList();
    }
}
