// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A verb that asks starts quickly since it has nothing of the server: here there is none. */
final class ApiVerbStartTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"status", "token create a --role viewer"})
    void aVerbNeedsNothingOfTheServer(String words) throws IOException {
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jetty"))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                path,
                "etherbay.cli.Main"));
        command.addAll(List.of(words.split(" ")));
        command.addAll(List.of("--state", folder.toString()));
        Process verb = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(verb.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).containsAnyOf("no daemon answers at " + folder, "eb_");
        assertThat(verb.onExit().join().exitValue()).isEqualTo(words.equals("status") ? 8 : 0);
    }
}
