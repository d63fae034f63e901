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
     * @param log made or overwritten; what it would keep in the user's home lies beside it
     * @param prefix what its command line begins with, such as {@code ip netns exec NAME}
     */
    static DemoChild start(String name, Path log, List<String> prefix, List<String> words) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(javaCommand());
        command.addAll(words);
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("XDG_STATE_HOME", "" + log.getParent());
            Process process = builder.start();
            return new DemoChild(KillAtExit.hold(process), name, log);
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    name + " does not start",
                    e.toString(),
                    "see that this works: " + command.getFirst() + " --help");
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

    /** Waits until it has ended as it should. */
    void awaitEnd(Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (process.isAlive() && System.nanoTime() - deadlineNs < 0) {
            DemoLab.pause(Duration.ofMillis(POLL_MS));
        }
        boolean alive = process.isAlive();
        kill();
        if (alive || process.exitValue() != 0) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    name + " failed",
                    alive
                            ? "it did not end within %d s".formatted(timeout.toSeconds())
                            : EtherbayException.shown(text().strip().replace("\n", "; ")),
                    "see `etherbay demo --help`; on a busy machine try again when it is idle");
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
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
