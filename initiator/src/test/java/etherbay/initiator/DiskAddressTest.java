// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiskAddressTest {
    @Test
    void anAddressIsReadAndWrittenAlike() {
        assertThat(DiskAddress.parse("e65534.254")).isEqualTo(new DiskAddress(65534, 254));
        assertThat(DiskAddress.parse("e1.0")).hasToString("e1.0");
        assertThat(DiskAddress.ALL).hasToString("e*.*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.0", "e1", "e1.0 ", "e-1.0", "e65535.0", "e0.255", "e123456.0"})
    void anythingElseIsRefusedWithWhatToWrite(String text) {
        assertThatThrownBy(() -> DiskAddress.parse(text))
                .isInstanceOfSatisfying(EtherbayException.class, error -> {
                    assertThat(error.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(error.correction()).contains("e1.0");
                });
    }

    @Test
    void eitherPartMayBeWildWhereThatIsAllowed() {
        assertThat(DiskAddress.parseWild("e*.*")).isEqualTo(DiskAddress.ALL);
        assertThat(DiskAddress.parseWild("e7.*")).isEqualTo(new DiskAddress(7, 255));
        assertThat(DiskAddress.parseWild("e*.3")).isEqualTo(new DiskAddress(0xffff, 3));
        assertThat(DiskAddress.parseWild("e1.0").isWild()).isFalse();
        assertThat(DiskAddress.parseWild("e*.3").isWild()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "e*", "e**.0", "e65535.*", "e*.255"})
    void whatIsNeitherAnAddressNorWildIsRefused(String text) {
        assertThatThrownBy(() -> DiskAddress.parseWild(text)).isInstanceOf(EtherbayException.class);
    }
}
