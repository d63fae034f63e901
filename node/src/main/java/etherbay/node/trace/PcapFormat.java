// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The classic capture file, as far as we write it: draft-ietf-opsawg-pcap, with nanoseconds and
 * Ethernet frames, in little-endian order whatever the machine. Stateless.
 *
 * <pre>
 *  file header                                            per frame
 *  0       4       6       8      12      16      20      0    4    8          12
 * +-------+-------+-------+------+-------+-------+----+  +----+----+----------+---------+----
 * | magic | major | minor | 0    | 0     | snap  | 1  |  | s  | ns | captured | on wire | frame
 * +-------+-------+-------+------+-------+-------+----+  +----+----+----------+---------+----
 * </pre>
 */
final class PcapFormat {
    static final int HEADER_BYTES = 24;
    static final int RECORD_HEADER_BYTES = 16;

    private static final int MAGIC_NANOSECONDS = 0xa1b2_3c4d;
    private static final short MAJOR = 2;
    private static final short MINOR = 4;

    /** As tcpdump has it; what we take is shorter. */
    private static final int SNAP_BYTES = 262_144;

    private static final int LINKTYPE_ETHERNET = 1;
    private static final long NS_PER_S = 1_000_000_000L;

    private PcapFormat() {}

    /** A file begins with this. */
    static byte[] header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(MAGIC_NANOSECONDS).putShort(MAJOR).putShort(MINOR);
        header.putInt(0).putInt(0).putInt(SNAP_BYTES).putInt(LINKTYPE_ETHERNET);
        return header.array();
    }

    /**
     * What stands before the captured bytes of a frame.
     *
     * @param to little-endian
     * @param wallNs since 1970, until 2106
     */
    static void putRecordHeader(ByteBuffer to, long wallNs, int capturedBytes, int frameBytes) {
        to.putInt((int) (wallNs / NS_PER_S)).putInt((int) (wallNs % NS_PER_S));
        to.putInt(capturedBytes).putInt(frameBytes);
    }
}
