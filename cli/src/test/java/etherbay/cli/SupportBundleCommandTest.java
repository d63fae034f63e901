// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Documents;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code support-bundle}, what it leaves out, and {@code token}. */
final class SupportBundleCommandTest extends ApiVerbCase {
    private static final String SECRET = "hunter2hunter2";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password = \"hunter2hunter2\"",
                "psk = 'hunter2hunter2'",
                "tls-key = \"\"\"\nhunter2hunter2\nmore\"\"\"",
                "secrets = [\"a]b\", \"hunter2hunter2\"]",
                "{\"apiToken\":\"a\\\"b hunter2hunter2\"}",
                "{\"text\":\"with \\\"password\\\": \\\"hunter2hunter2\\\" in it\"}",
                "started with --password hunter2hunter2 --other",
                "ETHERBAY_TOKEN=hunter2hunter2",
                "nbd://me:hunter2hunter2@host/disk",
                "Authorization: Bearer hunter2hunter2",
                "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\\nhunter2hunter2",
            })
    void aSecretIsTakenOut(String text) {
        assertThat(Redaction.of(text)).doesNotContain(SECRET).contains("(redacted)");
    }

    @Test
    void whatIsNoSecretStays() {
        for (String text : List.of(
                MadeUpNode.SETTINGS,
                "a monkey: it climbs",
                "nbd+unix:///disk?socket=/run/x",
                "{\"tasks\":[{\"id\":\"t1\",\"log\":[\"done\"]}]}",
                "key",
                "password =")) {
            assertThat(Redaction.of(text)).isEqualTo(text);
        }
    }

    @Test
    void jsonStaysJson() {
        String json = "{\"password\":\"x\\\"y\",\"keys\":[\"a\"],\"b\":\"token = 5\",\"c\":1}";
        assertThat(Documents.read(Redaction.of(json), "it").toString())
                .isEqualTo("{password=(redacted), keys=[(redacted)], b=token = (redacted), c=1}");
    }

    @Test
    void aTokenIsMadeListedAndTakenAway() {
        assertThat(run("token", "create", "backup", "--role", "viewer")).isZero();
        String token = out.toString().strip();
        assertThat(token).startsWith("eb_");
        out.getBuffer().setLength(0);
        assertThat(run("token", "list")).isZero();
        assertThat(lines()).containsExactly("NAME    ROLE", "backup  viewer");
        out.getBuffer().setLength(0);
        assertThat(run("token", "list", "--json")).isZero();
        assertThat(lines()).containsExactly("[{\"name\":\"backup\",\"role\":\"viewer\"}]");
        assertThat(run("token", "remove", "backup")).isZero();
        assertThat(run("token", "remove", "backup")).isEqualTo(4);
        assertThat(run("token", "create", "backup", "--role", "king")).isEqualTo(2);
        assertThat(run("token", "create", "a b", "--role", "admin")).isEqualTo(3);
    }

    @Test
    void aBundleHoldsWhatHelpsAndNoSecret() throws IOException {
        assertThat(run("token", "create", "planted", "--role", "admin")).isZero();
        String token = out.toString().strip();
        node.settings = MadeUpNode.SETTINGS + "password = \"" + SECRET + "\"\n";
        parts.events()
                .add(MadeUpNode.NOW_MS, "error", "ODD", "node", "token=" + SECRET + " " + token);
        parts.watch().look();
        Path bundle = folder.resolve("b.tar.gz");
        assertThat(run("support-bundle", bundle.toString())).as(err.toString()).isZero();
        String all = unpack(bundle);
        assertThat(all).contains("\"name\":\"node1\"").contains("(redacted)");
        assertThat(all).doesNotContain(SECRET).doesNotContain(token);
        assertThat(folder.resolve("x/etherbay-support/applied.toml"))
                .hasContent(MadeUpNode.SETTINGS + "password = \"(redacted)\"");
        assertThat(Files.getPosixFilePermissions(bundle)).hasSize(2);
        assertThat(run("support-bundle", bundle.toString())).isEqualTo(5);
    }

    @Test
    void withoutADaemonTheRestIsThere() throws IOException {
        end();
        Path bundle = folder.resolve("b.tar.gz");
        assertThat(run("support-bundle", bundle.toString())).isZero();
        assertThat(unpack(bundle)).contains("no daemon answers at").contains("$ uname -a");
    }

    /** By the tar of this machine, so that ours is one. */
    private String unpack(Path bundle) throws IOException {
        Path to = Files.createDirectory(folder.resolve("x"));
        Process tar = new ProcessBuilder("tar", "xzf", bundle.toString(), "-C", to.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tar.onExit().join().exitValue()).as(said).isZero();
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(to.resolve("etherbay-support"))) {
            for (Path file : files.sorted().toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }
}
