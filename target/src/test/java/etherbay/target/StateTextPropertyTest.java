// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Epoch;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.Property;
import etherbay.sim.Property.Gen;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Whatever an export remembers is read back from its file, and no changed byte goes unseen. */
class StateTextPropertyTest {
    private static final int CASE_COUNT = 1000;

    private static final Gen<ExportState> STATES = (prng, size) -> new ExportState(
            letters(prng, Math.min(4 * size, 1024), 256),
            macs(prng, Math.min(size, 255)),
            macs(prng, Math.min(size, 255)),
            new Epoch(prng.nextLong()),
            macs(prng, Math.min(size, 32)),
            macs(prng, Math.min(size, 16)).stream()
                    .map(mac -> new ExportState.Floor(mac, (int) prng.nextLong()))
                    .toList(),
            "7K2MQX4RVB9TNWZ3HCDA".substring(prng.below(20)),
            letters(prng, size, 0xd800),
            prng.nextLong(),
            letters(prng, 40, 0xd800),
            prng.chance(0.5),
            prng.chance(0.5));

    private static String letters(Prng prng, int countMax, int below) {
        StringBuilder text = new StringBuilder();
        for (int count = prng.between(0, countMax); count > 0; count--) {
            text.append((char) prng.below(prng.chance(0.5) ? 128 : below));
        }
        return text.toString();
    }

    private static List<MacAddress> macs(Prng prng, int countMax) {
        List<MacAddress> macs = new ArrayList<>();
        for (int count = prng.between(0, countMax); count > 0; count--) {
            macs.add(MacAddress.locallyAdministered(prng));
        }
        return macs;
    }

    @Test
    void everyStateIsReadBackAsItWas() {
        Property.check(
                "state", CASE_COUNT, STATES, state -> assertThat(decoded(state)).isEqualTo(state));
    }

    private static ExportState decoded(ExportState state) {
        try {
            return StateText.decode(StateText.encode(state));
        } catch (StateText.DamagedException damaged) {
            throw new AssertionError(damaged);
        }
    }

    @Test
    void noFileWithAFewBytesChangedIsTaken() {
        Gen<byte[]> damaged = (prng, size) -> {
            byte[] file = StateText.encode(STATES.make(prng, size));
            int at = prng.below(file.length);
            for (int index = at; index < Math.min(file.length, at + prng.between(1, 3)); index++) {
                file[index] ^= (byte) prng.between(1, 255);
            }
            return file;
        };
        Property.check(
                "damage",
                CASE_COUNT,
                damaged,
                file -> assertThatThrownBy(() -> StateText.decode(file))
                        .isInstanceOf(StateText.DamagedException.class));
    }
}
