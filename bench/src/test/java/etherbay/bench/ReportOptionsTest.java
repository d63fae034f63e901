// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;
import picocli.CommandLine.Command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class ReportOptionsTest {
    @TempDir
    Path folder;

    /** A bench that does nothing. */
    @Command
    private static final class Bare {
        @CommandLine.Mixin
        private ReportOptions report = new ReportOptions();
    }

    private static int conclude(double measured, String... arguments) throws IOException {
        Bare bare = new Bare();
        new CommandLine(bare).parseArgs(arguments);
        Verdict bar =
                new Verdict("speed", Bound.atLeast(1), Optional.of(Spread.of(List.of(measured))));
        return bare.report.conclude(new LinkedHashMap<>(Map.of("bench", "bare")), List.of(bar));
    }

    @Test
    void aBarThatIsMissedFailsOnlyWhoIsStrict() throws IOException {
        assertThat(conclude(0.9)).isZero();
        assertThat(conclude(0.9, "--strict")).isEqualTo(1);
        assertThat(conclude(1, "--strict")).isZero();
    }

    @Test
    void theFileHasTheResultsAndTheBars() throws IOException {
        Path file = folder.resolve("results.json");
        assertThat(conclude(0.9, "--json", file.toString())).isZero();
        assertThat(file)
                .content()
                .contains("\"bench\": \"bare\"", "\"what\": \"speed\"", "\"reached\": false");
    }
}
