// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A bench as a process of its own; its exit code says whether the bounds held.
 *
 * @param output what it printed, errors too
 */
record BenchRun(int exitCode, String output) {
    /** Runs {@code bench arguments}; a test that calls this is skipped for all but root. */
    static BenchRun of(String... arguments) throws IOException, InterruptedException {
        assumeThat(System.getProperty("user.name"))
                .as("network namespaces and raw sockets need root")
                .isEqualTo("root");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "etherbay.bench.Bench"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new BenchRun(process.waitFor(), output);
    }
}
