// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

class PatternTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(8 * 512 + 3, 8);

    @Test
    void whatWasFilledMatchesAtItsAddressOnly() {
        Pattern.fill(memory, 3, 100, 8);

        assertThat(Pattern.mismatches(memory, 3, 100, 8)).isZero();
        assertThat(Pattern.mismatches(memory, 3, 101, 8)).isEqualTo(8);
    }

    @Test
    void oneFlippedBitIsOneBadSector() {
        Pattern.fill(memory, 0, 0, 8);
        memory.set(
                ValueLayout.JAVA_BYTE, 1023, (byte) (memory.get(ValueLayout.JAVA_BYTE, 1023) ^ 4));

        assertThat(Pattern.mismatches(memory, 0, 0, 8)).isEqualTo(1);
    }
}
