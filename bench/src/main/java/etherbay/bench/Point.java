// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.List;
import java.util.stream.Stream;

/**
 * One load on a server: requests at random addresses.
 *
 * @param sectors of a request, of 512 bytes
 * @param window requests in flight
 */
record Point(boolean write, int sectors, int window) {
    private static final int SECTORS_4_KIB = 8;
    private static final int SECTORS_8_KIB = 16;

    static List<Point> reads(Integer... windows) {
        return Stream.of(windows)
                .map(window -> new Point(false, SECTORS_4_KIB, window))
                .toList();
    }

    static List<Point> writes(Integer... windows) {
        return Stream.of(windows)
                .map(window -> new Point(true, SECTORS_4_KIB, window))
                .toList();
    }

    /** Reads of 8 KiB: two pages in one frame. */
    static List<Point> longReads(Integer... windows) {
        return Stream.of(windows)
                .map(window -> new Point(false, SECTORS_8_KIB, window))
                .toList();
    }

    int kib() {
        return sectors / 2;
    }

    String name() {
        return "random %s %d KiB, window %d".formatted(write ? "write" : "read", kib(), window);
    }

    /** The same requests in another window: who is warm for one is warm for the other. */
    Point window(int other) {
        return new Point(write, sectors, other);
    }
}
