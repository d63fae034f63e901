// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.Arrays;

/**
 * What a switch has learned: behind which of its ports a station is. Bounded: an address that finds
 * its row full takes the place of the one heard of least recently, so that a flood of invented
 * addresses costs others at most some flooding. Owned by the switch's thread.
 */
final class MacTable {
    /** No port is known. */
    static final int UNKNOWN = -1;

    /** A station not heard of for so long may have moved (IEEE 802.1D, table 7-5). */
    static final long AGE_NS_MAX = 300_000_000_000L;

    private static final int ROW_COUNT = 256;
    private static final int WAY_COUNT = 8;

    /** No address: those have 48 bits. */
    private static final long EMPTY = -1;

    private final long[] macs = new long[ROW_COUNT * WAY_COUNT];
    private final int[] ports = new int[ROW_COUNT * WAY_COUNT];
    private final long[] heardNs = new long[ROW_COUNT * WAY_COUNT];

    MacTable() {
        Arrays.fill(macs, EMPTY);
    }

    /** A frame from {@code mac} came in at {@code port}. Group addresses are no stations. */
    void learn(long mac, int port, long nowNs) {
        if (MacAddress.isGroup(mac)) {
            return;
        }
        int row = row(mac);
        int place = row;
        for (int way = row; way < row + WAY_COUNT; way++) {
            if (macs[way] == mac) {
                place = way;
                break;
            }
            if (isOlder(way, place)) {
                place = way;
            }
        }
        macs[place] = mac;
        ports[place] = port;
        heardNs[place] = nowNs;
    }

    /** The port behind which {@code mac} was heard of last, or {@link #UNKNOWN}. */
    int port(long mac, long nowNs) {
        int row = row(mac);
        for (int way = row; way < row + WAY_COUNT; way++) {
            if (macs[way] == mac) {
                return nowNs - heardNs[way] <= AGE_NS_MAX ? ports[way] : UNKNOWN;
            }
        }
        return UNKNOWN;
    }

    /** Nothing is behind {@code port} any more. */
    void forget(int port) {
        for (int way = 0; way < macs.length; way++) {
            if (ports[way] == port) {
                macs[way] = EMPTY;
            }
        }
    }

    private boolean isOlder(int way, int than) {
        if (macs[than] == EMPTY) {
            return false;
        }
        return macs[way] == EMPTY || heardNs[way] < heardNs[than];
    }

    private static int row(long mac) {
        long mixed = mac * 0x9e37_79b9_7f4a_7c15L;
        return (int) (mixed >>> 56) % ROW_COUNT * WAY_COUNT;
    }
}
