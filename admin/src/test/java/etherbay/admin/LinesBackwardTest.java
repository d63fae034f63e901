// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files read from their ends, with lines of all lengths around those of a block. */
final class LinesBackwardTest {
    @TempDir
    private Path folder;

    private List<String> read(String text, int enough) throws IOException {
        Path file = Files.writeString(folder.resolve("a"), text);
        List<String> lines = new ArrayList<>();
        assertThat(LinesBackward.read(file, line -> {
                    lines.add(line);
                    return lines.size() < enough;
                }))
                .isEqualTo(lines.size() < enough);
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            int whole = text.lastIndexOf('\n') + 1;
            assertThat(LinesBackward.wholeBytes(open))
                    .isEqualTo(text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length);
        }
        return lines;
    }

    @Test
    void whatHasNoLineEndIsNoLine() throws IOException {
        assertThat(read("", 9)).isEmpty();
        assertThat(read("torn", 9)).isEmpty();
        assertThat(read("\n", 9)).containsExactly("");
        assertThat(read("one\n\ntwo\ntorn", 9)).containsExactly("two", "", "one");
        assertThat(read("one\ntwo\nthree\n", 2)).containsExactly("three", "two");
    }

    @Test
    void linesOfAllLengthsComeAsTheyAre() throws IOException {
        Prng prng = new Prng(5);
        for (int round = 0; round < 30; round++) {
            List<String> lines = new ArrayList<>();
            for (int count = prng.below(12); count > 0; count--) {
                int length = prng.chance(0.3) ? (64 << 10) - 3 + prng.below(6) : prng.below(70_000);
                lines.addFirst("\u00e9".repeat(length / 2) + "x".repeat(length % 2));
            }
            String torn = "t".repeat(prng.below(2) * prng.below(150_000));
            String text = String.join(
                    "", lines.reversed().stream().map(line -> line + "\n").toList());
            assertThat(read(text + torn, 99).equals(lines))
                    .as("round %d", round)
                    .isTrue();
        }
    }

    @Test
    void ofALineThatIsNoneOfOursOnlyTheEndIsRead() throws IOException {
        List<String> lines = read("one\n" + "x".repeat(1 << 20) + "y\ntwo\n", 9);
        assertThat(lines).hasSize(3).startsWith("two").endsWith("one");
        assertThat(lines.get(1)).endsWith("xy").hasSizeLessThan(512 << 10);
    }
}
