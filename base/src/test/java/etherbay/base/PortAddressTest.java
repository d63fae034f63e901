// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;

class PortAddressTest {
    @Test
    void aNameIsANicAndUnixIsASegment() {
        assertThat(PortAddress.parse("eth0.100")).isEqualTo(new PortAddress.Nic("eth0.100"));
        PortAddress segment = PortAddress.parse("unix:/tmp/lab.sock");
        assertThat(segment).isEqualTo(new PortAddress.UnixSocket(Path.of("/tmp/lab.sock")));
        assertThat(segment).hasToString("unix:/tmp/lab.sock");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "unix:",
                "tcp:host:1",
                "/dev/net",
                "a b",
                "..",
                "sixteen-letters-",
                "unix:\0"
            })
    void whatCanBeNeitherIsAnErrorThatNamesIt(String text) {
        assertThatThrownBy(() -> PortAddress.parse(text))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("`" + EtherbayException.shown(text) + "`")
                .extracting(error -> ((EtherbayException) error).code())
                .isEqualTo(ErrorCode.INVALID);
    }

    @Test
    void aSocketPathIsAsLongAsTheKernelTakes() {
        String longest = "/" + "x".repeat(PortAddress.SOCKET_PATH_BYTES_MAX - 1);
        assertThat(PortAddress.parse("unix:" + longest)).hasToString("unix:" + longest);
        assertThatThrownBy(() -> PortAddress.parse("unix:" + longest + "x"))
                .isInstanceOf(EtherbayException.class)
                .extracting(error -> ((EtherbayException) error).why())
                .isEqualTo("it has 108 bytes, a socket's may have 107");
    }

    @Test
    void aNicIsNoSegment() {
        assertThatThrownBy(() -> PortAddress.parseUnix("eth0"))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("`eth0` is no segment");
    }
}
