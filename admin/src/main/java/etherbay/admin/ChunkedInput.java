// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The body of an answer that comes in chunks (RFC 9112, 7.1). */
final class ChunkedInput extends InputStream {
    private static final int LINE_LENGTH_MAX = 64;

    private final InputStream in;
    private long left;
    private boolean isFirst = true;
    private boolean isEnded;

    ChunkedInput(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (left == 0 && !isEnded) {
            begin();
        }
        if (isEnded) {
            return -1;
        }
        int count = in.read(into, offset, (int) Math.min(length, left));
        if (count < 0) {
            throw cut();
        }
        left -= count;
        return count;
    }

    private void begin() throws IOException {
        if (!isFirst) {
            line(); // the end of the former chunk
        }
        isFirst = false;
        String line = line();
        int extension = line.indexOf(';');
        String size = (extension < 0 ? line : line.substring(0, extension)).strip();
        try {
            left = Long.parseUnsignedLong(size, 16);
        } catch (NumberFormatException wrong) {
            throw new IOException("a chunk of the answer has no length", wrong);
        }
        if (left < 0) {
            throw new IOException("a chunk of the answer is too long");
        }
        isEnded = left == 0;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw cut();
            }
            if (line.length() == LINE_LENGTH_MAX) {
                throw new IOException("a chunk of the answer has no length");
            }
            line.append((char) next);
        }
        return line.toString().strip();
    }

    private static IOException cut() {
        return new EOFException("the answer ended before its end");
    }
}
