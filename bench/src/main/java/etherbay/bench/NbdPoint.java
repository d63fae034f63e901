// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.List;

/**
 * One load on an NBD server.
 *
 * @param pattern as fio's {@code rw} has it
 * @param depth requests in flight
 * @param ratioMin what we must reach of the other server's rate in the same round; 0 for no bar
 */
record NbdPoint(String name, String pattern, int blockBytes, int depth, double ratioMin) {
    private static final int SMALL = 4096;
    private static final int LARGE = 128 * 1024;

    static final List<NbdPoint> ALL = List.of(
            new NbdPoint("random read 4 KiB, depth 32", "randread", SMALL, 32, 1.0),
            new NbdPoint("random write 4 KiB, depth 32", "randwrite", SMALL, 32, 0),
            new NbdPoint("sequential read 128 KiB, depth 8", "read", LARGE, 8, 1.0),
            new NbdPoint("sequential write 128 KiB, depth 8", "write", LARGE, 8, 1.0),
            new NbdPoint("random read 4 KiB, depth 1", "randread", SMALL, 1, 0));

    boolean writes() {
        return pattern.endsWith("write");
    }
}
