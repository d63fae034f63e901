// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a bench that compares makes its file, and what becomes of the results. */
final class ReportOptions {
    @Option(
            names = "--folder",
            description = "for the backing file (default: .build of the project)")
    private String folder = "";

    @Option(names = "--json", paramLabel = "FILE", description = "the results for programs")
    private String json = "";

    @Option(names = "--strict", description = "exit code 1 when a bar is not reached")
    private boolean strict;

    Path place() {
        return Repository.place(folder);
    }

    /**
     * Prints how the bars stand and writes the file, where one is wanted.
     *
     * @param results as they go into the file; the bars are added
     * @return the exit code
     */
    int conclude(Map<String, Object> results, List<Verdict> bars) throws IOException {
        System.out.printf("%n%s", Verdict.toText(bars));
        results.put("bars", Verdict.toJson(bars));
        if (!json.isEmpty()) {
            Files.writeString(Path.of(json), Json.of(results) + "\n");
        }
        return strict && bars.stream().anyMatch(Verdict::missed) ? 1 : 0;
    }
}
