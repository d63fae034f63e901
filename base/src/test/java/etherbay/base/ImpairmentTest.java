// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ImpairmentTest {
    private static final int FRAME_COUNT = 100_000;

    @Test
    void withoutSettingsEachFrameArrivesOnceAndAtOnce() {
        Impairment impairment = new Impairment(Impairment.Settings.NONE, new Prng(1));
        for (int frame = 0; frame < 1_000; frame++) {
            impairment.next();
            assertThat(impairment.copies()).isEqualTo(1);
            assertThat(impairment.delayNs(0)).isZero();
        }
    }

    @Test
    void theSharesOfLostDoubledAndHeldFramesAreThoseAskedFor() {
        Impairment impairment =
                new Impairment(Impairment.Settings.of(0.1, 0.2, 0.3, 1_000), new Prng(7));
        int lost = 0;
        int doubled = 0;
        int held = 0;
        for (int frame = 0; frame < FRAME_COUNT; frame++) {
            impairment.next();
            lost += impairment.copies() == 0 ? 1 : 0;
            doubled += impairment.copies() == 2 ? 1 : 0;
            held += impairment.delayNs(0) > 1_000 ? 1 : 0;
            assertThat(impairment.delayNs(0)).isBetween(1_000L, 1_000 + Impairment.HOLD_NS_MIN);
        }
        assertThat(lost).isCloseTo(10_000, within(500));
        assertThat(doubled).isCloseTo(18_000, within(700));
        assertThat(held).isCloseTo(30_000, within(800));
    }

    @Test
    void anotherProbabilityDoesNotMoveTheLosses() {
        Impairment calm = new Impairment(Impairment.Settings.of(0.5, 0, 0, 0), new Prng(3));
        Impairment wild = new Impairment(Impairment.Settings.of(0.5, 0.5, 0.5, 9), new Prng(3));
        for (int frame = 0; frame < 1_000; frame++) {
            calm.next();
            wild.next();
            assertThat(wild.copies() == 0).isEqualTo(calm.copies() == 0);
        }
    }

    @Test
    void whatIsNoProbabilityIsRefusedWithItsName() {
        assertThatThrownBy(() -> Impairment.Settings.of(0, 1.5, 0, 0))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("duplicate of 1.5");
        assertThatThrownBy(() -> Impairment.Settings.of(Double.NaN, 0, 0, 0))
                .isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> Impairment.Settings.of(0, 0, 0, -1))
                .isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> Impairment.Settings.of(0, 0, 0, Long.MAX_VALUE))
                .isInstanceOf(EtherbayException.class);
    }
}
