// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.InterfacePattern;
import etherbay.base.MacAddress;
import etherbay.base.PortAddress;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * What a person calls a port, some interfaces, a station: a text is refused as INVALID, or means
 * something whose own text means the same.
 */
public final class PortAddressFuzz {
    private PortAddressFuzz() {}

    /** One text. */
    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        readTwice(text, PortAddress::parse);
        readTwice(text, InterfacePattern::parse);
        MacAddress.parse(text)
                .ifPresent(mac -> assertThat(MacAddress.parse(mac.toString())).hasValue(mac));
    }

    private static <T> void readTwice(String text, Function<String, T> parse) {
        T read;
        try {
            read = parse.apply(text);
        } catch (EtherbayException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.why().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.correction()).isNotBlank();
            return;
        }
        assertThat(parse.apply(read.toString())).isEqualTo(read);
    }
}
