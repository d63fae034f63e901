// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The console in headless Chromium, driven by Playwright, against the real server over a {@link
 * ConsoleNode}: every page, each action, both themes, keys, accessibility, what appears by itself.
 * The steps are JavaScript, beside this class in {@code console/}; they run on Node, in a folder of
 * the build with the two packages that the lock file pins. Screenshots stay there, in {@code
 * shots}.
 */
class ConsoleSysTest {
    private static final Path WORK = Path.of(System.getProperty("etherbay.home", ".."))
            .toAbsolutePath()
            .normalize()
            .resolve("systest/.build/console");

    private static final int NODE_VERSION_MIN = 20;
    private static final Duration STEPS_TIMEOUT = Duration.ofMinutes(6);

    private static Path node = Path.of("node");
    private static Path chromium = Path.of("chromium");

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws Exception {
        chromium = Tool.require("chromium", "chromium");
        node = Tool.require("node", "nodejs");
        Path npm = Tool.require("npm", "npm");
        String version = Tool.check(List.of(node.toString(), "--version")).strip();
        Assumptions.assumeTrue(
                Integer.parseInt(version.substring(1, version.indexOf('.'))) >= NODE_VERSION_MIN,
                "needs Node " + NODE_VERSION_MIN + " or newer for Playwright, not " + version);
        copy(folderOf(ConsoleSysTest.class, "console/package.json"), WORK);
        copy(
                folderOf(etherbay.admin.http.ApiServer.class, "/etherbay/console/main.js"),
                WORK.resolve("modules"));
        install(npm);
    }

    /** The folder on the class path that holds a file. */
    private static Path folderOf(Class<?> near, String file) throws URISyntaxException {
        URL found = Objects.requireNonNull(near.getResource(file), file);
        URI uri = found.toURI();
        assertThat(uri.getScheme()).as("the modules are run from folders").isEqualTo("file");
        return Path.of(uri).getParent();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(
                        file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Once for each lock file, from where the machine's npm gets its packages. */
    private static void install(Path npm) throws IOException {
        Path lock = WORK.resolve("package-lock.json");
        Path installed = WORK.resolve("node_modules/installed.json");
        if (Files.exists(installed) && Files.mismatch(lock, installed) < 0) {
            return;
        }
        Tool.Outcome outcome = Tool.run(
                List.of(
                        npm.toString(),
                        "ci",
                        "--prefix",
                        WORK.toString(),
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund"),
                Duration.ofMinutes(3));
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void modulesDoWhatTheySayOneByOne() {
        run("units", Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pages", "actions", "live", "keys"})
    void theConsoleIsUsed(String steps) throws IOException {
        try (ConsoleLab lab = new ConsoleLab(folder)) {
            run(
                    steps,
                    Map.of(
                            "CONSOLE_ADDRESS", lab.address(),
                            "CONSOLE_CONTROL", lab.controlAddress(),
                            "CONSOLE_TOKEN", lab.token(),
                            "CONSOLE_VIEWER", lab.viewer(),
                            "CONSOLE_BROWSER", chromium.toString(),
                            "CONSOLE_SHOTS", WORK.resolve("shots").toString()));
        }
    }

    private static void run(String steps, Map<String, String> environment) {
        Path log = WORK.resolve(steps + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        node.toString(), "--test", "--test-reporter=spec", steps + ".test.mjs")
                .directory(WORK.toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            if (!process.waitFor(STEPS_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(steps + " did not end:\n" + Files.readString(log));
            }
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
            assertThat(Files.readString(log)).contains("pass ").doesNotContain("pass 0");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }
}
