// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;
import static etherbay.aoe.Wire.U32;

import etherbay.base.MacAddress;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Ethernet II header, untagged. IEEE 802.3 clause 3; EtherType 88A2h is registered to Coraid.
 *
 * <pre>
 *  0            6            12     14
 * +------------+------------+------+----
 * | dst MAC    | src MAC    | type | payload
 * +------------+------------+------+----
 * </pre>
 *
 * <p>A MAC address is a {@code long} of 48 bits, first byte on the wire most significant.
 */
public final class Ethernet {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            U16.withName("dstHigh"),
            U32.withName("dstLow"),
            U16.withName("srcHigh"),
            U32.withName("srcLow"),
            U16.withName("type"));
    private static final VarHandle DST_HIGH = Wire.field(LAYOUT, "dstHigh");
    private static final VarHandle DST_LOW = Wire.field(LAYOUT, "dstLow");
    private static final VarHandle SRC_HIGH = Wire.field(LAYOUT, "srcHigh");
    private static final VarHandle SRC_LOW = Wire.field(LAYOUT, "srcLow");
    private static final VarHandle TYPE = Wire.field(LAYOUT, "type");

    /** Bytes of this header: 14. */
    public static final int BYTES = (int) LAYOUT.byteSize();

    /**
     * Shortest frame without its checksum (IEEE 802.3 clause 4.4.2: 64 with it); pad with zeros.
     */
    public static final int FRAME_BYTES_MIN = 60;

    /** EtherType of ATA over Ethernet. */
    public static final int TYPE_AOE = 0x88a2;

    public static final long BROADCAST = Wire.U48_MASK;

    /** First bit of an address on the wire: it names a group, and is never a valid source. */
    private static final long GROUP_BIT = 1L << 40;

    private Ethernet() {}

    public static long dst(MemorySegment frame, long at) {
        return ((short) DST_HIGH.get(frame, at) & 0xffffL) << 32
                | ((int) DST_LOW.get(frame, at) & 0xffff_ffffL);
    }

    public static void dst(MemorySegment frame, long at, long mac) {
        DST_HIGH.set(frame, at, (short) (mac >>> 32));
        DST_LOW.set(frame, at, (int) mac);
    }

    public static long src(MemorySegment frame, long at) {
        return ((short) SRC_HIGH.get(frame, at) & 0xffffL) << 32
                | ((int) SRC_LOW.get(frame, at) & 0xffff_ffffL);
    }

    public static void src(MemorySegment frame, long at, long mac) {
        SRC_HIGH.set(frame, at, (short) (mac >>> 32));
        SRC_LOW.set(frame, at, (int) mac);
    }

    public static int type(MemorySegment frame, long at) {
        return (short) TYPE.get(frame, at) & 0xffff;
    }

    public static void type(MemorySegment frame, long at, int type) {
        TYPE.set(frame, at, (short) type);
    }

    /** Whether {@code mac} is broadcast or multicast; such a source must not be answered. */
    public static boolean isGroup(long mac) {
        return (mac & GROUP_BIT) != 0;
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= BYTES;
    }

    /** Length to send a frame of {@code frameBytes} with: at least {@link #FRAME_BYTES_MIN}. */
    public static int paddedBytes(int frameBytes) {
        return Math.max(frameBytes, FRAME_BYTES_MIN);
    }

    /** The header as a value, for cold paths and tests. */
    public record Fields(MacAddress dst, MacAddress src, int type) {
        /** The header at {@code at}; needs {@link #BYTES} there. */
        public static Fields read(MemorySegment frame, long at) {
            return new Fields(
                    new MacAddress(Ethernet.dst(frame, at)),
                    new MacAddress(Ethernet.src(frame, at)),
                    Ethernet.type(frame, at));
        }

        public void write(MemorySegment frame, long at) {
            Ethernet.dst(frame, at, dst.bits());
            Ethernet.src(frame, at, src.bits());
            Ethernet.type(frame, at, type);
        }
    }
}
