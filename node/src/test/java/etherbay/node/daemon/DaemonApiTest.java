// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.ApiClient;
import etherbay.admin.Role;
import etherbay.admin.http.Tokens;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.ApiSpec;
import etherbay.node.NodeOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Each key of {@code [api]}, seen by who asks. */
@Timeout(60)
final class DaemonApiTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    private Path folder;

    private final List<String> said = new ArrayList<>();

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private NodeDaemon daemon(String api) throws IOException {
        Path file = Files.writeString(
                folder.resolve("node.toml"), "state = \"%s\"\n%s".formatted(state(), api));
        NodeOptions options = new NodeOptions("test", false, Optional.empty());
        return NodeDaemon.start(file, "1.2.3", options, said::add);
    }

    private Path state() {
        return folder.resolve("state");
    }

    private static String infoOf(ApiClient client) {
        return client.get("/").text();
    }

    private static void assertDenied(ApiClient client) {
        assertThatThrownBy(() -> infoOf(client))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DENIED));
    }

    @Test
    void withoutTheTableItAnswersOnItsUnixSocketAlone() throws IOException {
        try (NodeDaemon daemon = daemon("");
                DaemonApi _ = DaemonApi.start(daemon, said::add)) {
            assertThat(infoOf(ApiClient.unix(ApiSpec.socket(state())))).contains("1.2.3");
            assertThat(said).noneMatch(line -> line.startsWith("api: "));
        }
    }

    @Test
    void listenIsWhereItAnswersBesidesToThoseWithAToken() throws IOException {
        int port = freePort();
        try (NodeDaemon daemon = daemon("[api]\nlisten = \"127.0.0.1:%d\"\n".formatted(port));
                DaemonApi _ = DaemonApi.start(daemon, said::add)) {
            URI there = URI.create("http://127.0.0.1:" + port);
            String token = new Tokens(ApiSpec.tokensIn(state())).create("a", Role.VIEWER);
            assertThat(infoOf(ApiClient.tcp(there, token, Optional.empty()))).contains("1.2.3");
            assertDenied(ApiClient.tcp(there, "another", Optional.empty()));
            assertThat(said).contains("api: also at 127.0.0.1:" + port);
        }
    }

    @Test
    void certificateAndKeyAreWhatItShowsAndTokensWhoMayAsk() throws Exception {
        makeCertificate();
        int port = freePort();
        Path tokens = folder.resolve("others");
        String token = new Tokens(tokens).create("a", Role.ADMIN);
        String api = """
                [api]
                listen = "localhost:%d"
                certificate = "%s"
                key = "%s"
                tokens = "%s"
                """.formatted(port, folder.resolve("a.pem"), folder.resolve("a.key"), tokens);
        try (NodeDaemon daemon = daemon(api);
                DaemonApi _ = DaemonApi.start(daemon, said::add)) {
            URI there = URI.create("https://localhost:" + port);
            Optional<Path> trusted = Optional.of(folder.resolve("a.pem"));
            assertThat(infoOf(ApiClient.tcp(there, token, trusted))).contains("1.2.3");
            assertThatThrownBy(() -> infoOf(ApiClient.tcp(there, token, Optional.empty())))
                    .isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void whereItCannotListenTheDaemonIsAsItWas() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                NodeDaemon daemon = daemon(
                        "[api]\nlisten = \"127.0.0.1:%d\"\n".formatted(taken.getLocalPort()))) {
            assertThatThrownBy(() -> DaemonApi.start(daemon, said::add))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
            assertThat(daemon.report().version()).isEqualTo("1.2.3");
        }
    }

    /** For localhost, by the JDK's own tool. */
    private void makeCertificate()
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("a.p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        List<String> command = List.of(
                keytool.toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        Process made = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(made.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        pem("CERTIFICATE", "a.pem", keys.getCertificate("a").getEncoded());
        pem("PRIVATE KEY", "a.key", keys.getKey("a", PASSWORD.toCharArray()).getEncoded());
    }

    private void pem(String what, String name, byte[] bytes) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(
                folder.resolve(name),
                "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, body, what));
    }
}
