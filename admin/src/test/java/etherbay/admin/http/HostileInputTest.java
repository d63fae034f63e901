// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.FakeNode;
import etherbay.admin.Role;
import etherbay.base.Prng;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What nobody should send: a clear error, nothing changed, nothing of it in a log. */
@Timeout(120)
final class HostileInputTest {
    @TempDir
    private Path folder;

    private ApiLab lab;
    private final List<String> logged = new ArrayList<>();
    private final Handler log = new Handler() {
        @Override
        public synchronized void publish(LogRecord record) {
            logged.add(new SimpleFormatter().format(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
        Logger.getLogger("").addHandler(log);
    }

    @AfterEach
    void nothingHasChangedAndNothingIsLogged() {
        Logger.getLogger("").removeHandler(log);
        assertThat(lab.node().asked).isEmpty();
        assertThat(lab.node().settings).isEqualTo(FakeNode.SETTINGS);
        assertThat(logged).isEmpty();
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/../../etc/passwd",
                "/api/v1/%2e%2e/report",
                "/api/v1/exports/%2e%2e%2fsettings",
                "/api/v1/exports/e0.0%00",
                "/api/v1/exports/e0.0%0d%0aX: y",
                "/api/v1/exports/%ff",
                "/api/v1/exports/%",
                "/api/v1/exports/..;/report",
                "/api/v1//report",
                "/api/v1/report;x=1",
                "/api/v1/exports/é",
                "//api/v1/report",
                "/console/../../admin/http/openapi.json",
                "/console/%2e%2e/admin/http/openapi.json",
                "/console/lib/../index.html",
                "/console/lib/%2e%2e%2f%2e%2e%2fMETA-INF/MANIFEST.MF",
                "/console//etc/passwd",
                "/console/lib/package.json",
                "api/v1/report",
                "http://",
                "*"
            })
    void aTrickyPathLeadsNowhere(String path) throws IOException {
        RawAnswer answer = lab.unix("GET", path, "");
        assertThat(answer.status()).as(answer.text()).isIn(400, 404);
        assertThat(answer.text()).doesNotContain("openapi\":", "root:");
    }

    @Test
    void anOverlongPathAndAnOverlongHeaderAreRefused() throws IOException {
        assertThat(lab.unix("GET", "/api/v1/" + "a".repeat(2000), "").status()).isEqualTo(400);
        assertThat(lab.unix("GET", "/api/v1/" + "a".repeat(20_000), "").status())
                .isIn(414, 431);
        assertThat(lab.unix("GET", "/api/v1", "", "X: " + "a".repeat(20_000)).status())
                .isEqualTo(431);
    }

    @Test
    void aLargeBodyIsRefusedBeforeItIsSent() throws IOException {
        String head =
                "PUT /api/v1/settings HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n";
        RawAnswer answer = ApiLab.ask(UnixDomainSocketAddress.of(lab.socket()), head);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.text()).contains("\"code\":\"INVALID\"");
    }

    @Test
    void aLargeBodyThatDoesNotSayItsSizeIsRefusedOnTheWay() throws IOException {
        ByteBuffer chunk = ByteBuffer.wrap(
                ("10000\r\n" + "x".repeat(65536) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        long sent = 0;
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(lab.socket()))) {
            channel.write(ByteBuffer.wrap(
                    "PUT /api/v1/settings HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII)));
            try {
                while (sent < 100 << 20) {
                    sent += channel.write(chunk.duplicate());
                }
            } catch (IOException refused) {
                // as it should
            }
            ByteBuffer answer = ByteBuffer.allocate(4096);
            channel.read(answer);
            assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 413");
        }
        assertThat(sent).isLessThan(16 << 20);
    }

    @Test
    void aSlowBodyIsCutOff() throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(lab.socket()))) {
            channel.write(ByteBuffer.wrap(
                    "PUT /api/v1/settings HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"
                            .getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            channel.read(answer);
            assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 408");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{\"on\":1}",
                "{\"on\":\"true\"}",
                "{\"on\":null}",
                "{\"off\":true}",
                "{\"on\":true,\"on\":false}",
                "{\"on\":true",
                "{\"on\":{\"on\":true}}",
                "\u0000",
                "on=true"
            })
    void aBodyThatIsNotAsItShouldBeIsRefused(String body) throws IOException {
        RawAnswer answer = lab.unix("POST", "/api/v1/exports/e0.0/trace", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("\"code\":\"INVALID\"", "\"correction\":\"");
    }

    @Test
    void randomBodiesChangeNothing() throws IOException {
        Prng prng = new Prng(99);
        for (int round = 0; round < 200; round++) {
            byte[] body = new byte[prng.below(200)];
            for (int index = 0; index < body.length; index++) {
                body[index] = (byte) prng.nextLong();
            }
            String text = new String(body, StandardCharsets.ISO_8859_1);
            String path = prng.chance(0.5) ? "/exports/e0.0/trace" : "/mirrors/none/check";
            RawAnswer answer = lab.unix("POST", "/api/v1" + path, text);
            assertThat(answer.status()).as("round %d", round).isIn(400, 404);
        }
    }

    @Test
    void randomRequestsAreAnsweredOrCutAndNothingElse() throws IOException {
        Prng prng = new Prng(7);
        String good = ApiLab.request("POST", "/api/v1/mirrors/none/check", "{\"leg\":\"x\"}");
        for (int round = 0; round < 300; round++) {
            byte[] bytes = good.getBytes(StandardCharsets.ISO_8859_1);
            for (int flips = 1 + prng.below(4); flips > 0; flips--) {
                bytes[prng.below(bytes.length)] = (byte) prng.nextLong();
            }
            // Cut, so that what waits for more of a head or body is not waited for.
            RawAnswer answer = askAndEnd(bytes);
            assertThat(answer.status())
                    .as("round %d", round)
                    .isIn(0, 400, 404, 405, 408, 411, 413, 417, 431, 501, 505, 200, 302);
        }
    }

    private RawAnswer askAndEnd(byte[] bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(lab.socket()))) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(16 << 10);
            try {
                int count = 0;
                while (count >= 0 && answer.hasRemaining()) {
                    count = channel.read(answer);
                }
            } catch (IOException cut) {
                return new RawAnswer(0, List.of(), new byte[0]);
            }
            byte[] whole = new byte[answer.position()];
            answer.flip().get(whole);
            String head = new String(whole, StandardCharsets.ISO_8859_1);
            return head.startsWith("HTTP/1.1 ")
                    ? new RawAnswer(Integer.parseInt(head.substring(9, 12)), List.of(), whole)
                    : new RawAnswer(0, List.of(), whole);
        }
    }

    @Test
    void noSecretStandsInAnyFile() throws IOException {
        String token = lab.token(Role.VIEWER);
        lab.tcp("GET", "/api/v1/report", "", token);
        lab.tcp("PUT", "/api/v1/settings", "password = \"hunter2\"", token);
        lab.tcp("PUT", "/api/v1/settings", "x", token + "wrong");
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file)).doesNotContain(token, "hunter2");
            }
        }
    }

    @Test
    void anEveryDayPageOfAnotherSiteCannotChangeAnything() throws IOException {
        RawAnswer answer = lab.tcp(
                "POST",
                "/api/v1/exports/e0.0/trace",
                "{\"on\":true}",
                "",
                "Origin: https://evil.example",
                "Cookie: token=" + lab.token(Role.ADMIN));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
    }
}
