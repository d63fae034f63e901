// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.DurableFile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of lines that grows at its end, and is moved aside when it is long: {@code NAME} is the
 * newest, {@code NAME.1} the one before. A line whose end is missing was being written when the
 * process ended: it was told to nobody, and is cut off when the file is opened. Not thread-safe.
 */
final class Journal implements AutoCloseable {
    private final Path file;
    private final long rotateBytes;
    private final int keptCount;
    private FileChannel channel;

    /**
     * Opens a journal, its folder included.
     *
     * @param rotateBytes after which it is moved aside
     * @param keptCount how many moved ones are kept
     */
    Journal(Path file, long rotateBytes, int keptCount) throws IOException {
        this.file = file;
        this.rotateBytes = rotateBytes;
        this.keptCount = keptCount;
        Files.createDirectories(folder());
        channel = open();
        cutTornLine();
    }

    private Path folder() {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private void cutTornLine() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        channel.truncate(end);
        channel.position(end);
    }

    /** The whole lines of all files, oldest first. */
    List<String> lines() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int number = keptCount; number >= 0; number--) {
            if (Files.exists(numbered(number))) {
                String text = Files.readString(numbered(number), StandardCharsets.UTF_8);
                int end = text.lastIndexOf('\n');
                text.substring(0, end + 1).lines().forEach(lines::add);
            }
        }
        return lines;
    }

    private Path numbered(int number) {
        return number == 0 ? file : file.resolveSibling(file.getFileName() + "." + number);
    }

    /**
     * Appends a line.
     *
     * @param sync whether it is durable before this returns
     */
    void append(String line, boolean sync) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        if (channel.position() > 0 && channel.position() + bytes.remaining() > rotateBytes) {
            rotate();
        }
        long before = channel.position();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (sync) {
                channel.force(false);
            }
        } catch (IOException failure) {
            channel.truncate(before); // a part of a line would spoil the next one
            channel.position(before);
            throw failure;
        }
    }

    private void rotate() throws IOException {
        channel.force(false);
        channel.close();
        for (int number = keptCount; number > 0; number--) {
            if (Files.exists(numbered(number - 1))) {
                Files.move(
                        numbered(number - 1),
                        numbered(number),
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            }
        }
        channel = open();
        DurableFile.syncFolder(folder());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
