// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Against a server that says what a test has it say. */
class QmpConnectionTest {
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": [%s]}}\n";
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    /** Greets, and answers each line that comes with the next of these texts. */
    private Path served(String greeting, List<String> asked, String... answers) throws IOException {
        Path socket = folder.resolve("s");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(() -> {
            try (server;
                    SocketChannel client = server.accept()) {
                BufferedReader lines = new BufferedReader(new InputStreamReader(
                        Channels.newInputStream(client), StandardCharsets.UTF_8));
                say(client, greeting);
                for (String answer : answers) {
                    asked.add(lines.readLine());
                    say(client, answer);
                }
                lines.readLine();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
        return socket;
    }

    private static void say(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    @Test
    void anAnswerIsFoundAmongEventsAndAnswersOfOthers() throws IOException {
        List<String> asked = new ArrayList<>();
        Path socket = served(
                GREETING.formatted("\"oob\""),
                asked,
                "{\"return\": {}, \"id\": 1}\n",
                "{\"event\": \"STOP\"}\r\n{\"return\": {\"status\": \"late\"}, \"id\": 1}\r\n"
                        + "{\"return\": {\"status\": \"r\u00fcnning\", \"n\": 268967936},"
                        + " \"id\": 2}\r\n");
        try (QmpConnection qmp = QmpConnection.open(socket, TIMEOUT)) {
            QmpValue answer = qmp.execute("query-status", Map.of("a", List.of(1, "b\"")));
            assertThat(answer.at("status").text()).isEqualTo("r\u00fcnning");
            assertThat(answer.at("n").number()).isEqualTo(268967936L);
            assertThat(answer.at("missing").at("more").text()).isEmpty();
            assertThat(qmp.events()).hasSize(1);
        }
        assertThat(asked.get(0)).contains("\"qmp_capabilities\"", "{\"enable\":[\"oob\"]}");
        assertThat(asked.get(1))
                .isEqualTo("{\"execute\":\"query-status\",\"id\":2,"
                        + "\"arguments\":{\"a\":[1,\"b\\\"\"]}}");
    }

    @Test
    void aRefusalHasQemusWords() throws IOException {
        Path socket = served(
                GREETING.formatted(""),
                new ArrayList<>(),
                "{\"return\": {}, \"id\": 1}\n",
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 2}\n");
        try (QmpConnection qmp = QmpConnection.open(socket, TIMEOUT)) {
            assertThatThrownBy(() -> qmp.execute("cont"))
                    .isInstanceOf(QmpConnection.Refused.class)
                    .hasMessageContaining("cont")
                    .extracting(failure -> ((EtherbayException) failure).why())
                    .isEqualTo("no");
        }
    }

    @Test
    void whoDoesNotAnswerIsUnavailable() throws IOException {
        Path socket = served(GREETING.formatted(""), new ArrayList<>(), "");
        assertThatThrownBy(() -> QmpConnection.open(socket, Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void whatIsNoQemuIsAnError() throws IOException {
        Path socket = served("hello\n", new ArrayList<>());
        assertThatThrownBy(() -> QmpConnection.open(socket, TIMEOUT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no JSON");
        assertThatThrownBy(() -> QmpConnection.open(folder.resolve("none"), TIMEOUT))
                .isInstanceOf(IOException.class);
    }
}
