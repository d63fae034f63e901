// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.node.NodeSettings;
import etherbay.node.held.HeldSpec;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Two texts that tell a node what it is, and tables that cannot be beside each other. */
final class SettingsLayerTest {
    private static final Path NO_ETHERS = Path.of("/nowhere/ethers");
    private static final String EXPORT = "[[export]]\nshelf = 1\nslot = 0\npath = \"/srv/a\"\n";

    private static SettingsLayer file(String text) {
        return SettingsLayer.parse(new SettingsLayer.Source(text, "/etc/f.toml", false), NO_ETHERS);
    }

    private static SettingsLayer applied(String text, SettingsLayer file) {
        return SettingsLayer.parse(
                new SettingsLayer.Source(text, "lab.toml", true), NO_ETHERS, Optional.of(file));
    }

    private static void assertProblems(String text, SettingsLayer file, String... problems) {
        assertThatThrownBy(() -> applied(text, file))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.problems())
                                .extracting(problem -> problem.toText("lab.toml"))
                                .containsExactly(problems));
    }

    @Test
    void bothLayersTogetherAreTheNode() {
        SettingsLayer file = file("state = \"/s\"\n" + EXPORT + "[[mirror]]\nname = \"web\"\n");
        SettingsLayer applied = applied("""
                [[export]]
                shelf = 1
                slot = 1
                path = "/srv/b"
                [[volume]]
                path = "vg/lv"
                [[disk]]
                address = "e7.0"
                """, file);
        NodeSettings both = file.with(applied);
        assertThat(both.state()).isEqualTo(Path.of("/s"));
        assertThat(both.exports()).extracting("name").containsExactly("e1.0", "e1.1");
        assertThat(both.held())
                .extracting(HeldSpec::key)
                .containsExactly("mirror web", "disk e7.0", "volume vg/lv");
    }

    @Test
    void theNormalFormOfWhatIsAppliedIsReadAsTheSame() {
        SettingsLayer file = file("");
        SettingsLayer applied = applied(
                "[defaults]\ninterfaces = [\"eth2\"]\n[acl]\nhosts = [\"02:00:00:00:00:01\"]\n"
                        + EXPORT + "accept = [\"hosts\"]\n"
                        + "[[mirror]]\nname = \"web\"\nlegs = [\"/a\", \"e2.0\"]\n"
                        + "leg-timeout = 1.5\nnbd = \"unix:/s\"\nnbd-name = \"n\"\n"
                        + "[[disk]]\naddress = \"e3.0\"\nfail-after = \"never\"\n"
                        + "[[volume]]\npath = \"vg/lv\"\nread-only = true\n",
                file);
        String normal = SettingsText.ofApplied(applied.settings());
        SettingsLayer again = applied(normal, file);
        assertThat(again.settings().exports()).isEqualTo(applied.settings().exports());
        assertThat(again.settings().held()).isEqualTo(applied.settings().held());
        assertThat(SettingsText.ofApplied(again.settings())).isEqualTo(normal);
    }

    @Test
    void oneNameInBothIsRefusedByBothPlaces() {
        SettingsLayer file = file(EXPORT + "\n[[mirror]]\nname = \"web\"\nnbd = \"unix:/web\"\n");
        assertProblems(
                "# mine\n" + EXPORT,
                file,
                "lab.toml:3:1: e1.0 is there twice; the one at /etc/f.toml:1:1 has this address,"
                        + " and it is one disk to initiators whatever the interface; choose another"
                        + " shelf or slot; for two paths to one disk name both interfaces in one"
                        + " export",
                "lab.toml:5:1: /srv/a is exported twice for writing; the one at /etc/f.toml:1:1"
                        + " exports it as e1.0, and initiators would overwrite each other's data;"
                        + " name both interfaces in one export, set read-only = true in all but"
                        + " one, or keep them apart with offset and length");
        assertProblems(
                "[[mirror]]\nname = \"web\"\n[[disk]]\naddress = \"e2.0\"\nnbd = \"unix:/web\"\n",
                file,
                "lab.toml:2:1: the mirror web is there twice; the one at /etc/f.toml:6:1 has it"
                        + " already; leave out one of them; all interfaces and all that is said of"
                        + " it belong into one table",
                "lab.toml:5:1: nbd = \"unix:/web\" is there twice; the one at /etc/f.toml:6:1 is"
                        + " offered there; give each an address of its own");
    }

    @Test
    void whereTheNodeRunsIsNotApplied() {
        assertProblems(
                "state = \"/t\"\nstat = 1\n",
                file(""),
                "lab.toml:1:1: state cannot be applied; it says where and how the node runs, which"
                        + " its settings file decides; write it into that file, and leave it out"
                        + " here",
                "lab.toml:2:1: the file knows no key \"stat\"; a key that nobody reads is a wish"
                        + " that is not granted; did you mean state?");
    }

    @Test
    void whatThisNodeServesOrUsesTwiceIsFound() {
        SettingsLayer nothing = file("");
        assertProblems(
                EXPORT + "[[disk]]\naddress = \"e1.0\"\n",
                nothing,
                "lab.toml:6:1: e1.0 is served by this node itself; the one in line 1 says so, and a"
                        + " node is no initiator of its own; name the disk behind it, or give one"
                        + " of the two another address");
        assertProblems(
                "[[disk]]\naddress = \"e2.0\"\n"
                        + "[[mirror]]\nname = \"m\"\nlegs = [\"e2.0\", \"/srv/a\"]\n" + EXPORT,
                nothing,
                "lab.toml:5:1: e2.0 is used twice by one interface; the one in line 1 uses it as"
                        + " the disk e2.0, and two at a time would take each other's writes for"
                        + " dead ones; leave out one of them, or reach the disk by another"
                        + " interface",
                "lab.toml:5:1: /srv/a is used twice for writing; the one in line 6 exports it as"
                        + " e1.0, and the two would overwrite each other's data; leave out one of"
                        + " them, or set read-only = true in one");
    }

    @Test
    void whatIsOfferedNowhereHasNoNameThereAndTlsNeedsCertificates() {
        assertProblems(
                """
                [[disk]]
                address = "e2.0"
                nbd-name = "x"
                [[volume]]
                path = "vg/lv"
                nbd = "unix:/v"
                tls = "allow"
                """,
                file(""),
                "lab.toml:3:1: nbd-name stands without nbd; it says how the disk is offered over"
                        + " NBD, and nothing says where; add nbd = \"unix:/run/etherbay/disk\", or"
                        + " leave nbd-name out",
                "lab.toml:7:1: tls stands without tls-dir; clients may or must encrypt, and nothing"
                        + " says with which certificates; add tls-dir = \"/etc/etherbay/tls\" with"
                        + " server-cert.pem and server-key.pem in it");
        assertThat(List.of(HeldSpec.Kind.values())).hasSize(3);
    }
}
