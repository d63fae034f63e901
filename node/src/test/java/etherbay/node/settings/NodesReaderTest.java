// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.PeerSpec;
import etherbay.node.NodeSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tables of other nodes may not say together; each key is in {@link SettingsKeysTest}. */
final class NodesReaderTest {
    private static final String API = "[api]\ncertificate = \"/c\"\nkey = \"/k\"\n";

    @TempDir
    private Path folder;

    private static NodeSettings read(String text) {
        return SettingsFile.parse(text, Path.of("t.toml"), Path.of("/nowhere/ethers"));
    }

    private static String node(String name, int port, String certificate) {
        return "[nodes.%s]\naddress = \"https://h:%d\"\ncertificate = %s\n"
                .formatted(name, port, certificate);
    }

    private static void assertWrong(String text, String... problems) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.problems())
                                .extracting(problem -> problem.toText("t.toml"))
                                .containsExactly(problems));
    }

    @Test
    void nodesAreReadInTheOrderOfTheFileAndWrittenAsTheyWere() {
        String text = "name = \"node1\"\n" + API
                + node("node3", 1, NodeKeyCases.pem("node3"))
                + node("\"node.2\"", 2, NodeKeyCases.pem("node2"));
        NodeSettings settings = read(text);
        assertThat(settings.nodes().name()).contains("node1");
        assertThat(settings.nodes().all())
                .extracting(PeerSpec::name)
                .containsExactly("node3", "node.2");
        assertThat(read(SettingsText.of(settings))).isEqualTo(settings);
    }

    /** One text may do for all nodes, so that this one is in the list as well. */
    @Test
    void itsOwnNameMayBeAmongThem() {
        String text = "name = \"node2\"\n" + API + node("node2", 1, NodeKeyCases.pem("node2"));
        assertThat(read(text).nodes().all()).hasSize(1);
    }

    @Test
    void eachHasAnAddressAndACertificateOfItsOwn() {
        assertWrong(
                API
                        + node("a", 1, NodeKeyCases.pem("node2"))
                        + node("b", 1, NodeKeyCases.pem("node2")),
                "t.toml:8:1: address = \"https://h:1\" is that of a; two nodes are not asked at one"
                        + " address; give each its own, or leave out one of the tables",
                "t.toml:9:1: certificate = %s is that of a; who shows it would be both, so no node"
                                .formatted(NodeKeyCases.pem("node2"))
                        + " may have another's; give each its own, or leave out one of the"
                        + " tables");
        assertWrong(
                API + "[nodes.a]\n",
                "t.toml:4:1: [nodes.a] has no address; another node is asked by its address, and"
                        + " known by its certificate; write address ="
                        + " \"https://10.0.0.2:8420\"",
                "t.toml:4:1: [nodes.a] has no certificate; another node is asked by its address,"
                        + " and known by its certificate; write certificate ="
                        + " \"/etc/etherbay/a.pem\"");
    }

    @Test
    void aNameThatStandsTwiceIsNoToml() {
        String text = API
                + node("a", 1, NodeKeyCases.pem("node2"))
                + node("a", 2, NodeKeyCases.pem("node3"));
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.problems().getFirst().toText("t.toml"))
                                .startsWith("t.toml:7:"));
    }

    @Test
    void aNodeWithoutACertificateHasNoOthers() {
        assertWrong(
                node("a", 1, NodeKeyCases.pem("node2")),
                "t.toml:1:1: [nodes] needs a certificate of this node; nodes know each other by"
                        + " what they show, and [api] has no certificate and key; make them"
                        + " (etherbay node certificate), and name both in [api]");
    }

    @Test
    void whatIsNoTableOrHasAnImpossibleNameIsSaidWhereItStands() {
        assertWrong(
                API + "[nodes]\n\"a b\" = 1\nc = 2\n",
                "t.toml:5:1: a node cannot be called \"a b\"; a name has letters, digits and . _ -,"
                        + " at most 63, and begins with a letter or digit; write such as node1",
                "t.toml:6:1: c = 2 is a whole number; it must be a table; write [nodes.c] above its"
                        + " keys");
    }

    @Test
    void aKeyIsNoCertificateNorIsGarbage() throws IOException {
        for (String content : new String[] {
            "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "\0\1\2"
        }) {
            Path file = Files.writeString(folder.resolve("f.pem"), content);
            assertThatThrownBy(() -> read(API + node("a", 1, "\"" + file + "\"")))
                    .isInstanceOfSatisfying(
                            SettingsException.class,
                            refused -> assertThat(refused.problems().getFirst().toText("t.toml"))
                                    .startsWith("t.toml:6:1: " + file + " holds no certificate; ")
                                    .endsWith("a key is none"));
        }
    }

    @Test
    void whoTheNodesAreIsNotApplied() {
        SettingsLayer file = SettingsLayer.parse(
                new SettingsLayer.Source("", "f.toml", false), Path.of("/nowhere/ethers"));
        assertThatThrownBy(() -> SettingsLayer.ofApplied("name = \"x\"\n[nodes]\n", "a", file))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.problems())
                                .extracting(problem -> problem.what())
                                .contains("name cannot be applied", "nodes cannot be applied"));
    }
}
