// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

/** Serial-number order of tags: what a floor kills, and what it must not. */
class FloorOrderTest {
    private static final int HALF = 1 << 30;

    @Test
    void tagsBeforeTheFloorAreBelowItAndTheFloorItselfIsNot() {
        assertThat(FloorHeader.below(0x8000_0004, 0x8000_0005)).isTrue();
        assertThat(FloorHeader.below(0x8000_0005, 0x8000_0005)).isFalse();
        assertThat(FloorHeader.below(0x8000_0006, 0x8000_0005)).isFalse();
    }

    @Test
    void orderHoldsAcrossTheWrap() {
        assertThat(FloorHeader.below(0xffff_ffff, 0x8000_0000)).isTrue();
        assertThat(FloorHeader.below(0x8000_0000, 0xffff_ffff)).isFalse();
    }

    @Test
    void tagsWithoutBit31AreNeverBelowAnything() {
        Prng prng = new Prng(31);
        for (int round = 0; round < 10_000; round++) {
            int tag = (int) prng.nextLong() & Integer.MAX_VALUE;
            int floorTag = (int) prng.nextLong();
            assertThat(FloorHeader.below(tag, floorTag)).isFalse();
            assertThat(FloorHeader.below(floorTag, tag)).isFalse();
        }
    }

    @Test
    void everyStepBelowHalfTheSpaceOrdersItsEndsOneWay() {
        Prng prng = new Prng(1982);
        for (int round = 0; round < 100_000; round++) {
            int tag = tag((int) prng.nextLong());
            int later = tag(tag + 1 + prng.below(HALF - 1));
            assertThat(FloorHeader.below(tag, later))
                    .as("%08x below %08x", tag, later)
                    .isTrue();
            assertThat(FloorHeader.below(later, tag))
                    .as("%08x below %08x", later, tag)
                    .isFalse();
        }
    }

    @Test
    void orderIsTransitiveWithinHalfTheSpace() {
        Prng prng = new Prng(7);
        for (int round = 0; round < 100_000; round++) {
            int first = tag((int) prng.nextLong());
            int second = tag(first + 1 + prng.below(HALF / 2));
            int third = tag(second + 1 + prng.below(HALF / 2 - 1));
            assertThat(FloorHeader.below(first, third)).isTrue();
        }
    }

    @Test
    void atExactlyHalfTheSpaceTheDoubtIsOnTheSideOfDead() {
        assertThat(FloorHeader.below(0x8000_0000, 0xc000_0000)).isTrue();
        assertThat(FloorHeader.below(0xc000_0000, 0x8000_0000)).isTrue();
    }

    @Test
    void raisingAFloorNeverRevivesATagThatTheLowerOneKilled() {
        Prng prng = new Prng(8);
        for (int round = 0; round < 100_000; round++) {
            int floorTag = tag((int) prng.nextLong());
            int dead = tag(floorTag - 1 - prng.below(HALF / 2));
            int raised = tag(floorTag + prng.below(HALF / 2));
            assertThat(FloorHeader.below(dead, floorTag)).isTrue();
            assertThat(FloorHeader.below(dead, raised)).isTrue();
        }
    }

    private static int tag(int serial) {
        return serial | AoeHeader.TAG_USER_SPACE;
    }
}
