// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Frames become smaller where large ones are swallowed, and only there. */
class LadderTest {
    private static final int TOP = 17;

    private final Ladder ladder = new Ladder();

    /** So many frames of that size, sent one after the other from a time on, are lost. */
    private void lose(int count, int sectors, long sentNs, long heardNs) {
        for (int frame = 0; frame < count; frame++) {
            ladder.lost(sectors, sentNs + frame, heardNs);
        }
    }

    @Test
    void itBeginsAtTheTop() {
        assertThat(ladder.sectors(TOP)).isEqualTo(TOP);
        assertThat(ladder.isBelow(TOP)).isFalse();
    }

    @Test
    void largeFramesThatAreLostWhileSmallOnesPassTakeItDownRungByRung() {
        lose(4, TOP, 100, 200);
        assertThat(ladder.sectors(TOP)).isEqualTo(16);
        lose(4, 16, 300, 400);
        assertThat(ladder.sectors(TOP)).isEqualTo(8);
        lose(4, 8, 500, 600);
        assertThat(ladder.sectors(TOP)).isEqualTo(2);
        lose(9, 2, 700, 800);
        assertThat(ladder.sectors(TOP)).isEqualTo(2);
    }

    @Test
    void requestsSmallerThanItsRungTakeItBelowThemAtOnce() {
        lose(4, 8, 100, 200);
        assertThat(ladder.sectors(TOP)).isEqualTo(2);
    }

    @Test
    void aLossByChanceDoesNotCount() {
        for (int round = 0; round < 10; round++) {
            lose(3, TOP, 100L * round, 100L * round + 50);
            ladder.passed(TOP, TOP);
        }
        assertThat(ladder.sectors(TOP)).isEqualTo(TOP);
    }

    @Test
    void smallFramesThatPassDoNotSpeakForLargeOnes() {
        lose(3, TOP, 100, 200);
        ladder.passed(8, TOP);
        lose(1, TOP, 300, 400);
        assertThat(ladder.sectors(TOP)).isEqualTo(16);
    }

    @Test
    void aPathThatIsSilentIsDeadAndNotTooSmall() {
        lose(100, TOP, 100, 50);
        assertThat(ladder.sectors(TOP)).isEqualTo(TOP);
    }

    @Test
    void aProofBetweenTheLossesShowsThatThePathLives() {
        lose(3, 8, 100, 50);
        // All in flight was lost, the path was silent, an IDENTIFY has shown it alive.
        lose(1, 8, 400, 300);
        assertThat(ladder.sectors(TOP)).isEqualTo(2);
    }

    @Test
    void aLargerFrameThatPassedTakesItUp() {
        lose(4, 8, 100, 200);
        assertThat(ladder.above(TOP)).isEqualTo(8);
        ladder.passed(8, TOP);
        assertThat(ladder.sectors(TOP)).isEqualTo(8);
        assertThat(ladder.above(TOP)).isEqualTo(16);
        ladder.passed(16, TOP);
        assertThat(ladder.above(TOP)).isEqualTo(TOP);
        ladder.passed(TOP, TOP);
        assertThat(ladder.isBelow(TOP)).isFalse();
    }
}
