// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;

final class NbdUriTest {
    @Test
    void socketsAndHostsAreRead() {
        assertThat(NbdUri.parse("nbd+unix:///a/b?socket=/tmp/s%20t+u"))
                .isEqualTo(new NbdUri(new NbdAddress.Unix(Path.of("/tmp/s t+u")), "a/b"));
        assertThat(NbdUri.parse("nbd://host"))
                .isEqualTo(new NbdUri(new NbdAddress.Tcp("host", 10809), ""));
        assertThat(NbdUri.parse("nbd://[::1]:5/%C3%A4"))
                .isEqualTo(new NbdUri(new NbdAddress.Tcp("::1", 5), "ä"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbd+unix:///a%20b?socket=/s%20t", "nbd://[::1]:5/x", "nbd://h:10809/"})
    void textIsWhatWasWritten(String text) {
        assertThat(NbdUri.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nbd:x",
                "nbd://",
                "nbd:///x",
                "nbd://h:0/",
                "nbd://h:70000/",
                "nbd://u@h/",
                "nbd://h/?socket=/s",
                "nbd+unix:///x",
                "nbd+unix:///x?socket=",
                "nbd+unix:///x?socket=/s&b=c",
                "nbd+unix://h/x?socket=/s",
                "nbds://h/",
                "nbd+vsock:///",
                "nbd://h/%zz"
            })
    void whatIsNoneIsRefusedInThreeLines(String text) {
        assertThat(NbdUri.isOne(text)).isTrue();
        assertThatThrownBy(() -> NbdUri.parse(text))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refused.getMessage()).contains(text);
                    assertThat(refused.correction()).contains("nbd");
                });
    }
}
