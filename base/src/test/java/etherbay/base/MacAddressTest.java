// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

class MacAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "02:0a:ff:00:01:9c",
                "02-0A-FF-00-01-9C",
                "2:a:ff:0:1:9c",
                "020aff00019c",
                " 020AFF00019C "
            })
    void allUsualSpellingsAreRead(String text) {
        assertThat(MacAddress.parse(text)).contains(new MacAddress(0x020a_ff00_019cL));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02:0a:ff:00:01",
                "02:0a:ff:00:01:9c:00",
                "02:0a:ff:00:01:9g",
                "020aff00019",
                ":::::",
                "02.0a.ff.00.01.9c",
                "002:0a:ff:00:01:9c"
            })
    void anythingElseIsNone(String text) {
        assertThat(MacAddress.parse(text)).isEmpty();
    }

    @Test
    void textIsSixLowerCaseOctets() {
        assertThat(new MacAddress(0x020a_ff00_019cL)).hasToString("02:0a:ff:00:01:9c");
        assertThat(MacAddress.BROADCAST).hasToString("ff:ff:ff:ff:ff:ff");
    }

    @Test
    void theLowestBitOfTheFirstOctetMakesAGroup() {
        assertThat(MacAddress.BROADCAST.isGroup()).isTrue();
        assertThat(new MacAddress(0x0100_5e00_0001L).isGroup()).isTrue();
        assertThat(new MacAddress(0x02ff_ffff_ffffL).isGroup()).isFalse();
        assertThatThrownBy(() -> new MacAddress(1L << 48)).isInstanceOf(AssertionError.class);
    }

    @Test
    void anAddressIsReadInTheOrderOfTheWire() {
        byte[] frame = {9, 2, 10, -1, 0, 1, -100, 7, 7};
        assertThat(MacAddress.read(MemorySegment.ofArray(frame), 1)).isEqualTo(0x020a_ff00_019cL);
    }

    @Test
    void eachTermOfEachNodeHasAnAddressOfItsOwnThatIsLocalAndNoGroup() {
        UUID one = UUID.fromString("6f1c5b1e-3f43-4a53-9f6e-0d6f3c1c2a01");
        UUID other = UUID.fromString("6f1c5b1e-3f43-4a53-9f6e-0d6f3c1c2a02");
        Set<MacAddress> seen = new HashSet<>();
        for (long epoch = 1; epoch <= 10_000; epoch++) {
            seen.add(MacAddress.ofTerm(one, new Epoch(epoch)));
            seen.add(MacAddress.ofTerm(other, new Epoch(epoch)));
        }
        assertThat(seen)
                .hasSize(20_000)
                .allMatch(mac -> (mac.bits() >>> 40 & 0xf) == 2)
                .noneMatch(MacAddress::isGroup);
        // Never another one: it stands in fences that outlive the program.
        assertThat(MacAddress.ofTerm(one, new Epoch(7))).hasToString("62:c9:ec:a7:c0:05");
    }

    @Test
    void inventedAddressesAreLocalAndNoGroup() {
        Prng prng = new Prng(4);
        for (int count = 0; count < 1_000; count++) {
            assertThat(MacAddress.locallyAdministered(prng).toString()).startsWith("02:");
        }
    }
}
