// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.initiator.tools.EscapedText;
import etherbay.sim.Property;
import etherbay.sim.Property.Gen;

import org.junit.jupiter.api.Test;

import java.util.function.Function;

/** What a person writes for a disk and for a config string, and what we write for them. */
class TextPropertyTest {
    private static final int CASE_COUNT = 2000;
    private static final String LETTERS = "e0123456789.*\\xnrtaf -\u0000\n\u00e9\u009b";

    private static Gen<String> texts() {
        return (prng, size) -> {
            StringBuilder text = new StringBuilder(prng.chance(0.5) ? "e" : "");
            for (int count = prng.between(0, Math.min(size, 12)); count > 0; count--) {
                text.append(LETTERS.charAt(prng.below(LETTERS.length())));
            }
            return text.toString();
        };
    }

    private static <T> void readTwice(
            String text, Function<String, T> parse, Function<T, String> write) {
        T read;
        try {
            read = parse.apply(text);
        } catch (EtherbayException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.why().chars()).noneMatch(Character::isISOControl);
            return;
        }
        assertThat(parse.apply(write.apply(read))).isEqualTo(read);
    }

    @Test
    void anyTextIsTheAddressOfADiskOrRefused() {
        Property.check("disk", CASE_COUNT, texts(), text -> {
            readTwice(text, DiskAddress::parse, DiskAddress::toString);
            readTwice(text, DiskAddress::parseWild, DiskAddress::toString);
        });
    }

    @Test
    void anyAddressIsReadBackAsItWas() {
        Gen<DiskAddress> any =
                (prng, size) -> new DiskAddress(number(prng, 65535), prng.below(256));
        Property.check(
                "address",
                CASE_COUNT,
                any,
                address ->
                        assertThat(DiskAddress.parseWild(address.toString())).isEqualTo(address));
    }

    private static int number(Prng prng, int max) {
        return prng.chance(0.1) ? max : prng.between(0, max);
    }

    @Test
    void anyTextIsAConfigStringOrRefused() {
        Property.check(
                "escaped",
                CASE_COUNT,
                texts(),
                text -> readTwice(text, EscapedText::parse, EscapedText::of));
    }

    @Test
    void anyBytesAreReadBackFromTheirTextWhichIsPrintable() {
        Property.check("bytes", CASE_COUNT, Gen.bytes(), bytes -> {
            String text = EscapedText.of(bytes);
            assertThat(text.chars()).allMatch(letter -> letter >= ' ' && letter <= '~');
            assertThat(EscapedText.parse(text)).isEqualTo(bytes);
        });
    }
}
