// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;

class EscapedTextTest {
    @Test
    void anyBytesComeBackThroughPrintableAscii() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        String text = EscapedText.of(all);
        assertThat(text).matches("[ -~]+");
        assertThat(EscapedText.parse(text)).isEqualTo(all);
    }

    @Test
    void textStaysAsItIs() {
        String text = "node1:disk0 \"~\" %s";
        assertThat(EscapedText.of(text.getBytes(StandardCharsets.US_ASCII))).isEqualTo(text);
    }

    @Test
    void escapesOfAPersonAreBytes() {
        assertThat(EscapedText.parse("a\\n\\t\\r\\\\\\xfF"))
                .containsExactly('a', '\n', '\t', '\r', '\\', 0xff);
        assertThat(EscapedText.parse("\u00e9")).containsExactly(0xc3, 0xa9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\", "a\\q", "\\x", "\\x1", "\\x1g", "\\xg1"})
    void whatIsNoEscapeIsRefused(String text) {
        assertThatThrownBy(() -> EscapedText.parse(text))
                .isInstanceOf(EtherbayException.class)
                .extracting(error -> ((EtherbayException) error).code())
                .isEqualTo(ErrorCode.INVALID);
    }
}
