// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A process that we started and end. Its standard output is ours to read, its errors go to ours.
 * Needs /proc.
 */
final class Child implements Cleanup.Owned {
    /** The first line of a mapping in proc_pid_smaps(5). */
    private static final Pattern MAPPING = Pattern.compile("^[0-9a-f]+-[0-9a-f]+ ");

    private static final long END_LIMIT_S = 5;

    /** Of the fields of /proc/PID/stat, counted from behind the name: utime and stime, proc(5). */
    private static final int USER_FIELD = 11;

    /** USER_HZ, the same on all architectures that we know. */
    private static final long TICK_NS = 10_000_000;

    private final String name;
    private final Process process;
    private final BufferedReader output;
    private final Writer input;

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
        output = process.inputReader(StandardCharsets.UTF_8);
        input = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Starts {@code command}, which ends at the latest with {@code cleanup}. */
    static Child start(Cleanup cleanup, String name, List<String> command) {
        return start(cleanup, name, command, Map.of());
    }

    static Child start(
            Cleanup cleanup, String name, List<String> command, Map<String, String> environment) {
        return start(cleanup, name, command, environment, ProcessBuilder.Redirect.INHERIT);
    }

    private static Child start(
            Cleanup cleanup,
            String name,
            List<String> command,
            Map<String, String> environment,
            ProcessBuilder.Redirect errors) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors);
            builder.environment().putAll(environment);
            return cleanup.add(new Child(name, builder.start()));
        } catch (IOException notThere) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    name + " does not start",
                    String.valueOf(notThere.getMessage()),
                    "install it");
        }
    }

    /** The same, but of its log only what is more than information is shown. */
    static Child startQuietly(Cleanup cleanup, String name, List<String> command) {
        Child child = start(cleanup, name, command, Map.of(), ProcessBuilder.Redirect.PIPE);
        Thread.ofVirtual().start(child::passErrors);
        return child;
    }

    private void passErrors() {
        try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                if (!line.contains(" INFO ")) {
                    System.err.println(line);
                }
            }
        } catch (IOException ended) {
            // the child is gone
        }
    }

    /** For a program whose output nobody reads: takes it away, so that it never waits for us. */
    Child discardOutput() {
        Thread.ofVirtual().start(() -> {
            try {
                while (output.readLine() != null) {
                    // only taken away
                }
            } catch (IOException ended) {
                // the child is gone
            }
        });
        return this;
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Sends a line. */
    void tell(String line) {
        try {
            input.write(line + "\n");
            input.flush();
        } catch (IOException gone) {
            throw died();
        }
    }

    /** The next line; waits for it. */
    String hear() {
        try {
            String line = output.readLine();
            if (line == null) {
                throw died();
            }
            return line;
        } catch (IOException gone) {
            throw died();
        }
    }

    /** Exit code; waits for the end. */
    int exitCode() {
        try {
            return process.waitFor();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw died();
        }
    }

    /** SIGKILL; waits for the end. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** User and system time of all its threads so far, in steps of 10 ms. */
    long cpuNs() {
        String stat = proc("stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_FIELD]) + Long.parseLong(fields[USER_FIELD + 1]))
                * TICK_NS;
    }

    /** Times that its threads gave up a core or lost it, so far. */
    long contextSwitchCount() {
        long count = 0;
        for (Path task : entries("task")) {
            String status = read(task.resolve("status"));
            count += number(status, "voluntary_ctxt_switches");
            count += number(status, "nonvoluntary_ctxt_switches");
        }
        return count;
    }

    /** File descriptors that it has open. */
    int descriptorCount() {
        return entries("fd").size();
    }

    /** A size of /proc/PID/status, such as VmRSS or RssAnon, in KiB. */
    long memoryKib(String key) {
        return number(proc("status"), key);
    }

    /**
     * Resident memory in KiB but for what is mapped of those files: of an exported disk that is the
     * page cache, which is there anyway and which the kernel takes back when it likes.
     */
    long residentKibWithout(List<Path> files) {
        long kib = 0;
        boolean counts = true;
        for (String line : proc("smaps").lines().toList()) {
            if (MAPPING.matcher(line).find()) {
                counts = files.stream().noneMatch(file -> line.endsWith(" " + file));
            } else if (counts && line.startsWith("Rss:")) {
                kib += number(line, "Rss");
            }
        }
        return kib;
    }

    private long number(String status, String key) {
        Matcher match =
                Pattern.compile("^" + key + ":\\s+(\\d+)", Pattern.MULTILINE).matcher(status);
        if (!match.find()) {
            throw died();
        }
        return Long.parseLong(match.group(1));
    }

    private List<Path> entries(String folder) {
        try (Stream<Path> entries = Files.list(procPath(folder))) {
            return entries.toList();
        } catch (IOException | UncheckedIOException gone) {
            throw died();
        }
    }

    private Path procPath(String file) {
        return Path.of("/proc", String.valueOf(pid()), file);
    }

    private String proc(String file) {
        return read(procPath(file));
    }

    private String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException | UncheckedIOException gone) {
            throw died();
        }
    }

    private EtherbayException died() {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name + " ended while it was needed",
                process.isAlive() ? "it closed its output" : "exit code " + process.exitValue(),
                "see what it said above");
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_LIMIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
