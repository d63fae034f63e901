// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeCertificate;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Trouble;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** {@code node list} and {@code node certificate}, and what others say of other nodes. */
final class NodeNodesTest extends ApiVerbCase {
    private static final long YEAR_MS = 365L * 24 * 3600 * 1000;

    private static Peer peer(String name, boolean isUp) {
        return new Peer(
                name,
                "https://10.0.0.2:8420",
                isUp ? "up" : "silent",
                isUp ? "degraded" : null,
                isUp ? "0.1.0" : null,
                MadeUpNode.NOW_MS - 60_000,
                MadeUpNode.NOW_MS,
                MadeUpNode.NOW_MS + YEAR_MS,
                isUp ? null : new Trouble("UNAVAILABLE", "it does not answer", "no route", "look"));
    }

    @Test
    void aNodeByItselfIsAListOfOne() {
        assertThat(run("node", "list")).isZero();
        assertThat(lines())
                .containsExactly(
                        "NODE   STATE     FOR  HEALTH   VERSION  ADDRESS",
                        "node1  this one       healthy  0.1.0");
    }

    @Test
    void othersAreListedAsTheyWereSeenLastAndOneThatIsSilentWithWhatToDo() {
        node.peers = List.of(peer("node2", true), peer("node3", false));
        parts.watch().look();
        assertThat(run("node", "list")).isEqualTo(DEVIATES);
        assertThat(lines())
                .containsExactly(
                        "NODE   STATE     FOR   HEALTH    VERSION  ADDRESS",
                        "node1  this one        warning   0.1.0",
                        "node2  up        60 s  degraded  0.1.0    https://10.0.0.2:8420",
                        "node3  silent    60 s  -         -        https://10.0.0.2:8420",
                        "node3: it does not answer: no route",
                        "  do: look");
        assertThat(node.asked).isEmpty();
    }

    @Test
    void theyAreAskedNowWhenThatIsWanted() {
        node.peers = List.of(peer("node2", true));
        parts.watch().look();
        assertThat(run("node", "list", "--now", "--json")).isZero();
        assertThat(node.asked).containsExactly("look node2");
        assertThat(document().get("name")).isEqualTo("node1");
        assertThat((List<?>) document().get("peers")).hasSize(1);
    }

    @Test
    void statusAndDoctorTellOfThem() {
        node.peers = List.of(peer("node2", true), peer("node3", false));
        parts.watch().look();
        assertThat(run("status")).isEqualTo(DEVIATES);
        assertThat(lines())
                .contains(
                        "other nodes: node2 up and degraded, node3 silent",
                        "  warning: peer node3: it does not answer: no route, for 60 s"
                                + " [PEER_SILENT]");
        out.getBuffer().setLength(0);
        assertThat(run("status", "--json")).isEqualTo(DEVIATES);
        assertThat((List<?>) document().get("peers")).hasSize(2);
        out.getBuffer().setLength(0);
        assertThat(run("doctor")).isEqualTo(DEVIATES);
        assertThat(lines()).contains("BAD  other nodes answer, and are who they should be");
    }

    private int certificate(String... more) {
        String[] words = new String[more.length + 2];
        words[0] = "node";
        words[1] = "certificate";
        System.arraycopy(more, 0, words, 2, more.length);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(words);
    }

    @Test
    void aCertificateIsMadeWithItsKeyAndNotOverwritten() throws IOException {
        Path there = folder.resolve("new");
        String[] wish = {"node7", "--dir", there.toString(), "--host", "10.0.0.7", "--days", "2"};
        assertThat(certificate(wish)).as(err.toString()).isZero();
        NodeCertificate made = NodeCertificate.read(there.resolve("node7.pem"));
        assertThat(out.toString())
                .contains(
                        "SHA-256 " + made.fingerprint(),
                        "name = \"node7\"",
                        "[nodes.node7]",
                        "address = \"https://10.0.0.7:8420\"");
        assertThat(made.x509().getSubjectX500Principal().getName()).isEqualTo("CN=node7");
        Map<String, String> modes = Map.of("node7.pem", "rw-r--r--", "node7.key", "rw-------");
        for (Map.Entry<String, String> mode : modes.entrySet()) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(there.resolve(mode.getKey()))))
                    .isEqualTo(mode.getValue());
        }
        try (var files = Files.list(there)) {
            assertThat(files).hasSize(2);
        }

        assertThat(certificate(wish)).isEqualTo(6);
        assertThat(err.toString()).contains("is there already", "--replace");
        assertThat(NodeCertificate.read(there.resolve("node7.pem"))).isEqualTo(made);
        assertThat(certificate("node7", "--dir", there.toString(), "--replace")).isZero();
        assertThat(NodeCertificate.read(there.resolve("node7.pem"))).isNotEqualTo(made);
    }

    @Test
    void whatIsNoNameNoHostOrNoTimeIsRefused() {
        String there = folder.toString();
        assertThat(certificate("a/b", "--dir", there)).isEqualTo(3);
        assertThat(certificate("a", "--dir", there, "--host", "x,dns:y")).isEqualTo(3);
        assertThat(certificate("a", "--dir", there, "--days", "0")).isEqualTo(3);
        assertThat(certificate("a", "--dir", "/proc/nowhere")).isEqualTo(5);
        assertThat(err.toString())
                .contains(
                        "a node cannot be called \"a/b\"",
                        "`x,dns:y` is no host",
                        "--days 0 is out of range",
                        "no certificate can be made in /proc/nowhere");
    }
}
