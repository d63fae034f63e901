// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.ApiClient;
import etherbay.admin.Role;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The client against the server, by both ways in. */
@Timeout(60)
final class ApiClientTest {
    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private List<ApiClient> clients() {
        URI node = URI.create("http://localhost:" + lab.server().tcpPort());
        return List.of(
                ApiClient.unix(lab.socket()),
                ApiClient.tcp(node, lab.token(Role.ADMIN), Optional.empty()));
    }

    @Test
    void asksAndChanges() throws IOException {
        for (ApiClient client : clients()) {
            assertThat(client.get("/report").text()).contains("\"name\":\"node1\"");
            assertThat(client.post("/exports/e0.0/trace", Map.of("on", true), "")
                            .text())
                    .contains("e0.0");
            ApiClient.Answer settings = client.get("/settings");
            client.put("/settings", settings.text() + "#\n", settings.etag(), "a reason");
            assertThat(client.postText("/settings/plan", "# else\n").text()).contains("~ settings");
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            client.download("/exports/e0.0/pcap", frames);
            assertThat(frames.toString(StandardCharsets.UTF_8)).isEqualTo("pcap");
        }
        assertThat(lab.node().settings).endsWith("#\n#\n");
    }

    @Test
    void theNodesErrorIsOurs() {
        for (ApiClient client : clients()) {
            assertThatThrownBy(() -> client.get("/exports/e9.9"))
                    .isInstanceOfSatisfying(EtherbayException.class, failure -> {
                        assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
                        assertThat(failure.getMessage()).isEqualTo("there is no export e9.9");
                        assertThat(failure.correction()).contains("etherbay status");
                    });
        }
    }

    @Test
    void listensUntilItHasEnough() {
        for (ApiClient client : clients()) {
            List<String> events = new ArrayList<>();
            client.stream(message -> {
                events.add(message.event());
                if (message.event().equals("hello")) {
                    Thread.ofVirtual().start(() -> lab.turn(500));
                }
                return !message.event().equals("live");
            });
            assertThat(events.getFirst()).isEqualTo("hello");
            assertThat(events.getLast()).isEqualTo("live");
        }
    }

    @Test
    void aNodeThatIsNotThereIsUnavailable() {
        ApiClient nobody = ApiClient.unix(folder.resolve("none.sock"));
        assertThatThrownBy(() -> nobody.get("/report"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertThatThrownBy(() ->
                        ApiClient.tcp(URI.create("http://node.example"), "t", Optional.empty()))
                .hasMessageContaining("no node is asked");
    }
}
