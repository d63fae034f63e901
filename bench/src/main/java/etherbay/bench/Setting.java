// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.List;

/**
 * A way to run a server, and what is measured on it. The letters mean the same to us and to vblade.
 *
 * @param name as it stands in the report
 * @param flags of the server
 * @param points measured one after the other on one start of the server
 * @param withCeiling whether the answer-only responder is measured beside
 */
record Setting(String name, List<String> flags, List<Point> points, boolean withCeiling) {
    /** Requests at random addresses of 4 KiB: one load on a server. */
    record Point(boolean write, int window) {
        String name() {
            return (write ? "random write" : "random read") + " 4 KiB, window " + window;
        }
    }

    static final List<Setting> ALL = List.of(
            new Setting("cached", List.of(), reads(1, 16, 64), true),
            new Setting("direct", List.of("-d"), reads(1, 16, 64), false),
            new Setting("write-cache off", List.of("-s"), writes(1, 64), false));

    private static List<Point> reads(Integer... windows) {
        return List.of(windows).stream().map(window -> new Point(false, window)).toList();
    }

    private static List<Point> writes(Integer... windows) {
        return List.of(windows).stream().map(window -> new Point(true, window)).toList();
    }
}
