// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * A {@link WriteLog} in a text file, one line per write: epoch, source address, first sector,
 * sectors, CRC-32C, the last in hexadecimal. For tests and investigations: it allocates, and it is
 * written to the page cache before the answer, not to the disk.
 */
public final class FileWriteLog implements WriteLog, AutoCloseable {
    private final BufferedWriter writer;

    private FileWriteLog(BufferedWriter writer) {
        this.writer = writer;
    }

    /** Appends to {@code file}, which is made where it is missing. */
    public static FileWriteLog open(Path file) {
        try {
            return new FileWriteLog(Files.newBufferedWriter(
                    file,
                    StandardCharsets.US_ASCII,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND));
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the write log " + file + " cannot be opened",
                    String.valueOf(failure.getMessage()),
                    "name a file in a folder that exists and that this user may write to");
        }
    }

    /** A log with a hole proves nothing, so one that cannot be written ends the loop. */
    @Override
    public void executed(long epoch, long mac, long lba, long sectors, int crc32c) {
        try {
            writer.write(String.format(
                    Locale.ROOT,
                    "%s %012x %d %d %08x%n",
                    Long.toUnsignedString(epoch),
                    mac,
                    lba,
                    sectors,
                    crc32c));
            writer.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException("the write log", failure);
        }
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (IOException failure) {
            throw new UncheckedIOException("the write log", failure);
        }
    }
}
