// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Files that are, after a crash at any instant, what they were before or what was written last: a
 * new one is written beside the old one as {@code NAME.new}, synced, renamed over it, and the
 * folder synced. An interrupt does not disturb it, and is there afterwards. Blocking; one thread at
 * a time for a file.
 */
public final class DurableFile {
    private static final String FRESH = ".new";

    /** Each of them takes another interrupt within the milliseconds of a write. */
    private static final int TRIES_MAX = 10;

    private DurableFile() {}

    private interface Step {
        void run() throws IOException;
    }

    /** Puts a file in place of the former one; durable when this returns. */
    public static void write(Path file, byte[] bytes) throws IOException {
        Path fresh = beside(file);
        undisturbed(() -> {
            try (FileChannel channel = FileChannel.open(
                    fresh,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                fill(channel, bytes);
            }
            replace(fresh, file);
        });
    }

    /**
     * The same for its owner's eyes only. What root writes belongs to the owner of the folder: root
     * may look after what a daemon of another user has to read.
     */
    public static void writePrivate(Path file, byte[] bytes) throws IOException {
        Path fresh = beside(file);
        undisturbed(() -> {
            Files.deleteIfExists(fresh); // it may be one that others can read
            Files.createFile(
                    fresh,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                fill(channel, bytes);
            }
            giveToOwnerOfFolder(fresh);
            replace(fresh, file);
        });
    }

    private static Path beside(Path file) {
        return file.resolveSibling(file.getFileName() + FRESH);
    }

    private static void fill(FileChannel channel, byte[] bytes) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
        channel.force(true);
    }

    private static void giveToOwnerOfFolder(Path fresh) throws IOException {
        if (Files.getOwner(fresh).getName().equals("root")) {
            Files.setOwner(fresh, Files.getOwner(folderOf(fresh)));
        }
    }

    private static Path folderOf(Path file) {
        return file.toAbsolutePath().resolveSibling(".");
    }

    private static void replace(Path fresh, Path file) throws IOException {
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(folderOf(file));
    }

    /** Makes names that came or went in a folder durable. */
    public static void syncFolder(Path folder) throws IOException {
        undisturbed(() -> sync(folder));
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Channels close themselves under a thread that is interrupted; so it is so afterwards. */
    private static void undisturbed(Step step) throws IOException {
        boolean isInterrupted = false;
        try {
            for (int attempt = 1; ; attempt++) {
                isInterrupted |= Thread.interrupted();
                try {
                    step.run();
                    return;
                } catch (ClosedByInterruptException disturbed) {
                    if (attempt == TRIES_MAX) {
                        throw disturbed;
                    }
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
