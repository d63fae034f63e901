// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import etherbay.admin.Administration;
import etherbay.admin.ApiClient;
import etherbay.admin.ApiInfo;
import etherbay.admin.AuditLog;
import etherbay.admin.Documents;
import etherbay.admin.FakeNode;
import etherbay.admin.NodeCertificate;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.PeerSpec;
import etherbay.admin.PeerWatch;
import etherbay.admin.Peers;
import etherbay.admin.Reports;
import etherbay.admin.Role;
import etherbay.admin.SelfSigned;
import etherbay.admin.TlsIdentity;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Two nodes with servers of their own, and a stranger: who is let in by what it shows. */
@Timeout(120)
final class PeersTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(20);

    @TempDir
    private static Path certificates;

    private static SelfSigned.Made a;
    private static SelfSigned.Made b;
    private static SelfSigned.Made other;

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final FakeNode clock = new FakeNode();
    private Server serverB;

    @BeforeAll
    static void makeCertificates() {
        a = made("a");
        b = made("b");
        other = made("other");
    }

    private static SelfSigned.Made made(String name) {
        return SelfSigned.make(certificates, new SelfSigned.Wish(name, List.of(), 30, false));
    }

    /** A node with a server on TCP. */
    private record Server(FakeNode node, Administration parts, ApiServer api, Peers peers) {
        URI address() {
            return URI.create("https://127.0.0.1:" + api.tcpPort());
        }
    }

    @BeforeEach
    void startB() {
        setTime(b.shown().beginsMs() + 3_600_000);
        serverB = server("b", Optional.of(b));
        serverB.peers().change(List.of(spec("a", URI.create("https://127.0.0.1:1"), a)));
    }

    private void setTime(long ms) {
        clock.nowMs.set(ms);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private Server server(String name, Optional<SelfSigned.Made> shown) {
        Path files = folder.resolve(name);
        FakeNode node = new FakeNode();
        node.parts = Reports.healthy().peers(Reports.peer("a", "up", null));
        Peers peers = peers(name, shown);
        Administration parts =
                Administration.open(node, files.resolve("state"), node, () -> {}, line -> {});
        open.add(parts);
        ApiSettings settings = ApiSettings.unix(files.resolve("s.sock"), files.resolve("tokens"))
                .withTcp(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        shown.map(it -> new ApiSettings.Tls(it.certificate(), it.key())))
                .withPeers(peers);
        ApiServer api = ApiServer.start(settings, parts);
        open.add(api);
        parts.watch().look();
        return new Server(node, parts, api, peers);
    }

    private Peers peers(String ownName, Optional<SelfSigned.Made> shown) {
        return new Peers(
                ownName,
                () -> shown.map(it -> TlsIdentity.read(it.certificate(), it.key())),
                clock);
    }

    private static PeerSpec spec(String name, URI address, SelfSigned.Made made) {
        return new PeerSpec(name, address, made.certificate(), made.shown());
    }

    /** A asks B, and knows it by {@code pinned}. */
    private ApiClient asking(Optional<SelfSigned.Made> shown, SelfSigned.Made pinned, URI address) {
        Peers peers = peers("a", shown);
        peers.change(List.of(spec("b", address, pinned)));
        return peers.client("b", CONNECT, ANSWER);
    }

    private ApiClient asking() {
        return asking(Optional.of(a), b, serverB.address());
    }

    private static void assertRefused(Runnable call, ErrorCode code, String message, String why) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(EtherbayException.class, refused -> {
            assertThat(refused.getMessage()).contains(message);
            assertThat(refused.why()).contains(why);
            assertThat(refused.correction()).isNotBlank();
            assertThat(refused.code()).isEqualTo(code);
        });
    }

    @Test
    void withTheRightCertificatesANodeReadsAndIsNamed() {
        ApiInfo info = Documents.read(asking().get("/").text(), "info", ApiInfo.class);
        assertThat(info.role()).isEqualTo("node");
        assertThat(asking().get("/report").text()).contains("\"node1\"");
        assertThat(asking().get("/health").text()).contains("healthy");
    }

    @Test
    void aNodeMayDoWhatIsMarkedForNodesAndItStandsInTheAudit() {
        asking().post("/peers/a/look", Map.of(), "I am back");
        assertThat(serverB.node().asked).containsExactly("look a");
        List<AuditLog.Entry> lines = serverB.parts().audit().latest(10);
        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst().who()).isEqualTo("node a");
        assertThat(lines.getFirst().toString())
                .contains("127.0.0.1", "peer a", "I am back", "POST look", "done");
    }

    @Test
    void aNodeMayDoNothingElse() {
        assertRefused(
                () -> asking().post("/exports/e0.0/trace", Map.of("on", true), ""),
                ErrorCode.DENIED,
                "node a may not do this",
                "a node may read");
        assertRefused(
                () -> asking().put("/settings", "", "", ""), ErrorCode.DENIED, "node a", "may");
        assertRefused(
                () -> asking().get("/exports/e0.0/pcap"), ErrorCode.DENIED, "node a", "may read");
        assertThat(serverB.node().asked).isEmpty();
    }

    @Test
    void aTokenDecidesWhereOneIsSent() {
        SelfSigned.Made named = SelfSigned.make(
                folder, new SelfSigned.Wish("named", List.of("localhost"), 30, false));
        Server server = server("named", Optional.of(named));
        server.peers().change(List.of(spec("a", URI.create("https://127.0.0.1:1"), a)));
        Tokens tokens = new Tokens(folder.resolve("named/tokens"));
        for (Role role : Role.values()) {
            ApiClient client = ApiClient.tcp(
                    URI.create("https://localhost:" + server.api().tcpPort()),
                    tokens.create("t-" + role.word(), role),
                    Optional.of(named.certificate()));
            assertThat(client.get("/").text()).contains("\"" + role.word() + "\"");
        }
    }

    @Test
    void whoIsNotListedIsToldSo() {
        assertRefused(
                () -> asking(Optional.of(other), b, serverB.address()).get("/"),
                ErrorCode.DENIED,
                "who asks is not known",
                "its certificate is none of [nodes] in the settings of b");
        serverB.peers().change(List.of());
        assertRefused(
                () -> asking().get("/"), ErrorCode.DENIED, "who asks is not known", "no token");
    }

    @Test
    void whoShowsNoneNeedsAToken() {
        assertRefused(
                () -> asking(Optional.empty(), b, serverB.address()).get("/"),
                ErrorCode.INVALID,
                "node b cannot be asked",
                "no certificate to show");
    }

    @Test
    void whoShowsAnotherCertificateThanItsOwnIsNotAsked() {
        assertRefused(
                () -> asking(Optional.of(a), other, serverB.address()).get("/"),
                ErrorCode.DEVIATES,
                "node b at " + serverB.address() + " shows another certificate",
                "it shows one with SHA-256 " + b.shown().fingerprint() + "; expected is "
                        + other.shown().fingerprint());
        assertThat(serverB.node().asked).isEmpty();
    }

    @Test
    void aCertificateThatHasEndedIsNoneOnEitherSide() {
        ApiClient kept = asking();
        assertThat(kept.get("/").text()).contains("node1");
        setTime(b.shown().endsMs() + 1000);
        // The connection stands, the clock has gone on: the server looks with each request.
        assertRefused(
                () -> kept.get("/"),
                ErrorCode.DENIED,
                "who asks is not known",
                "it is node a, and its certificate was good until "
                        + NodeCertificate.day(a.shown().endsMs()));
        assertRefused(
                () -> asking().get("/"),
                ErrorCode.DEVIATES,
                "the certificate of node b is not good now",
                "good until " + NodeCertificate.day(b.shown().endsMs()));
        setTime(b.shown().beginsMs() - 1000);
        assertRefused(
                () -> asking().get("/"), ErrorCode.DEVIATES, "is not good now", "is good from");
    }

    @Test
    void whatIsListedChangesWhileConnectionsStand() {
        ApiClient kept = asking();
        assertThat(kept.get("/").text()).contains("\"node\"");
        serverB.peers().change(List.of(spec("c", URI.create("https://127.0.0.1:1"), other)));
        assertRefused(() -> kept.get("/"), ErrorCode.DENIED, "not known", "none of [nodes]");
        serverB.peers().change(List.of(spec("d", URI.create("https://127.0.0.1:1"), a)));
        kept.post("/peers/a/look", Map.of(), "");
        assertThat(serverB.parts().audit().latest(1).getFirst().who()).isEqualTo("node d");
    }

    @Test
    void aNodeThatIsNotListedIsNotAsked() {
        Peers peers = peers("a", Optional.of(a));
        peers.change(List.of(spec("a", serverB.address(), a), spec("b", serverB.address(), b)));
        assertThat(peers.all()).extracting(PeerSpec::name).containsExactly("b");
        assertRefused(
                () -> peers.client("c", CONNECT, ANSWER),
                ErrorCode.NOT_FOUND,
                "there is no other node c",
                "the settings of a have no [nodes.c]");
        assertRefused(
                () -> peers.client("a", CONNECT, ANSWER),
                ErrorCode.NOT_FOUND,
                "no other node a",
                "that is this node itself");
    }

    @Test
    void whereNobodyListensIsSaid() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        URI nowhere = URI.create("https://127.0.0.1:" + port);
        assertRefused(
                () -> asking(Optional.of(a), b, nowhere).get("/"),
                ErrorCode.UNAVAILABLE,
                "node b does not answer at " + nowhere,
                "refused");
        assertRefused(
                () -> asking(Optional.of(a), b, URI.create("https://no-such-host.invalid:1"))
                        .get("/"),
                ErrorCode.UNAVAILABLE,
                "node b does not answer",
                "no address is known for that name");
    }

    @Test
    void aPlainPortIsNoNode() {
        Server plain = server("plain", Optional.empty());
        assertRefused(
                () -> asking(Optional.of(a), b, plain.address()).get("/"),
                ErrorCode.UNAVAILABLE,
                "node b does not answer",
                "no TLS came about");
    }

    @Test
    void oneThatAcceptsAndSaysNothingIsGivenUpInTime() throws IOException {
        try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Peers peers = peers("a", Optional.of(a));
            URI there = URI.create("https://127.0.0.1:" + mute.getLocalPort());
            peers.change(List.of(spec("b", there, b)));
            ApiClient client = peers.client("b", Duration.ofMillis(200), Duration.ofMillis(300));
            assertRefused(
                    () -> client.get("/"), ErrorCode.UNAVAILABLE, "node b does not answer", "");
        }
    }

    @Test
    void theWatchSaysHowTheOthersAreAndTellsThemThatItIsThere() throws InterruptedException {
        Peers peers = peers("a", Optional.of(a));
        peers.change(List.of(
                spec("b", serverB.address(), b),
                spec("c", URI.create("https://127.0.0.1:1"), other)));
        try (PeerWatch watch = new PeerWatch(peers, clock, () -> {})) {
            assertThat(watch.seen()).extracting(Peer::state).containsExactly("sought", "sought");
            watch.start();
            await(() -> watch.seen().stream().noneMatch(it -> it.state().equals("sought")));
            assertThat(watch.seen())
                    .extracting(Peer::name, Peer::state, Peer::health, Peer::version)
                    .containsExactly(
                            tuple("b", "up", "healthy", "0.1.0"), tuple("c", "silent", null, null));
            assertThat(watch.seen().getLast().trouble().message())
                    .isEqualTo("node c does not answer at https://127.0.0.1:1");
            await(() -> serverB.node().asked.contains("look a"));

            serverB.peers().change(List.of(spec("x", URI.create("https://127.0.0.1:1"), other)));
            clock.nowMs.addAndGet(1000);
            assertThat(watch.look("b").state()).isEqualTo("refuses");
            peers.change(List.of(spec("b", serverB.address(), other)));
            assertThat(watch.seen()).extracting(Peer::state).containsExactly("sought");
            assertThat(watch.look("b").state()).isEqualTo("stranger");
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Object lock = new Object();
        for (int tries = 0; tries < 300 && !condition.getAsBoolean(); tries++) {
            synchronized (lock) {
                lock.wait(50);
            }
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }
}
