// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WriteGuardTest {
    private static final long LIFE_NS = 1_600;

    private final WriteGuard guard = new WriteGuard(LIFE_NS);

    @Test
    void aRangeThatNothingReachesIsClear() {
        assertThat(guard.isClear(0, 100)).isTrue();
    }

    @Test
    void aWriteUnderWayKeepsOthersOff() {
        guard.entered(16, 4);
        assertThat(guard.isClear(19, 1)).isFalse();
        assertThat(guard.isClear(24, 1)).isTrue();
        guard.left(16, 4);
        assertThat(guard.isClear(19, 1)).isTrue();
    }

    @Test
    void sectorsBesideItAreFree() {
        guard.entered(14, 4);
        assertThat(guard.isClear(12, 2)).isTrue();
        assertThat(guard.isClear(18, 8)).isTrue();
        assertThat(guard.isClear(13, 2)).isFalse();
        assertThat(guard.isClear(17, 9)).isFalse();
        guard.entered(18, 8);
        guard.left(14, 4);
        assertThat(guard.isClear(14, 4)).isTrue();
        assertThat(guard.isClear(17, 2)).isFalse();
    }

    @Test
    void whatIsDeadDoesNotCountForANewOneBesideIt() {
        guard.sent(0, 7);
        guard.mayReach(16, 2, 7);
        guard.floor(8);
        guard.mayReach(18, 2, 8);
        assertThat(guard.isClear(16, 2)).isTrue();
        assertThat(guard.isClear(16, 3)).isFalse();
        guard.mayReach(20, 2, 9);
        assertThat(guard.isClear(18, 2)).isFalse();
        guard.floor(10);
        assertThat(guard.isClear(16, 8)).isTrue();
    }

    @Test
    void anUncertainWriteKeepsOthersOffUntilTheFloorIsAboveIt() {
        guard.sent(0, 7);
        guard.mayReach(16, 4, 7);
        assertThat(guard.isClear(16, 1)).isFalse();
        guard.floor(7);
        assertThat(guard.isClear(16, 1)).isFalse();
        guard.floor(8);
        assertThat(guard.isClear(16, 1)).isTrue();
    }

    @Test
    void orUntilItsLastFrameIsTooOldToLive() {
        guard.sent(0, 7);
        guard.mayReach(16, 4, 7);
        guard.time(LIFE_NS - 1, 8);
        assertThat(guard.isClear(16, 1)).isFalse();
        guard.time(LIFE_NS, 8);
        assertThat(guard.isClear(16, 1)).isTrue();
    }

    @Test
    void whileOthersAreSentAgeIsJudgedInSixteenthsOfALife() {
        guard.sent(0, 7);
        guard.mayReach(16, 4, 7);
        long number = 8;
        long clearNs = 0;
        for (long nowNs = LIFE_NS / 16; clearNs == 0; nowNs += LIFE_NS / 16) {
            guard.sent(nowNs, number++);
            clearNs = guard.isClear(16, 1) ? nowNs : 0;
        }
        assertThat(clearNs).isBetween(LIFE_NS, LIFE_NS + LIFE_NS / 8);
    }

    @Test
    void aTrimOfTheWholeDiskReachesEverything() {
        long sectors = 1L << 30;
        guard.entered(0, sectors);
        assertThat(guard.isClear(5, 1)).isFalse();
        guard.left(0, sectors);
        guard.sent(0, 3);
        guard.mayReach(0, sectors, 3);
        assertThat(guard.isClear(1L << 40, 1)).isFalse();
        guard.floor(4);
        assertThat(guard.isClear(5, 1)).isTrue();
    }

    @Test
    void andWaitsForEverything() {
        long sectors = 1L << 30;
        guard.entered(8, 1);
        assertThat(guard.isClear(0, sectors)).isFalse();
        guard.left(8, 1);
        guard.sent(0, 3);
        guard.mayReach(8, 1, 3);
        assertThat(guard.isClear(0, sectors)).isFalse();
        guard.floor(4);
        assertThat(guard.isClear(0, sectors)).isTrue();
    }
}
