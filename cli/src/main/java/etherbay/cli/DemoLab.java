// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.GuestRun;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All that the demo starts: a folder, a segment, targets, a guest; and its end, which leaves
 * nothing behind. One thread.
 */
final class DemoLab implements AutoCloseable {
    static final String SEGMENT = "segment";
    static final int MTU_BYTES = 9000;
    static final long DISK_BYTES = 256L << 20;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration RUN_TIMEOUT = Duration.ofMinutes(3);
    private static final int CONSOLE_TAIL_LINES = 15;

    private static final int DELETE_COUNT_MAX = 20;
    private static final Duration DELETE_INTERVAL = Duration.ofMillis(50);

    private final Path folder;
    private final Map<String, DemoChild> children = new LinkedHashMap<>();
    private @Nullable QemuGuest guest;

    private DemoLab(Path folder) {
        this.folder = folder;
    }

    /** A lab with nothing but its folder, which only this user can enter. */
    static DemoLab create() {
        try {
            return new DemoLab(Files.createTempDirectory("etherbay-demo-"));
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the demo has no room for its files",
                    e.toString(),
                    "see that " + System.getProperty("java.io.tmpdir") + " is there and writable");
        }
    }

    static String diskName(int slot) {
        return "e0." + slot;
    }

    Path folder() {
        return folder;
    }

    /** Where the segment listens. */
    Path segmentSocket() {
        return folder.resolve("segment.sock");
    }

    void startSegment() {
        start(
                SEGMENT,
                List.of("segment", "run", "unix:" + segmentSocket(), "--mtu", "" + MTU_BYTES),
                " listens");
    }

    /** Makes the disk of {@code slot}, sparse. */
    void makeDisk(int slot) {
        try (RandomAccessFile image = new RandomAccessFile(image(slot).toFile(), "rw")) {
            image.setLength(DISK_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Serves the disk of {@code slot}; durable before it is acknowledged. */
    void startTarget(int slot) {
        String name = diskName(slot);
        start(
                name,
                List.of(
                        "export",
                        "0",
                        "" + slot,
                        "unix:" + segmentSocket(),
                        image(slot).toString(),
                        "--state",
                        folder.resolve("state").toString(),
                        "-s"),
                name + ": serving");
    }

    /** As {@code kill -9} does it. */
    void killTarget(int slot) {
        child(diskName(slot)).kill();
    }

    /** The process of that name: {@link #SEGMENT} or a disk's name. */
    DemoChild child(String name) {
        DemoChild child = children.get(name);
        if (child == null) {
            throw new IllegalStateException(name + " was not started");
        }
        return child;
    }

    private Path image(int slot) {
        return folder.resolve(diskName(slot) + ".img");
    }

    private void start(String name, List<String> words, String sign) {
        DemoChild child = DemoChild.start(name, folder.resolve(name + ".log"), words);
        children.put(name, child);
        child.await(sign, START_TIMEOUT);
    }

    void boot(QemuCommand command) {
        guest = QemuGuest.boot(command, BOOT_TIMEOUT);
    }

    /** Whether all is there, guest included. */
    boolean booted() {
        return guest != null;
    }

    QemuGuest guest() {
        QemuGuest booted = guest;
        if (booted == null) {
            throw new IllegalStateException("no guest was booted");
        }
        return booted;
    }

    /**
     * Runs shell lines in the guest, up to the first that fails.
     *
     * @param what the lines do, for the error
     * @return what they printed
     */
    String sh(String what, String lines) {
        GuestRun run;
        try {
            run = guest().run("set -e\n" + lines, RUN_TIMEOUT);
        } catch (EtherbayException lost) { // it quotes the whole script and the console
            throw couldNot(lost.code(), what, lost.why().lines().findFirst().orElse("no answer"));
        }
        if (run.exitCode() != 0) {
            throw couldNot(
                    ErrorCode.UNAVAILABLE,
                    what,
                    "its shell ended with exit code " + run.exitCode() + ": " + run.text());
        }
        return run.text();
    }

    private static EtherbayException couldNot(ErrorCode code, String what, String why) {
        return new EtherbayException(
                code,
                "the guest could not " + what,
                why,
                "the logs stand above; `etherbay demo --keep` leaves all running to look at");
    }

    /** The last that each process said, for a person who asks why. */
    String lastWords() {
        StringBuilder words = new StringBuilder();
        children.values()
                .forEach(child -> words.append(child.lastWords()).append(System.lineSeparator()));
        QemuGuest booted = guest;
        if (booted != null) {
            List<String> lines = booted.process().console().lines().toList();
            words.append("-- the guest %s; the end of its console:%n"
                    .formatted(booted.process().isAlive() ? "runs" : "has ended"));
            lines.subList(Math.max(0, lines.size() - CONSOLE_TAIL_LINES), lines.size())
                    .forEach(line -> words.append(line).append(System.lineSeparator()));
        }
        return words.toString();
    }

    /** Ends guest, targets and segment, and deletes the folder. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted(); // the end waits, interrupted or not
        if (guest != null) {
            guest.close();
        }
        children.values().forEach(DemoChild::kill);
        try {
            deleteFolder();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Tries again when somebody else adds a file meanwhile, as a target started by hand may. */
    private void deleteFolder() throws IOException {
        for (int i = 1; Files.exists(folder); i++) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            } catch (DirectoryNotEmptyException | UncheckedIOException e) {
                if (i == DELETE_COUNT_MAX) {
                    throw e;
                }
                pause(DELETE_INTERVAL);
            }
        }
    }

    /** Waits; an interrupt is the end of the demo. */
    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the demo was stopped",
                    "a signal or an interrupt",
                    "run it again");
        }
    }
}
