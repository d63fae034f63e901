// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** So many bytes of a stream; fewer is an error, unless nobody said how many there are. */
final class BoundedInput extends InputStream {
    private final InputStream in;
    private final boolean isKnown;
    private long left;

    /** With {@link Long#MAX_VALUE} up to the end of the stream. */
    BoundedInput(InputStream in, long length) {
        this.in = in;
        left = length;
        isKnown = length != Long.MAX_VALUE;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        int count = in.read(into, offset, (int) Math.min(length, left));
        if (count < 0 && isKnown) {
            throw new EOFException("the answer ended before its end");
        }
        left -= Math.max(0, count);
        return count;
    }
}
