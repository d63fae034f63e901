// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A running QEMU, its serial console as a log, and its end: {@link #close} kills it without asking,
 * and so does the end of this JVM. Thread safe.
 */
public final class QemuProcess implements AutoCloseable {
    private static final long POLL_MS = 20;
    private static final int CONSOLE_TAIL_LINES = 30;
    static final String CONSOLE_LOG = "console.log"; // in the folder of the process

    private final Process process;
    private final Path folder;

    private QemuProcess(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /** Starts QEMU and returns at once; its console is read with {@link #awaitConsole}. */
    public static QemuProcess start(QemuCommand command) {
        return start(command, newFolder(), List.of());
    }

    static QemuProcess start(QemuCommand command, Path folder, List<String> channelArguments) {
        List<String> arguments = command.arguments(folder, channelArguments);
        try {
            Process process = new ProcessBuilder(arguments)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("qemu.log").toFile())
                    .start();
            return new QemuProcess(KillAtExit.hold(process), folder);
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "QEMU does not start",
                    e.toString(),
                    "see that this works: " + arguments.getFirst() + " --version");
        }
    }

    /** Short on purpose: the path of a unix socket has at most 107 bytes. */
    static Path newFolder() {
        try {
            return Files.createTempDirectory("etherbay-guest-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that the guest has printed on its first serial line. */
    public String console() {
        return textOf(CONSOLE_LOG);
    }

    /** The file that {@link #console} reads; it grows while the guest runs. */
    public Path consoleFile() {
        return folder.resolve(CONSOLE_LOG);
    }

    /** Waits until the console holds {@code text}. @return false when time is up or QEMU ended */
    public boolean awaitConsole(String text, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        do {
            boolean alive = isAlive(); // before the look, so that last words are seen
            if (console().contains(text)) {
                return true;
            }
            if (!alive) {
                return false;
            }
            pause();
        } while (System.nanoTime() - deadlineNs < 0);
        return false;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Waits for QEMU to end by itself (a guest's poweroff). @return false when time is up */
    public boolean awaitEnd(Duration timeout) {
        try {
            return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Stops it as a pulled plug would (SIGKILL); the console stays readable. */
    public void kill() {
        KillAtExit.kill(process);
    }

    /** Kills it and deletes its folder, console included. */
    @Override
    public void close() {
        kill();
        try {
            GuestCache.deleteTree(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What QEMU said and the end of the console, for an error's "why". */
    String lastWords() {
        List<String> lines = console().lines().toList();
        int from = Math.max(0, lines.size() - CONSOLE_TAIL_LINES);
        String state = isAlive() ? "QEMU runs" : "QEMU ended with " + process.exitValue();
        return state + "; it said: " + textOf("qemu.log").strip() + "\nend of the console:\n"
                + String.join("\n", lines.subList(from, lines.size()));
    }

    static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "waiting for a guest was cancelled",
                    "the thread was interrupted",
                    "run it again");
        }
    }

    private String textOf(String name) {
        Path file = folder.resolve(name);
        try {
            return Files.exists(file)
                    ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                    : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
