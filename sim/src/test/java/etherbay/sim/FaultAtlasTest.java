// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaultAtlasTest {
    @Test
    void theOnlyCopyIsLeftAlone() {
        FaultAtlas atlas = new FaultAtlas(1, 0);
        assertThat(atlas.damage(0, 5, 1)).isFalse();
        assertThat(atlas.isGood(0, 5)).isTrue();
    }

    @Test
    void whatIsGivenUpMayBeDamagedWhole() {
        FaultAtlas atlas = new FaultAtlas(1, 8);
        assertThat(atlas.damage(0, 0, 8)).isTrue();
        assertThat(atlas.isGood(0, 7)).isFalse();
        assertThat(atlas.damage(0, 7, 2)).as("one sector beyond").isFalse();
    }

    @Test
    void oneGoodCopyRemainsOfEverySector() {
        FaultAtlas atlas = new FaultAtlas(3, 0);
        assertThat(atlas.damage(0, 0, 10)).isTrue();
        assertThat(atlas.damage(1, 5, 10)).isTrue();
        assertThat(atlas.damage(2, 9, 1)).as("damaged in both others").isFalse();
        assertThat(atlas.damage(2, 10, 5)).isTrue();
        assertThat(atlas.damage(0, 12, 1)).isFalse();
    }

    @Test
    void whatWasMendedIsACopyAgain() {
        FaultAtlas atlas = new FaultAtlas(2, 0);
        assertThat(atlas.damage(0, 0, 4)).isTrue();
        assertThat(atlas.damage(1, 2, 1)).isFalse();
        atlas.mended(0, 2, 1);
        assertThat(atlas.damage(1, 2, 1)).isTrue();
        assertThat(atlas.damage(1, 3, 1)).isFalse();
    }
}
