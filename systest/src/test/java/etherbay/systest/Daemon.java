// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.KillAtExit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that runs in the background of a test, with its output as a log. One thread. */
final class Daemon implements AutoCloseable {
    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

    private final Process process;
    private final Path log;

    private Daemon(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static Daemon start(List<String> command) {
        try {
            Path log = Files.createTempFile("etherbay-daemon-", ".log");
            Process process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new Daemon(KillAtExit.hold(process), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a line with {@code text}; without it the daemon is ended and its log quoted. */
    Daemon awaitLog(String text, Duration timeout) {
        boolean found = false;
        try {
            Tool.await("log line with \"" + text + "\" of " + process, timeout, () -> {
                boolean alive = process.isAlive(); // before the look, so that last words are seen
                if (log().contains(text)) {
                    return true;
                }
                if (!alive) {
                    throw new AssertionError("ended with " + process.exitValue() + ":\n" + log());
                }
                return false;
            });
            found = true;
            return this;
        } finally {
            if (!found) {
                System.err.println(log());
                close();
            }
        }
    }

    String log() {
        return Tool.textOf(log);
    }

    /** How long its log is by now. */
    long logBytes() {
        try {
            return Files.size(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its log from a byte on: what {@link #logBytes} said before something was asked of it. */
    String logFrom(long atBytes) {
        try (InputStream in = Files.newInputStream(log)) {
            in.skipNBytes(atBytes);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL, to it and to what it started. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        KillAtExit.kill(process);
    }

    /** SIGKILL, to it alone: what it started goes on. */
    void crash() {
        Tool.check(List.of("kill", "-KILL", "" + pid()));
        Tool.await("it is gone", END_TIMEOUT, () -> !process.isAlive());
        close();
    }

    /** SIGTERM. @return its exit code */
    int terminate() {
        process.destroy();
        try {
            if (!process.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("does not end on SIGTERM:\n" + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        kill();
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
