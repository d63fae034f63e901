// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file that is exported: written once in full, without holes, so that reads reach the disk. */
final class BackingFile implements Cleanup.Owned {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 512;

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
            MemorySegment chunk = arena.allocate(CHUNK_BYTES);
            for (long at = 0; at < bytes; at += CHUNK_BYTES) {
                Pattern.fill(chunk, 0, at / SECTOR_BYTES, CHUNK_BYTES / SECTOR_BYTES);
                ByteBuffer left = chunk.asByteBuffer();
                while (left.hasRemaining()) {
                    channel.write(left);
                }
            }
            channel.force(true);
        }
    }

    /** Reads all of it, so that the page cache holds it. */
    void cache() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            while (channel.read(chunk) >= 0) {
                chunk.clear();
            }
        }
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
