// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs a program of the host to its end. Any thread; blocks; made for virtual threads.
 *
 * <p>The programs used here (apt, dpkg-deb, ldd, xz, mke2fs) end by themselves; an interrupt kills
 * them.
 */
public final class HostCommand {
    /** What a program left behind: exit code, standard output as bytes, standard error as text. */
    public static final class Outcome {
        private final int exitCode;
        private final byte[] output;
        private final String errors;

        private Outcome(int exitCode, byte[] output, String errors) {
            this.exitCode = exitCode;
            this.output = output;
            this.errors = errors;
        }

        public int exitCode() {
            return exitCode;
        }

        public byte[] output() {
            return output;
        }

        /** Standard output as text. */
        public String text() {
            return new String(output, StandardCharsets.UTF_8);
        }

        /** Standard error, without blanks at both ends. */
        public String errors() {
            return errors.strip();
        }
    }

    private HostCommand() {}

    /** Runs {@code command} with {@code folder} as its working directory, English messages. */
    public static Outcome run(Path folder, List<String> command) {
        return run(folder, command, Path.of("/dev/null"));
    }

    /** As {@link #run(Path, List)}, with a file as its standard input. */
    public static Outcome run(Path folder, List<String> command, Path input) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(input.toFile()));
        builder.environment().put("LC_ALL", "C");
        Path errors;
        try {
            errors = Files.createTempFile("etherbay-", ".err");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        builder.redirectError(errors.toFile());
        try {
            Process process = builder.start();
            try (InputStream out = process.getInputStream()) {
                byte[] output = out.readAllBytes();
                int exitCode = process.waitFor();
                return new Outcome(exitCode, output, Files.readString(errors));
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        command.getFirst() + " was cancelled",
                        "the thread was interrupted",
                        "run it again");
            }
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot run " + command.getFirst(),
                    String.valueOf(e.getMessage()),
                    "install the Debian package that has " + command.getFirst());
        } finally {
            deleteQuietly(errors);
        }
    }

    /** As {@link #run}, but a failing program is an error that quotes its last words. */
    public static Outcome runOrThrow(Path folder, List<String> command, String correction) {
        return runOrThrow(folder, command, Path.of("/dev/null"), correction);
    }

    /** As {@link #runOrThrow(Path, List, String)}, with a file as its standard input. */
    public static Outcome runOrThrow(
            Path folder, List<String> command, Path input, String correction) {
        Outcome outcome = run(folder, command, input);
        if (outcome.exitCode != 0) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    String.join(" ", command) + " failed with exit code " + outcome.exitCode,
                    outcome.errors.strip(),
                    correction);
        }
        return outcome;
    }

    /** Finds {@code name} in PATH and in the folders of system programs that users lack in PATH. */
    public static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin";
        for (String folder : path.split(":", -1)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                return Optional.of(candidate.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    /** As {@link #find}, but a missing program is an error that names its Debian package. */
    public static Path require(String name, String debianPackage) {
        return find(name)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        name + " is not installed",
                        "it is neither in PATH nor in /usr/sbin or /sbin",
                        "apt-get install " + debianPackage));
    }

    static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
