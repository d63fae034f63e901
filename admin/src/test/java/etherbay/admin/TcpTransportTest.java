// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import javax.net.ssl.SSLContext;

/** Servers that do not get to their end. */
@Timeout(60)
final class TcpTransportTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{";

    /** What the JDK's client bounds is the head of an answer. */
    @Test
    void anAnswerThatBeginsAndDoesNotEndIsGivenUpInTime() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> begin(server));
            ApiClient client = ApiClient.of(new TcpTransport(
                    URI.create("http://127.0.0.1:" + server.getLocalPort()),
                    SSLContext.getDefault(),
                    Duration.ofMillis(200),
                    Duration.ofMillis(300)));
            assertThatThrownBy(() -> client.get("/"))
                    .isInstanceOfSatisfying(EtherbayException.class, late -> {
                        assertThat(late.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(late.why()).contains("within 500 ms");
                    });
        }
    }

    private static void begin(ServerSocket server) {
        try (Socket one = server.accept()) {
            one.getOutputStream().write(HEAD.getBytes(StandardCharsets.US_ASCII));
            one.getOutputStream().flush();
            one.getInputStream().readAllBytes(); // until the other side has enough
        } catch (IOException gone) {
            return; // as it should
        }
    }
}
