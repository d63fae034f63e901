// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Programs of the host, and what tests need of it: else they are skipped, with the reason. */
final class Tool {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** Exit code and standard output with standard error. */
    record Outcome(int exitCode, String text) {}

    private Tool() {}

    /** Network namespaces and raw sockets need root. */
    static void requireRoot() {
        Assumptions.assumeTrue(
                System.getProperty("user.name").equals("root"),
                "needs root: network namespaces and raw sockets");
    }

    static Path require(String program, String debianPackage) {
        Optional<Path> found = Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
        Assumptions.assumeTrue(
                found.isPresent(), () -> "needs " + program + ": apt-get install " + debianPackage);
        return found.orElseThrow();
    }

    static Outcome run(List<String> command) {
        return run(command, TIMEOUT);
    }

    static Outcome run(List<String> command, Duration timeout) {
        try {
            Path log = Files.createTempFile("etherbay-tool-", ".log");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
                if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(
                            command + " did not end within " + timeout + ":\n" + textOf(log));
                }
                return new Outcome(process.exitValue(), textOf(log));
            } finally {
                Files.delete(log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + command, e);
        }
    }

    static String check(List<String> command) {
        Outcome outcome = run(command);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(String.join(" ", command) + ": exit code " + outcome.exitCode()
                    + "\n" + outcome.text());
        }
        return outcome.text();
    }

    static String textOf(Path file) {
        return new String(bytesOf(file), StandardCharsets.ISO_8859_1);
    }

    static byte[] bytesOf(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for something outside of this process to become true; the only sleep of the rig. */
    static void await(String what, Duration timeout, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + timeout + ": " + what);
            }
            pause(Duration.ofMillis(20));
        }
    }

    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
