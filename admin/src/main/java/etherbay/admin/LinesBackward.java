// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Reads the lines of a file from its end, and holds no more of it than a block and a line. What
 * stands behind the last line end was being written when somebody died, and is no line. Bytes that
 * are no UTF-8 are read as U+FFFD: a line that somebody damaged is for its reader to judge.
 */
final class LinesBackward {
    /** Of a line; of a longer one, which none of ours is, this much of its end is read. */
    static final int LINE_BYTES_MAX = 256 << 10;

    private static final int BLOCK_BYTES = 64 << 10;

    private LinesBackward() {}

    /**
     * Hands out lines, the last one first, until {@code sink} has enough.
     *
     * @param sink gives false when it has enough
     * @return whether it would take more
     */
    static boolean read(Path path, Predicate<String> sink) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long at = file.length();
            byte[] rest = {}; // read, and not handed out; with a line end at its end, if it has one
            while (at > 0) {
                int length = (int) Math.min(BLOCK_BYTES, at);
                at -= length;
                byte[] block = new byte[length + rest.length];
                file.seek(at);
                file.readFully(block, 0, length);
                System.arraycopy(rest, 0, block, length, rest.length);
                int end = lastLineEnd(block, block.length);
                for (int former = lastLineEnd(block, end);
                        former >= 0;
                        former = lastLineEnd(block, end)) {
                    if (!sink.test(text(block, former + 1, end))) {
                        return false;
                    }
                    end = former;
                }
                int kept = end < 0 ? block.length : end + 1;
                rest = Arrays.copyOfRange(block, Math.max(0, kept - LINE_BYTES_MAX), kept);
            }
            int end = lastLineEnd(rest, rest.length);
            return end < 0 || sink.test(text(rest, 0, end));
        }
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** Where the last line end before {@code to} is; negative without any. */
    private static int lastLineEnd(byte[] bytes, int to) {
        for (int index = to - 1; index >= 0; index--) {
            if (bytes[index] == '\n') {
                return index;
            }
        }
        return -1;
    }

    /** How many bytes the whole lines have together. */
    static long wholeBytes(RandomAccessFile file) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        long at = file.length();
        while (at > 0) {
            int length = (int) Math.min(BLOCK_BYTES, at);
            at -= length;
            file.seek(at);
            file.readFully(block, 0, length);
            int end = lastLineEnd(block, length);
            if (end >= 0) {
                return at + end + 1;
            }
        }
        return 0;
    }
}
