// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The table of opcodes, pinned. */
class AtaCommandTest {
    @Test
    void everyOpcodeHasTheCommandOfTheTable() {
        Map<AtaCommand, Set<Integer>> opcodes = new EnumMap<>(AtaCommand.class);
        for (int opcode = 0; opcode < 256; opcode++) {
            opcodes.computeIfAbsent(AtaCommand.of(opcode), command -> new TreeSet<>())
                    .add(opcode);
        }
        assertThat(opcodes.remove(AtaCommand.UNSUPPORTED))
                .hasSize(256 - 11)
                .contains(AtaCommand.SMART, 0x00, 0x25, 0x35);
        assertThat(opcodes)
                .isEqualTo(Map.of(
                        AtaCommand.READ, Set.of(0x20, 0x24),
                        AtaCommand.WRITE, Set.of(0x30, 0x34),
                        AtaCommand.WRITE_FUA, Set.of(0x3d),
                        AtaCommand.FLUSH, Set.of(0xe7, 0xea),
                        AtaCommand.IDENTIFY, Set.of(0xec),
                        AtaCommand.CHECK_POWER_MODE, Set.of(0xe5),
                        AtaCommand.SET_FEATURES, Set.of(0xef),
                        AtaCommand.TRIM, Set.of(0x06)));
    }

    @Test
    void onlyExtendedOpcodesUseSixLbaBytes() {
        Set<Integer> extended = new TreeSet<>();
        for (int opcode = 0; opcode < 256; opcode++) {
            if (AtaCommand.lba48(opcode)) {
                extended.add(opcode);
            }
        }
        assertThat(extended).containsExactly(0x06, 0x24, 0x34, 0x3d, 0xea);
    }

    @Test
    void whatCarriesDataToTheTargetWrites() {
        for (AtaCommand command : AtaCommand.values()) {
            boolean expected = Set.of(AtaCommand.WRITE, AtaCommand.WRITE_FUA, AtaCommand.TRIM)
                    .contains(command);
            assertThat(command.writes()).as(command.name()).isEqualTo(expected);
            assertThat(command.needsData()).as(command.name()).isEqualTo(expected);
        }
    }
}
