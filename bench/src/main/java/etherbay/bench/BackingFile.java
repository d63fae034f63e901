// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The file that is exported: written once in full, without holes, so that reads reach the disk.
 *
 * <p>It comes into the page cache in single pages, as what is used at random does. A kernel that
 * reads ahead or is given long writes takes folios of up to 2 MiB, and of those ext4 (6.18) walks
 * all blocks for each 4 KiB written: 45 us, which would hide what the servers do.
 */
final class BackingFile implements Cleanup.Owned {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;

    /** A disk is asked for so many pages at once. */
    private static final int READER_COUNT = 32;

    private final Path folder;
    private final Path path;
    private final long bytes;

    private BackingFile(Path folder, long bytes) {
        this.folder = folder;
        this.path = folder.resolve("disk.img");
        this.bytes = bytes;
    }

    /** Makes a new folder in {@code parent} with the file in it; gone with {@code cleanup}. */
    static BackingFile create(Cleanup cleanup, Path parent, int sizeMib) throws IOException {
        Files.createDirectories(parent);
        BackingFile file = cleanup.add(new BackingFile(
                Files.createTempDirectory(parent, "bench-"), (long) sizeMib * CHUNK_BYTES));
        file.fill();
        return file;
    }

    /** A file of that size without a block: many exports need names, not data. */
    static void makeSparse(Path file, long bytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {0}), bytes - 1);
        }
    }

    private void fill() throws IOException {
        try (FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PAGE_BYTES);
            for (long at = 0; at < bytes; at += PAGE_BYTES) {
                Pattern.fill(page, 0, at / SECTOR_BYTES, PAGE_BYTES / SECTOR_BYTES);
                ByteBuffer left = page.asByteBuffer();
                while (left.hasRemaining()) {
                    channel.write(left);
                }
            }
            channel.force(true);
        }
    }

    /**
     * Reads all of it, so that the page cache holds it; backwards, so that nothing is read ahead.
     */
    void cache() throws IOException {
        long partBytes = bytes / READER_COUNT / PAGE_BYTES * PAGE_BYTES;
        List<Callable<Void>> parts = new ArrayList<>();
        for (int reader = 0; reader < READER_COUNT; reader++) {
            long first = reader * partBytes;
            long end = reader == READER_COUNT - 1 ? bytes : first + partBytes;
            parts.add(() -> readBackwards(first, end));
        }
        try (ExecutorService readers = Executors.newFixedThreadPool(READER_COUNT)) {
            for (Future<Void> part : readers.invokeAll(parts)) {
                part.get();
            }
        } catch (ExecutionException failed) {
            throw new IOException("cannot read " + path, failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + path + " was read", interrupted);
        }
    }

    private @Nullable Void readBackwards(long first, long end) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
            for (long at = end - PAGE_BYTES; at >= first; at -= PAGE_BYTES) {
                channel.read(page.clear(), at);
            }
        }
        return null;
    }

    /** Writes what is dirty of it, so that nobody pays for what another wrote. */
    void settle() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.force(false);
        }
    }

    /** Takes the second half of it out of the page cache; {@link #settle} comes before. */
    void dropSecondHalf() {
        dropFrom(bytes / CHUNK_BYTES / 2);
    }

    /** Takes all of it out of the page cache; {@link #settle} comes before. */
    void drop() {
        dropFrom(0);
    }

    /** By posix_fadvise DONTNEED, which dd knows: see "nocache" in its manual. */
    private void dropFrom(long mib) {
        Program.run(
                "dd",
                "if=" + path,
                "iflag=nocache",
                "bs=" + CHUNK_BYTES,
                "skip=" + mib,
                "count=0",
                "status=none");
    }

    /** How much of it the page cache holds, 0 to 1, as fincore says. */
    double cachedShare() {
        String said = Program.run("fincore", "-n", "-r", "-b", "-o", "RES", path.toString());
        return Double.parseDouble(said.strip()) / bytes;
    }

    Path path() {
        return path;
    }

    /** A place for other files of the run. */
    Path folder() {
        return folder;
    }

    long sectors() {
        return bytes / SECTOR_BYTES;
    }

    @Override
    public void close() {
        Program.tryRun("rm", "-rf", "--", folder.toString());
    }
}
