// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.DurableFile;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Predicate;

/**
 * A file of lines that grows at its end, and is moved aside when it is long: {@code NAME} is the
 * newest, {@code NAME.1} the one before. A line whose end is missing was being written when the
 * process ended: it was told to nobody, and is cut off when the file is opened. What fails once may
 * go well the next time: neither an error of the disk nor an interrupt (the file is none that an
 * interrupt closes) ends a journal. Not thread-safe.
 */
final class Journal implements AutoCloseable {
    private final Path path;
    private final long rotateBytes;
    private final int keptCount;
    private RandomAccessFile file;

    /** Of whole lines; behind them may stand a part of one that failed. */
    private long endBytes;

    private boolean isTorn;
    private boolean areNamesUnsynced;

    /**
     * Opens a journal, its folder included.
     *
     * @param rotateBytes after which it is moved aside; twice as many are never in one file
     * @param keptCount how many moved ones are kept
     */
    Journal(Path path, long rotateBytes, int keptCount) throws IOException {
        this.path = path;
        this.rotateBytes = rotateBytes;
        this.keptCount = keptCount;
        Files.createDirectories(folder());
        areNamesUnsynced = !Files.exists(path);
        file = open();
        endBytes = LinesBackward.wholeBytes(file);
        isTorn = true;
        cutTorn();
    }

    private Path folder() {
        Path parent = path.toAbsolutePath().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private RandomAccessFile open() throws IOException {
        return new RandomAccessFile(path.toFile(), "rw");
    }

    private void cutTorn() throws IOException {
        if (isTorn) {
            file.setLength(endBytes);
            isTorn = false;
        }
    }

    /**
     * Hands out the whole lines of all files, newest first, and holds one at a time.
     *
     * @param sink gives false when it has enough
     */
    void read(Predicate<String> sink) throws IOException {
        boolean wantsMore = true;
        for (int number = 0; number <= keptCount && wantsMore; number++) {
            if (Files.isRegularFile(numbered(number))) {
                wantsMore = LinesBackward.read(numbered(number), sink);
            }
        }
    }

    private Path numbered(int number) {
        return number == 0 ? path : path.resolveSibling(path.getFileName() + "." + number);
    }

    /**
     * Appends a line.
     *
     * @param sync whether it is durable before this returns
     */
    void append(String line, boolean sync) throws IOException {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        if (endBytes > 0 && endBytes + bytes.length > rotateBytes) {
            makeRoom(bytes.length);
        }
        cutTorn();
        if (sync && areNamesUnsynced) {
            DurableFile.syncFolder(folder());
            areNamesUnsynced = false;
        }
        try {
            file.seek(endBytes);
            file.write(bytes);
            if (sync) {
                file.getFD().sync();
            }
        } catch (IOException failure) {
            isTorn = true; // a part of a line would spoil the next one
            tryCutTorn(failure);
            throw failure;
        }
        endBytes += bytes.length;
    }

    private void tryCutTorn(IOException failure) {
        try {
            cutTorn();
        } catch (IOException also) {
            failure.addSuppressed(also); // done before the next line
        }
    }

    /** A file that cannot be moved aside goes on growing for a while. */
    private void makeRoom(int bytes) throws IOException {
        try {
            rotate();
        } catch (IOException failure) {
            if (endBytes + bytes > 2 * rotateBytes) {
                throw failure;
            }
        }
    }

    /** May fail at each step, and then goes on from there the next time. */
    private void rotate() throws IOException {
        file.getFD().sync();
        if (Files.exists(path)) {
            moveAside();
        }
        RandomAccessFile next = open();
        RandomAccessFile former = file;
        file = next;
        endBytes = 0;
        isTorn = false;
        areNamesUnsynced = true;
        former.close();
    }

    /** Only as far as there is no gap, which is what an attempt that failed leaves. */
    private void moveAside() throws IOException {
        int free = 1;
        while (free < keptCount && Files.exists(numbered(free))) {
            free++;
        }
        for (int number = free; number > 0; number--) {
            Files.move(
                    numbered(number - 1),
                    numbered(number),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
