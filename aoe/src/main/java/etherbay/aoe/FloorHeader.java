// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;
import static etherbay.aoe.Wire.U32;
import static etherbay.aoe.Wire.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Argument of our vendor command F1h: "transmissions of mine with tags below this one are dead".
 * Answered when that is true: none of them can be executed any more.
 * {@code docs/protocols/etherbay-vendor.md} section 2.
 *
 * <pre>
 *  24         25       26         28              32
 * +----------+--------+----------+---------------+
 * | reserved | ferror | reserved | floor tag (4) |
 * +----------+--------+----------+---------------+
 * </pre>
 *
 * <p>"Mine" is the source MAC of the request. Only tags with bit 31 set take part; the low 31 bits
 * are a serial number that wraps (RFC 1982 with SERIAL_BITS = 31).
 */
public final class FloorHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END),
            U8.withName("reserved1"),
            U8.withName("error"),
            U16.withName("reserved2"),
            U32.withName("floorTag"));
    private static final VarHandle RESERVED_1 = Wire.field(LAYOUT, "reserved1");
    private static final VarHandle ERROR = Wire.field(LAYOUT, "error");
    private static final VarHandle RESERVED_2 = Wire.field(LAYOUT, "reserved2");
    private static final VarHandle FLOOR_TAG = Wire.field(LAYOUT, "floorTag");

    /** Bytes of the message from the start of the frame: 32. */
    public static final int END = (int) LAYOUT.byteSize();

    public static final int ERROR_NONE = 0;
    /** The target keeps no more floors; the initiator waits frame-life instead. */
    public static final int ERROR_TABLE_FULL = 1;
    /** The floor could not be made durable; the former one stays in force. */
    public static final int ERROR_NOT_STORED = 3;

    private static final int SERIAL_MASK = 0x7fff_ffff;

    private FloorHeader() {}

    public static int error(MemorySegment frame, long at) {
        return (byte) ERROR.get(frame, at) & 0xff;
    }

    public static void error(MemorySegment frame, long at, int error) {
        ERROR.set(frame, at, (byte) error);
    }

    /**
     * Request: the floor wanted. Reply: the floor in force for the sender, 0 when there is none.
     */
    public static int floorTag(MemorySegment frame, long at) {
        return (int) FLOOR_TAG.get(frame, at);
    }

    public static void floorTag(MemorySegment frame, long at, int floorTag) {
        FLOOR_TAG.set(frame, at, floorTag);
    }

    public static void clearReserved(MemorySegment frame, long at) {
        RESERVED_1.set(frame, at, (byte) 0);
        RESERVED_2.set(frame, at, (short) 0);
    }

    /** Whether floors apply to this tag at all: bit 31 is set. */
    public static boolean counts(int tag) {
        return tag < 0;
    }

    /**
     * Whether {@code tag} comes before {@code floorTag}: both count ({@link #counts}), and the step
     * from {@code tag} up to {@code floorTag}, modulo 2^31, is 1..2^30. At a distance of exactly
     * 2^30 RFC 1982 leaves the order open; here each is then below the other, so that what may be
     * old is dead rather than alive.
     */
    public static boolean below(int tag, int floorTag) {
        if (!counts(tag) || !counts(floorTag)) {
            return false;
        }
        int step = (floorTag - tag) & SERIAL_MASK;
        return step != 0 && step <= 1 << 30;
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /** Whether the frame is too short for the message. */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        return !lengthOk(frameBytes);
    }

    /** The argument as a value, for cold paths and tests. */
    public record Fields(int error, int floorTag) {
        /** The argument of the frame at {@code at}; needs {@link #END} bytes there. */
        public static Fields read(MemorySegment frame, long at) {
            return new Fields(FloorHeader.error(frame, at), FloorHeader.floorTag(frame, at));
        }

        public void write(MemorySegment frame, long at) {
            FloorHeader.clearReserved(frame, at);
            FloorHeader.error(frame, at, error);
            FloorHeader.floorTag(frame, at, floorTag);
        }
    }
}
