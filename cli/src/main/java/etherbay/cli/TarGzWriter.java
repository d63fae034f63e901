// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Check;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/**
 * Writes plain files to a compressed archive as {@code tar} reads it: POSIX.1-1988 ustar, one
 * header of 512 bytes a file. Owned by one thread.
 */
final class TarGzWriter implements AutoCloseable {
    private static final int BLOCK_BYTES = 512;
    private static final int NAME_LENGTH_MAX = 100;
    private static final int CHECKSUM_AT = 148;
    private static final int CHECKSUM_BYTES = 8;

    private final GZIPOutputStream out;
    private final long modifiedS;

    /** @param modifiedS of all files, in seconds of the wall clock */
    TarGzWriter(OutputStream out, long modifiedS) throws IOException {
        this.out = new GZIPOutputStream(out);
        this.modifiedS = modifiedS;
    }

    void add(String name, byte[] content) throws IOException {
        out.write(header(name, content.length));
        out.write(content);
        out.write(new byte[Math.floorMod(-content.length, BLOCK_BYTES)]);
    }

    private byte[] header(String name, int length) {
        Check.that(name.length() <= NAME_LENGTH_MAX, "names in the archive are ours, and short");
        byte[] header = new byte[BLOCK_BYTES];
        put(header, 0, name);
        put(header, 100, octal(0600, 7));
        put(header, 108, octal(0, 7));
        put(header, 116, octal(0, 7));
        put(header, 124, octal(length, 11));
        put(header, 136, octal(modifiedS, 11));
        put(header, 156, "0");
        put(header, 257, "ustar\00000");
        Arrays.fill(header, CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES, (byte) ' ');
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        put(header, CHECKSUM_AT, octal(sum, 6) + "\0");
        return header;
    }

    private static String octal(long value, int digits) {
        return String.format(Locale.ROOT, "%0" + digits + "o", value);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK_BYTES]);
        out.close();
    }
}
