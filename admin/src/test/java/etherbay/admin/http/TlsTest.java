// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.Administration;
import etherbay.admin.ApiClient;
import etherbay.admin.FakeNode;
import etherbay.admin.Role;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;

/** TLS by both kinds of files, and what is refused. */
@Timeout(60)
final class TlsTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    private Path folder;

    private final FakeNode node = new FakeNode();

    /** A certificate for localhost, by the JDK's own tool, and the same in PEM. */
    @BeforeEach
    void makeFiles() throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("a.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process made = new ProcessBuilder(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost,ip:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(made.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        pem("CERTIFICATE", "a.pem", keys.getCertificate("a").getEncoded());
        pem("PRIVATE KEY", "a.key", keys.getKey("a", PASSWORD.toCharArray()).getEncoded());
        Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    }

    private void pem(String what, String name, byte[] bytes) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(
                folder.resolve(name),
                "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, body, what));
    }

    private void serve(String certificate, String key) {
        Path tokens = folder.resolve("tokens");
        ApiSettings settings = ApiSettings.unix(folder.resolve("s.sock"), tokens)
                .withTcp(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Optional.of(new ApiSettings.Tls(
                                folder.resolve(certificate), folder.resolve(key))));
        try (Administration parts = Administration.open(
                        node, folder.resolve("state"), node, () -> {}, line -> {});
                ApiServer server = ApiServer.start(settings, parts)) {
            parts.watch().look();
            URI address = URI.create("https://localhost:" + server.tcpPort());
            String token = new Tokens(tokens).create("eva", Role.VIEWER);
            Optional<Path> trusted = Optional.of(folder.resolve("a.pem"));
            assertThat(ApiClient.tcp(address, token, trusted).get("/health").text())
                    .contains("healthy");
            assertThatThrownBy(() ->
                            ApiClient.tcp(address, token, Optional.empty()).get("/health"))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            new Tokens(tokens).remove("eva");
            assertThatThrownBy(() -> ApiClient.tcp(address, token, trusted).get("/health"))
                    .hasMessage("who asks is not known");
        }
    }

    @Test
    void pemAndPkcs12AreServed() {
        serve("a.pem", "a.key");
        serve("a.p12", "password");
    }

    @Test
    void whatIsNoCertificateIsSaid() {
        assertThatThrownBy(() -> serve("password", "a.key")).hasMessageContaining("cannot be used");
        assertThatThrownBy(() -> serve("a.pem", "a.pem")).hasMessageContaining("cannot be used");
    }

    @Test
    void anAddressOfTheNetworkNeedsACertificate() {
        ApiSettings settings = ApiSettings.unix(folder.resolve("s.sock"), folder.resolve("t"))
                .withTcp(new InetSocketAddress("0.0.0.0", 0), Optional.empty());
        try (Administration parts =
                Administration.open(node, folder.resolve("state"), node, () -> {}, line -> {})) {
            assertThatThrownBy(() -> ApiServer.start(settings, parts))
                    .hasMessageContaining("without a certificate");
        }
    }

    @Test
    void aSocketThatIsServedIsNotTaken() {
        ApiSettings settings = ApiSettings.unix(folder.resolve("s.sock"), folder.resolve("t"));
        try (Administration parts = Administration.open(
                        node, folder.resolve("state"), node, () -> {}, line -> {});
                ApiServer first = ApiServer.start(settings, parts)) {
            assertThat(first.tcpPort()).isNegative();
            assertThatThrownBy(() -> ApiServer.start(settings, parts))
                    .hasMessageContaining("is taken");
        }
    }

    @Test
    void aStaleSocketMakesRoom() throws IOException {
        Path socket = folder.resolve("s.sock");
        try (var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (Administration parts = Administration.open(
                        node, folder.resolve("state"), node, () -> {}, line -> {});
                ApiServer server =
                        ApiServer.start(ApiSettings.unix(socket, folder.resolve("t")), parts)) {
            parts.watch().look();
            assertThat(server.tcpPort()).isNegative();
            assertThat(ApiClient.unix(socket).get("/health").text()).contains("healthy");
        }
    }
}
