// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.PrintWriter;
import java.io.StringWriter;

class NbdServeCommandTest {
    @ParameterizedTest
    @CsvSource({
        "-d --buffered, 2, -d and --buffered exclude each other",
        "--buffered, 4, /nowhere/disk",
        "-d, 4, /nowhere/disk",
    })
    void theWayPastThePageCacheOrThroughItIsChosenOnce(String options, int exitCode, String says) {
        StringWriter err = new StringWriter();
        String words = "nbd serve /nowhere/disk --nbd unix:/nowhere/s " + options;
        assertThat(Main.commandLine().setErr(new PrintWriter(err)).execute(words.split(" ", -1)))
                .as(err.toString())
                .isEqualTo(exitCode);
        assertThat(err.toString()).contains(says).contains("  do: ");
    }
}
