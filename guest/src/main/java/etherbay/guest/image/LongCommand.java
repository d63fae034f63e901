// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.GuestCache;
import etherbay.guest.KillAtExit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program of the host that takes minutes: what it says last is handed on while it runs, an
 * interrupt of the calling thread ends it and all that it has started. Any thread.
 */
final class LongCommand {
    private static final long LOOK_MS = 200;
    private static final int TAIL_BYTES = 400;
    private static final int ERROR_BYTES = 2000;

    private LongCommand() {}

    /**
     * Runs it to its end.
     *
     * @param folder its working directory, in which its output is kept meanwhile
     * @param heard gets the end of its output, a few times a second
     * @param correction when it fails
     */
    static void run(Path folder, List<String> command, Consumer<String> heard, String correction) {
        requireNotCancelled("before it ran " + command.getFirst());
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("LC_ALL", "C");
        Process process = start(builder);
        try {
            while (!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
                heard.accept(tail(output, TAIL_BYTES));
            }
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw cancelled("during " + command.getFirst());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            KillAtExit.kill(process);
        }
        if (process.exitValue() != 0) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    Path.of(command.getFirst()).getFileName() + " failed with exit code "
                            + process.exitValue(),
                    EtherbayException.shown(tail(output, ERROR_BYTES).strip().replace("\n", "; ")),
                    correction);
        }
    }

    /**
     * A program that ends at once may not notice an interrupt: who is about to begin another asks.
     *
     * @throws EtherbayException UNAVAILABLE if the calling thread is interrupted; it stays so
     */
    static void requireNotCancelled(String when) {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled(when);
        }
    }

    private static EtherbayException cancelled(String when) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the image was not finished",
                "it was cancelled, " + when,
                "the disk may have part of it by now: begin again");
    }

    private static Process start(ProcessBuilder builder) {
        try {
            return KillAtExit.hold(builder.start());
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot run " + builder.command().getFirst(),
                    String.valueOf(failure.getMessage()),
                    "see that it can be run by hand");
        }
    }

    private static String tail(Path file, int bytesMax) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(0, in.length() - bytesMax);
            byte[] bytes = new byte[(int) (in.length() - from)];
            in.seek(from);
            in.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A folder for what is needed meanwhile only. */
    static Path workFolder(Path parent) {
        try {
            Files.createDirectories(parent);
            return Files.createTempDirectory(parent, "image-");
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "cannot make a folder in " + parent,
                    failure.toString(),
                    "give a folder that you may write, with room for the image");
        }
    }

    static void forget(Path work) {
        try {
            GuestCache.deleteTree(work);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
