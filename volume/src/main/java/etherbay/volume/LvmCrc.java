// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The checksum of LVM2's labels, headers and text: CRC-32 with the reflected polynomial of Ethernet
 * (0xedb88320), begun at {@link #INITIAL} and not inverted at the end. The JDK's begins at -1 and
 * inverts: {@link #LEAD} brings it from there to where LVM2 begins.
 */
final class LvmCrc {
    static final int INITIAL = 0xf597_a6cf;

    private static final byte[] LEAD = HexFormat.of().parseHex("2d7d2c51");

    private LvmCrc() {}

    /** Of {@code count} bytes from {@code from} on. */
    static int of(byte[] bytes, int from, int count) {
        CRC32 crc = new CRC32();
        crc.update(LEAD);
        crc.update(bytes, from, count);
        return (int) ~crc.getValue();
    }
}
