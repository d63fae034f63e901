// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * What a person or a file calls an NBD server: URIs and listening addresses. A text is refused as
 * INVALID, or means something whose own text means the same.
 */
public final class NbdAddressFuzz {
    private NbdAddressFuzz() {}

    /** One text. */
    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        readTwice(text, NbdUri::parse);
        readTwice(text, NbdAddress::parse);
    }

    private static <T> void readTwice(String text, Function<String, T> parse) {
        T read;
        try {
            read = parse.apply(text);
        } catch (EtherbayException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.why()).isNotBlank();
            assertThat(refused.correction()).isNotBlank();
            return;
        }
        T again;
        try {
            again = parse.apply(read.toString());
        } catch (EtherbayException refused) {
            throw new AssertionError(read + " is refused: " + refused.why(), refused);
        }
        assertThat(again).isEqualTo(read);
    }
}
