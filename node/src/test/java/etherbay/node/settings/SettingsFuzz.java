// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.NodeSettings;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The settings file of a node. Any bytes are refused with problems that stand on a line and in a
 * column of the file, each on a line of its own, or mean settings that are read back from their own
 * text as they were.
 */
public final class SettingsFuzz {
    private static final Path FILE = Path.of("t.toml");
    private static final Path NO_ETHERS = Path.of("/nowhere/ethers");

    private SettingsFuzz() {}

    /** One file. */
    public static void fuzzerTestOneInput(byte[] input) {
        NodeSettings settings;
        try {
            settings = SettingsFile.parse(SettingsFile.text(FILE, input), FILE, NO_ETHERS);
        } catch (SettingsException refused) {
            assertPositions(refused, 1 + lines(input));
            return;
        }
        String text = SettingsText.of(settings);
        assertThat(SettingsFile.parse(text, FILE, NO_ETHERS)).isEqualTo(settings);
    }

    private static int lines(byte[] input) {
        return (int) new String(input, StandardCharsets.UTF_8).lines().count();
    }

    private static void assertPositions(SettingsException refused, int lineMax) {
        assertThat(refused.problems()).isNotEmpty();
        for (Problem problem : refused.problems()) {
            assertThat(problem.line()).isBetween(1, lineMax);
            assertThat(problem.column()).isPositive();
            String text = problem.toText("t.toml");
            assertThat(text).startsWith("t.toml:" + problem.line() + ":" + problem.column() + ": ");
            assertThat(text.chars()).noneMatch(Character::isISOControl);
            assertThat(problem.what()).isNotBlank();
            assertThat(problem.correction()).isNotBlank();
        }
    }
}
