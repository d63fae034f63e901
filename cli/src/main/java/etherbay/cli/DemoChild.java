// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.KillAtExit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Another process of this program, with its output as a log. It is started as this one was (same
 * Java, same options, same class path) and does not outlive it. One thread.
 */
final class DemoChild {
    private static final long POLL_MS = 20;
    private static final int TAIL_LINES = 15;

    private final Process process;
    private final String name;
    private final Path log;

    private DemoChild(Process process, String name, Path log) {
        this.process = process;
        this.name = name;
        this.log = log;
    }

    /**
     * Starts {@code etherbay WORDS}.
     *
     * @param name what an error calls it
     * @param log made or overwritten
     */
    static DemoChild start(String name, Path log, List<String> words) {
        List<String> command = new ArrayList<>(javaCommand());
        command.addAll(words);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new DemoChild(KillAtExit.hold(process), name, log);
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    name + " does not start",
                    e.toString(),
                    "see that this works: " + command.getFirst() + " -version");
        }
    }

    /** This process's Java with its options, up to and including the main class. */
    private static List<String> javaCommand() {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current()
                .info()
                .command()
                .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-agentlib:") && !option.startsWith("-java"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return command;
    }

    /** Waits until the log has {@code sign}. */
    void await(String sign, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        boolean alive = true;
        while (alive && System.nanoTime() - deadlineNs < 0) {
            alive = process.isAlive(); // before the look, so that last words are seen
            if (text().contains(sign)) {
                return;
            }
            DemoLab.pause(Duration.ofMillis(POLL_MS));
        }
        throw new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name + " does not serve",
                alive
                        ? "it did not say `%s` within %d s".formatted(sign, timeout.toSeconds())
                        : "it ended with exit code %d".formatted(process.exitValue()),
                "its log stands above; on a busy machine try again when it is idle");
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    Path log() {
        return log;
    }

    /** SIGKILL, and wait until it is gone. */
    void kill() {
        KillAtExit.kill(process);
    }

    /** Its name, state and the end of its log. */
    String lastWords() {
        List<String> lines = text().lines().toList();
        String state = isAlive() ? "runs" : "ended with exit code " + process.exitValue();
        return "-- %s %s; the end of its log:%n%s"
                .formatted(
                        name,
                        state,
                        String.join(
                                "\n",
                                lines.subList(
                                        Math.max(0, lines.size() - TAIL_LINES), lines.size())));
    }

    private String text() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
