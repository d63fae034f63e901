// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The same seed gives the same run elsewhere: in a JVM with other identity hashes, without a
 * compiler, in another language and time zone, every step of the trace is the same.
 */
final class OtherMachineTest {
    private static final long SEED = 3;

    static Set<String> names() {
        return Scenarios.byName().keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aSeedGivesTheSameTraceInAnotherJvm(String name) throws IOException {
        ByteArrayOutputStream here = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(here, true, StandardCharsets.UTF_8)) {
            assertThat(Replay.run(name, SEED, out)).isTrue();
        }
        byte[] there = elsewhere(name);
        assertThat(there.length).isGreaterThan(1000);
        assertThat(there).isEqualTo(here.toByteArray());
    }

    private static byte[] elsewhere(String name) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xint",
                        "-XX:+UnlockExperimentalVMOptions",
                        "-XX:hashCode=2",
                        "-Duser.language=tr",
                        "-Duser.timezone=Asia/Kathmandu",
                        "-Dstdout.encoding=UTF-8",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Replay.class.getName(),
                        name,
                        String.valueOf(SEED)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return process.getInputStream().readAllBytes();
    }
}
