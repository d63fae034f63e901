// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

final class PropertyTest {
    @Test
    void aTrueClaimIsTriedOnEveryCase() {
        List<Integer> lengths = new ArrayList<>();
        Property.check(
                "bytes have a length",
                100,
                Property.Gen.bytes(),
                bytes -> lengths.add(bytes.length));
        assertThat(lengths).hasSize(100);
        assertThat(lengths).anyMatch(length -> length > 50);
    }

    @Test
    void aFalseClaimIsReportedWithASmallValueAndItsReplayLine() {
        assertThatThrownBy(() -> Property.check(
                        "short",
                        500,
                        (prng, size) -> size,
                        size -> assertThat(size).isLessThan(20)))
                .isInstanceOfSatisfying(SimulationFailure.class, failure -> {
                    int smallest = 1 + (int) (failure.seed() & 0xff);
                    assertThat(smallest).isBetween(20, 40);
                    assertThat(failure)
                            .hasMessageContaining("short fails for a value of size " + smallest)
                            .hasMessageContaining("./dev test sim PropertyTest#")
                            .hasMessageContaining(SimulationFailure.hex(failure.seed()));
                });
    }

    @Test
    void ofBytesOnlyThoseThatTheFailureNeedsAreLeft() {
        assertThatThrownBy(() -> Property.check("no pair", 500, Property.Gen.bytes(), bytes -> {
                    for (int at = 2; at < bytes.length; at++) {
                        boolean pair = (bytes[at - 2] & 0xf) == 7 && (bytes[at] & 0xf) == 3;
                        assertThat(pair).isFalse();
                    }
                }))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageMatching("(?s).*the simplest one found: 3 bytes .700.3\\s.*");
    }

    @Test
    void aPatternTellsItsWriteAndAnyChangedByteIsDamage() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(512);
            Property.check("sector pattern", 300, (prng, size) -> prng, prng -> {
                long write = 1 + prng.below(1L << 40);
                long lba = prng.below(1L << 40);
                SectorPattern.fill(memory, 0, lba, 1, write);
                assertThat(SectorPattern.writeOf(memory, 0, lba)).isEqualTo(write);
                long elsewhere = SectorPattern.writeOf(memory, 0, lba + 1);
                assertThat(elsewhere).isEqualTo(SectorPattern.DAMAGED);
                int at = prng.below(512);
                byte flipped = (byte) (1 << prng.below(8));
                byte before = memory.get(ValueLayout.JAVA_BYTE, at);
                memory.set(ValueLayout.JAVA_BYTE, at, (byte) (before ^ flipped));
                long damaged = SectorPattern.writeOf(memory, 0, lba);
                assertThat(damaged).isEqualTo(SectorPattern.DAMAGED);
            });
        }
    }
}
