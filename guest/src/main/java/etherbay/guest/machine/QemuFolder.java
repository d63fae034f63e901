// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.GuestCache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is kept on disk of one guest under QEMU, and which process it is. Any thread.
 *
 * <pre>
 *   qmp oob con vnc    Unix sockets of QEMU
 *   pid                by QEMU, while it runs
 *   command            its command line, a word a line
 *   disk               the Unix socket of its disk
 *   begun              there while it is being started
 *   console.log        what the guest has printed
 *   log                what QEMU has printed
 * </pre>
 *
 * A process is this guest's when it is a QEMU whose command line names this folder's {@code pid}: a
 * process that got a dead guest's number is never taken for it.
 */
final class QemuFolder {
    /** Of {@code sockaddr_un}: 108 with the zero at the end, unix(7). */
    static final int SOCKET_PATH_BYTES_MAX = 107;

    private static final Path PROC = Path.of("/proc");
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);
    private static final int LAST_WORDS_BYTES = 2000;

    private final Path path;

    QemuFolder(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    Path qmp() {
        return path.resolve("qmp");
    }

    /** A second one, for what has to get through when the first one waits. */
    Path outOfBand() {
        return path.resolve("oob");
    }

    Path console() {
        return path.resolve("con");
    }

    Path screen() {
        return path.resolve("vnc");
    }

    Path pidFile() {
        return path.resolve("pid");
    }

    Path consoleLog() {
        return path.resolve("console.log");
    }

    Path log() {
        return path.resolve("log");
    }

    /** Empties it and makes it, for nobody else: who may connect to its sockets rules the guest. */
    void begin(List<String> command, Path disk) {
        try {
            GuestCache.deleteTree(path);
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            Files.write(path.resolve("command"), command);
            Files.writeString(path.resolve("disk"), disk.toString());
            Files.writeString(path.resolve("begun"), "");
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "cannot make the folder " + path,
                    failure.toString(),
                    "give a folder that you may write, with room on its disk");
        }
    }

    void begun() {
        delete(path.resolve("begun"));
    }

    Path disk() {
        try {
            return Path.of(Files.readString(path.resolve("disk")));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    void delete() {
        try {
            GuestCache.deleteTree(path);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The QEMU of this guest, if one runs. */
    Optional<ProcessHandle> process() {
        try {
            long pid = Long.parseLong(Files.readString(pidFile()).strip());
            if (isOurs(pid)) {
                return ProcessHandle.of(pid);
            }
        } catch (IOException | NumberFormatException failure) {
            // No such file: it has ended, or has not come so far.
        }
        // Whoever started it may have died before it wrote its number.
        return Files.exists(path.resolve("begun")) ? searched() : Optional.empty();
    }

    private Optional<ProcessHandle> searched() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(each -> isOurs(each.pid())).findFirst();
        }
    }

    private boolean isOurs(long pid) {
        try {
            byte[] line = Files.readAllBytes(PROC.resolve(pid + "/cmdline"));
            List<String> words = List.of(new String(line, StandardCharsets.UTF_8).split("\0", -1));
            int at = words.indexOf("-pidfile");
            return at >= 0
                    && words.getFirst().contains("qemu-system")
                    && words.get(at + 1).equals(pidFile().toString());
        } catch (IOException failure) {
            return false; // it has ended
        }
    }

    /** SIGKILL, and waits until it is gone. */
    void killProcess() {
        Optional<ProcessHandle> running = process();
        if (running.isEmpty()) {
            return;
        }
        running.get().destroyForcibly();
        if (!awaitEnd(END_TIMEOUT)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "QEMU, process " + running.get().pid() + ", does not end on SIGKILL",
                    "it waits in the kernel, for a disk perhaps",
                    "look at /proc/" + running.get().pid() + "/stack; restart the machine");
        }
    }

    boolean awaitEnd(Duration timeout) {
        return Waiting.until(timeout, () -> process().isEmpty());
    }

    /** The end of what QEMU has printed, on one line. */
    String lastWords() {
        try {
            String said = Files.readString(log(), StandardCharsets.ISO_8859_1).strip();
            String end = said.substring(Math.max(0, said.length() - LAST_WORDS_BYTES));
            return end.isEmpty()
                    ? "it said nothing"
                    : EtherbayException.shown(end.replace("\n", "; "));
        } catch (IOException failure) {
            return "it said nothing";
        }
    }
}
