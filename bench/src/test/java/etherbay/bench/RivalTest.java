// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class RivalTest {
    @Test
    void severalAreNamedAndEachStandsOnce() {
        assertThat(Rival.parse(List.of("vblade", "reference", "vblade")))
                .extracting(Rival::name)
                .containsExactly("vblade", "reference");
        assertThat(Rival.parse(List.of("none"))).isEmpty();
    }

    @Test
    void aProgramThatAPersonBringsIsNamedWithItsPath(@TempDir Path folder) throws IOException {
        Path program = Files.writeString(folder.resolve("ggaoed"), "");
        assertRefused("ggaoed=" + program, "no program lies there");
        assertThat(program.toFile().setExecutable(true)).isTrue();

        assertThat(Rival.parse(List.of("ggaoed=" + program)).getFirst().program())
                .contains(program);
    }

    @Test
    void whatIsNotKnownIsRefused() {
        assertRefused("tgt", "the bench knows vblade, reference, ggaoed=PATH, or none");
        assertRefused("", "the bench knows");
        assertRefused("ggaoed", "it must say where it lies");
        assertRefused("vblade=/bin/true", "the bench starts the one that it installs");
        assertThat(refusal(List.of("vblade", "none"))).contains("none stands alone");
    }

    private static void assertRefused(String word, String why) {
        assertThat(refusal(List.of(word)))
                .contains("cannot measure against '" + word + "'")
                .contains(why);
    }

    private static String refusal(List<String> words) {
        return catchThrowableOfType(EtherbayException.class, () -> Rival.parse(words))
                .toText();
    }

    @Test
    void theSettingsOfGgaoedKeepItWithinTheFolderOfTheRun() {
        String text = Ggaoed.settings(
                Path.of("/run-1"), new Address(4, 0), Path.of("/run-1/disk.img"), true);

        assertThat(text.lines())
                .contains(
                        "interfaces = eth0",
                        "queue-length = 256",
                        "direct-io = true",
                        "state-directory = /run-1",
                        "path = /run-1/disk.img",
                        "shelf = 4",
                        "slot = 0");
    }
}
