// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.ApiClient;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.SelfSigned;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.Linux;
import etherbay.node.ApiSpec;
import etherbay.node.NodeOptions;
import etherbay.node.settings.SettingsException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Two daemons by their settings files: {@code name} and each key of {@code [nodes.NAME]}. */
@Timeout(120)
final class PeerDaemonsTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private int portA;
    private int portB;

    @BeforeEach
    void makeCertificates() throws IOException {
        for (String name : List.of("a", "b")) {
            SelfSigned.make(folder, new SelfSigned.Wish(name, List.of("localhost"), 400, false));
        }
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            portA = one.getLocalPort();
            portB = other.getLocalPort();
        }
    }

    private String nodes() {
        return """
                [nodes.a]
                address = "https://127.0.0.1:%d"
                certificate = "%s"
                [nodes.b]
                address = "https://127.0.0.1:%d"
                certificate = "%s"
                """.formatted(portA, folder.resolve("a.pem"), portB, folder.resolve("b.pem"));
    }

    private Path settings(String name, int port, String nodes) throws IOException {
        return Files.writeString(folder.resolve(name + ".toml"), """
                name = "%s"
                state = "%s"
                [api]
                listen = "127.0.0.1:%d"
                certificate = "%s"
                key = "%s"
                %s""".formatted(
                        name,
                        folder.resolve(name),
                        port,
                        folder.resolve(name + ".pem"),
                        folder.resolve(name + ".key"),
                        nodes));
    }

    private NodeDaemon daemon(Path file) {
        return NodeDaemon.start(
                file, "1.2.3", new NodeOptions("test", false, Optional.empty()), said::add);
    }

    private static Peer only(NodeDaemon daemon) {
        assertThat(daemon.report().peers()).hasSize(1);
        return daemon.report().peers().getFirst();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Object lock = new Object();
        long endNs = Linux.clock().nanoTime() + LONG.toNanos();
        synchronized (lock) {
            while (!condition.getAsBoolean() && Linux.clock().nanoTime() < endNs) {
                lock.wait(20);
            }
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Test
    void nodesOfOneTextSeeEachOtherAndAReloadChangesWhoIsKnown() throws Exception {
        Path fileB = settings("b", portB, nodes());
        try (NodeDaemon a = daemon(settings("a", portA, nodes()));
                DaemonApi _ = DaemonApi.start(a, said::add)) {
            assertThat(a.report().name()).isEqualTo("a");
            await(() -> only(a).state().equals("silent"));
            ApiClient asking = a.peers().client("b", LONG, LONG);
            try (NodeDaemon b = daemon(fileB);
                    DaemonApi _ = DaemonApi.start(b, said::add)) {
                // A hears of B from B itself, long before it asks again.
                await(() -> only(a).state().equals("up") && only(b).state().equals("up"));
                assertThat(only(a).version()).isEqualTo("1.2.3");
                assertThat(only(a).health()).isEqualTo("healthy");
                assertThat(asking.get("/").text()).contains("\"role\":\"node\"");

                settings("b", portB, "");
                b.reload();
                assertThat(said).contains("- node a");
                assertThat(b.report().peers()).isEmpty();
                assertThatThrownBy(() -> asking.get("/"))
                        .isInstanceOfSatisfying(
                                EtherbayException.class,
                                refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DENIED));
                assertThatThrownBy(() -> b.peers().client("a", LONG, LONG))
                        .hasMessage("there is no other node a");

                settings("b", portB, nodes());
                b.reload();
                assertThat(said).contains("+ node a: https://127.0.0.1:" + portA);
                assertThat(asking.get("/").text()).contains("\"role\":\"node\"");
            }
        }
    }

    @Test
    void anotherCertificateThanThatOfTheSettingsIsNoticedAndAFileThatIsWrongChangesNothing()
            throws Exception {
        String swapped = nodes().replace("b.pem", "c.pem");
        SelfSigned.make(folder, new SelfSigned.Wish("c", List.of(), 400, false));
        try (NodeDaemon a = daemon(settings("a", portA, swapped));
                DaemonApi _ = DaemonApi.start(a, said::add);
                NodeDaemon b = daemon(settings("b", portB, nodes()));
                DaemonApi _ = DaemonApi.start(b, said::add)) {
            ApiClient own = ApiClient.unix(ApiSpec.socket(folder.resolve("a")));
            assertThat(own.post("/peers/b/look", Map.of(), "").text()).contains("\"stranger\"");
            await(() -> own.get("/health").text().contains("PEER_STRANGER"));
            await(() -> own.get("/events").text().contains("PEER_STRANGER"));
            assertThat(own.get("/health").text()).contains("\"word\":\"warning\"");

            settings("a", portA, nodes().replace("b.pem", "none.pem"));
            assertThatThrownBy(a::reload)
                    .isInstanceOf(SettingsException.class)
                    .hasMessageContaining("a.toml");
            assertThat(only(a).state()).isEqualTo("stranger");

            settings("a", portA, nodes());
            a.reload();
            assertThat(own.post("/peers/b/look", Map.of(), "").text()).contains("\"up\"");
            await(() -> own.get("/health").text().contains("\"healthy\""));
        }
    }
}
