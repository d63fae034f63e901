// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code etherbay conform} as a person runs it, over a switch: our export passes whole, and
 * Debian's vblade differs in what docs/conformance.md says, no more and no less.
 */
@ExtendWith(ReasonInTrace.class)
class ConformSysTest {
    private static final int DISK_BYTES = 8 << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int DEVIATES = 9;

    /** A row of the document's table of differences: {@code | `config.read` | ...}. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9.-]+)` \\|");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1500, 9000})
    void ourExportPassesWholeAndIsLeftAsItWas(int mtu) throws IOException {
        Path image = image();
        byte[] before = Files.readAllBytes(image);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon daemon = AoeServer.ETHERBAY.start(target, 1, 0, image)) {
                Tool.Outcome run = conform(client, "--write", "--masks", "--json");
                assertThat(with(run.text(), "failed")).as(run.text()).isEmpty();
                assertThat(run.exitCode()).isZero();
                assertThat(with(run.text(), "not_run")).isEmpty();
                assertThat(run.text())
                        .contains("\"mtu\":" + mtu, "\"conforms\":true", "\"notRestored\":[]");
                assertThat(daemon.isAlive()).isTrue();
            }
        }
        assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {1500, 9000})
    void vbladeDiffersInWhatTheDocumentSays(int mtu) throws IOException {
        Path image = image();
        byte[] before = Files.readAllBytes(image);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon daemon = AoeServer.VBLADE.start(target, 1, 0, image)) {
                Tool.Outcome run = conform(client, "--write", "--json");
                assertThat(with(run.text(), "failed"))
                        .as(run.text())
                        .isEqualTo(differencesOfVblade());
                assertThat(run.exitCode()).isEqualTo(DEVIATES);
                assertThat(daemon.isAlive()).isTrue();
            }
        }
        assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }

    @Test
    void vbladeDiesWhenAnAddressIsTakenOffItsMaskListAndTheSuiteSaysSo() throws IOException {
        Path image = image();
        try (NetLab lab = new NetLab(1500)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon daemon = AoeServer.VBLADE.start(target, 1, 0, image)) {
                Tool.Outcome run = conform(client, "--masks", "--json");
                assertThat(daemon.isAlive()).isFalse();
                assertThat(daemon.log()).contains("buffer overflow detected");
                assertThat(run.text()).contains("it does not answer any more");
                assertThat(with(run.text(), "passed")).contains("mask.edit");
                assertThat(with(run.text(), "not_run")).contains("mask.many");
                assertThat(with(run.text(), "failed")).contains("mask.delete");
                assertThat(run.exitCode()).isEqualTo(DEVIATES);
            }
        }
    }

    private Path image() throws IOException {
        byte[] bytes = new byte[DISK_BYTES];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) (at / 512 * 7 + at);
        }
        return Files.write(folder.resolve("disk"), bytes);
    }

    private static Tool.Outcome conform(NetLab.Node client, String... options) {
        List<String> words = new ArrayList<>(List.of(
                AoeServer.Repository.root().resolve("etherbay").toString(), "conform", "e1.0"));
        words.addAll(List.of(options));
        return Tool.run(client.command(words.toArray(String[]::new)), TIMEOUT);
    }

    private static Set<String> with(String document, String outcome) {
        return Pattern.compile(
                        "\"id\":\"([^\"]+)\",\"level\":\"[A-Z]+\",\"outcome\":\"" + outcome + "\"")
                .matcher(document)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> differencesOfVblade() throws IOException {
        String document =
                Files.readString(AoeServer.Repository.root().resolve("docs/conformance.md"));
        String table = document.substring(document.indexOf("## vblade"));
        return ROW.matcher(table)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
