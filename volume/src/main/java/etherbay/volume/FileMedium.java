// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;

/** A file or a block device, through the page cache. */
public final class FileMedium implements Medium {
    private final String name;
    private final FileChannel channel;
    private final long bytes;

    private FileMedium(String name, FileChannel channel, long bytes) {
        this.name = name;
        this.channel = channel;
        this.bytes = bytes;
    }

    /**
     * Opens it; claims nothing.
     *
     * @throws EtherbayException NOT_FOUND, DENIED, UNAVAILABLE
     */
    public static FileMedium open(Path path, boolean writable) {
        EnumSet<StandardOpenOption> options = EnumSet.of(StandardOpenOption.READ);
        if (writable) {
            options.add(StandardOpenOption.WRITE);
        }
        try {
            FileChannel channel = FileChannel.open(path, options);
            return new FileMedium(path.toString(), channel, channel.size());
        } catch (NoSuchFileException cause) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " does not exist",
                    "a physical volume lies on a file or a block device that is there",
                    "check the path, or make a sparse file: truncate -s 10G " + path);
        } catch (AccessDeniedException cause) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    path + " may not be " + (writable ? "written" : "read"),
                    "the file system refuses it",
                    "try as root, or see the rights: ls -l " + path);
        } catch (IOException cause) {
            throw failed(path.toString(), "opened", cause);
        }
    }

    private static EtherbayException failed(String name, String done, IOException cause) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name + " cannot be " + done,
                String.valueOf(cause.getMessage()),
                "see that it is a file or a disk, and what the kernel says of it: dmesg");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(long atByte, byte[] into) {
        ByteBuffer buffer = ByteBuffer.wrap(into);
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, atByte + buffer.position()) < 0) {
                    throw new IOException("it ends at byte " + (atByte + buffer.position()));
                }
            }
        } catch (IOException cause) {
            throw failed(name, "read", cause);
        }
    }

    @Override
    public void write(long atByte, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer, atByte + buffer.position());
            }
        } catch (IOException cause) {
            throw failed(name, "written", cause);
        }
    }

    @Override
    public void sync() {
        try {
            channel.force(true);
        } catch (IOException cause) {
            throw failed(name, "synced", cause);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException cause) {
            throw failed(name, "closed", cause);
        }
    }
}
