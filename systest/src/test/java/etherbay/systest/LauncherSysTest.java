// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The launcher as a person meets it: through a link, with a wrong verb, without a JDK. */
@Timeout(300)
class LauncherSysTest {
    private static final Path HOME = Path.of(System.getProperty("etherbay.home", ".."));

    @TempDir
    private Path folder;

    @Test
    void versionNamesTheProgramAndTheJavaThatRunsIt() throws Exception {
        Run run = run(Map.of(), HOME.resolve("etherbay").toString(), "--version");
        assertThat(run.exitCode).as(run.output).isZero();
        assertThat(run.output)
                .containsPattern("etherbay \\d+\\.\\d+")
                .containsPattern("Java 2[5-9]");
    }

    @Test
    void anUnknownVerbEndsWithTheCodeOfAUsageError() throws Exception {
        Run run = run(Map.of(), HOME.resolve("etherbay").toString(), "no-such-verb");
        assertThat(run.exitCode).isEqualTo(2);
        assertThat(run.output).contains("no-such-verb").contains("do: ");
    }

    @Test
    void itWorksThroughALinkFromAnotherFolder() throws Exception {
        Path link = Files.createSymbolicLink(
                folder.resolve("eb"), HOME.resolve("etherbay").toAbsolutePath());
        Run run = run(Map.of(), link.toString(), "--version");
        Files.delete(link);
        assertThat(run.exitCode).as(run.output).isZero();
    }

    @Test
    void anOlderJavaHomeIsPassedOverForANewerJdkBesideIt() throws Exception {
        Path old = Files.createDirectories(folder.resolve("jdk-8"));
        Files.createDirectories(old.resolve("bin"));
        for (String program : List.of("java", "javac")) {
            Path path =
                    Files.writeString(old.resolve("bin").resolve(program), "#!/bin/sh\nexit 9\n");
            assertThat(path.toFile().setExecutable(true)).isTrue();
        }
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"1.8.0_402\"\n");
        Run run = run(
                Map.of("JAVA_HOME", old.toString()),
                HOME.resolve("etherbay").toString(),
                "--version");
        assertThat(run.exitCode).as(run.output).isZero();
    }

    @Test
    void optionsOfTheEnvironmentReachTheJvm() throws Exception {
        Run run = run(
                Map.of("ETHERBAY_JAVA_OPTS", "-XX:+PrintFlagsFinal"),
                HOME.resolve("etherbay").toString(),
                "--version");
        assertThat(run.output).contains("UseSerialGC");
    }

    @Test
    void aVerbOfDevThatDoesNotExistEndsWithTheCodeOfAUsageError() throws Exception {
        Run run = run(Map.of(), HOME.resolve("dev").toString(), "no-such-verb");
        assertThat(run.exitCode).isEqualTo(2);
        assertThat(run.output).contains("./dev help");
    }

    private Run run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)));
        builder.environment().putAll(environment);
        Process process =
                builder.directory(folder.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private record Run(int exitCode, String output) {}
}
