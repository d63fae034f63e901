// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;
import static etherbay.aoe.Wire.U16_LE;
import static etherbay.aoe.Wire.U32_LE;
import static etherbay.aoe.Wire.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Argument of AoE command 0: one ATA command and its registers. AoEr11 section 3.1; the LBA is
 * little-endian, unlike all else on this wire.
 *
 * <pre>
 *  24      25       26       27      28                     34         36
 * +-------+--------+--------+-------+----------------------+----------+----
 * | aflag | err/   | sector | cmd/  | lba0 lba1 ...   lba5 | reserved | data
 * |       | feature| count  | status| least significant 1st| 0, mark  |
 * +-------+--------+--------+-------+----------------------+----------+----
 *    aflags: 40h E 48-bit addresses, 10h D device/head bit, 02h A write may be answered early,
 *            01h W the data goes to the target
 * </pre>
 *
 * <p>In a request these are feature, count and command; in a reply error, count not done and
 * status. The reserved bytes are zero but in a READ that is bound to an incarnation, see {@link
 * #mark}.
 */
public final class AtaHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END),
            U8.withName("aflags"),
            U8.withName("feature"),
            U8.withName("sectorCount"),
            U8.withName("command"),
            U32_LE.withName("lbaLow"),
            U16_LE.withName("lbaHigh"),
            U16.withName("reserved"));
    private static final VarHandle AFLAGS = Wire.field(LAYOUT, "aflags");
    private static final VarHandle FEATURE = Wire.field(LAYOUT, "feature");
    private static final VarHandle SECTOR_COUNT = Wire.field(LAYOUT, "sectorCount");
    private static final VarHandle COMMAND = Wire.field(LAYOUT, "command");
    private static final VarHandle LBA_LOW = Wire.field(LAYOUT, "lbaLow");
    private static final VarHandle LBA_HIGH = Wire.field(LAYOUT, "lbaHigh");
    private static final VarHandle RESERVED = Wire.field(LAYOUT, "reserved");

    /** Bytes from the start of the frame to the data: 36. */
    public static final int END = (int) LAYOUT.byteSize();

    /** A sector on this wire has 512 bytes, whatever the disk behind it. */
    public static final int SECTOR_BYTES = 512;

    public static final int AFLAG_EXTENDED = 0x40;
    public static final int AFLAG_DEVICE = 0x10;
    public static final int AFLAG_ASYNC = 0x02;
    public static final int AFLAG_WRITE = 0x01;

    public static final long LBA28_MASK = 0x0fff_ffffL;
    public static final long LBA48_MASK = Wire.U48_MASK;

    // Status register, ACS-2 clause 6.2.
    public static final int STATUS_BSY = 0x80;
    public static final int STATUS_DRDY = 0x40;
    public static final int STATUS_DF = 0x20;
    public static final int STATUS_DRQ = 0x08;
    public static final int STATUS_ERR = 0x01;

    /** Any of these means that the command did not succeed; DRDY is not required of a target. */
    public static final int STATUS_FAILED_MASK = STATUS_BSY | STATUS_DF | STATUS_DRQ | STATUS_ERR;

    // Error register, ACS-2 clause 6.3.
    public static final int ERROR_UNC = 0x40;
    public static final int ERROR_IDNF = 0x10;
    public static final int ERROR_ABRT = 0x04;

    private AtaHeader() {}

    public static int aflags(MemorySegment frame, long at) {
        return (byte) AFLAGS.get(frame, at) & 0xff;
    }

    public static void aflags(MemorySegment frame, long at, int aflags) {
        AFLAGS.set(frame, at, (byte) aflags);
    }

    /** Feature register of a request. */
    public static int feature(MemorySegment frame, long at) {
        return (byte) FEATURE.get(frame, at) & 0xff;
    }

    public static void feature(MemorySegment frame, long at, int feature) {
        FEATURE.set(frame, at, (byte) feature);
    }

    /**
     * Error register of a reply: {@code ERROR_} bits, meaningful when status has {@link
     * #STATUS_ERR}.
     */
    public static int error(MemorySegment frame, long at) {
        return (byte) FEATURE.get(frame, at) & 0xff;
    }

    public static void error(MemorySegment frame, long at, int error) {
        FEATURE.set(frame, at, (byte) error);
    }

    /** Sectors wanted (request) or not done (reply), 0..255. */
    public static int sectorCount(MemorySegment frame, long at) {
        return (byte) SECTOR_COUNT.get(frame, at) & 0xff;
    }

    public static void sectorCount(MemorySegment frame, long at, int sectorCount) {
        SECTOR_COUNT.set(frame, at, (byte) sectorCount);
    }

    /** Opcode of a request, see {@link AtaCommand}. */
    public static int command(MemorySegment frame, long at) {
        return (byte) COMMAND.get(frame, at) & 0xff;
    }

    public static void command(MemorySegment frame, long at, int opcode) {
        COMMAND.set(frame, at, (byte) opcode);
    }

    /** Status register of a reply: {@code STATUS_} bits. */
    public static int status(MemorySegment frame, long at) {
        return (byte) COMMAND.get(frame, at) & 0xff;
    }

    public static void status(MemorySegment frame, long at, int status) {
        COMMAND.set(frame, at, (byte) status);
    }

    /** All six LBA bytes. */
    public static long lba48(MemorySegment frame, long at) {
        return ((short) LBA_HIGH.get(frame, at) & 0xffffL) << 32
                | ((int) LBA_LOW.get(frame, at) & 0xffff_ffffL);
    }

    /** The low 28 bits: the high half of lba3 holds device bits (A0h, E0h) in 28-bit commands. */
    public static long lba28(MemorySegment frame, long at) {
        return (int) LBA_LOW.get(frame, at) & LBA28_MASK;
    }

    /** First sector of a request, of as many bits as its opcode uses. */
    public static long lba(MemorySegment frame, long at) {
        return AtaCommand.lba48(command(frame, at)) ? lba48(frame, at) : lba28(frame, at);
    }

    /** Sets all six LBA bytes. */
    public static void lba(MemorySegment frame, long at, long lba) {
        LBA_LOW.set(frame, at, (int) lba);
        LBA_HIGH.set(frame, at, (short) (lba >>> 32));
    }

    public static void clearReserved(MemorySegment frame, long at) {
        RESERVED.set(frame, at, (short) 0);
    }

    /**
     * The {@link IdentifyData.Vendor#mark mark} of the incarnation that a READ is bound to, in its
     * reserved bytes; 0 where it is bound to none. docs/protocols/etherbay-vendor.md section 5.
     */
    public static int mark(MemorySegment frame, long at) {
        return (short) RESERVED.get(frame, at) & 0xffff;
    }

    public static void mark(MemorySegment frame, long at, int mark) {
        RESERVED.set(frame, at, (short) mark);
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /**
     * Whether the frame is too short for the registers. Data is judged apart: see
     * {@link #carriesData}. More bytes than needed are padding, or a probe of the path's MTU.
     */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        return !lengthOk(frameBytes);
    }

    /** Whether the frame has room for {@code sectorCount} sectors of data behind the registers. */
    public static boolean carriesData(long frameBytes, int sectorCount) {
        return frameBytes >= END + (long) sectorCount * SECTOR_BYTES;
    }

    /**
     * The registers as a value, for cold paths and tests.
     *
     * @param featureError feature (request) or error (reply)
     * @param commandStatus opcode (request) or status (reply)
     * @param lba all 48 bits as they stand on the wire, device bits of 28-bit commands included
     */
    public record Fields(
            int aflags, int featureError, int sectorCount, int commandStatus, long lba) {
        /** The registers of the frame at {@code at}; needs {@link #END} bytes there. */
        public static Fields read(MemorySegment frame, long at) {
            return new Fields(
                    AtaHeader.aflags(frame, at),
                    AtaHeader.feature(frame, at),
                    AtaHeader.sectorCount(frame, at),
                    AtaHeader.command(frame, at),
                    AtaHeader.lba48(frame, at));
        }

        public void write(MemorySegment frame, long at) {
            AtaHeader.aflags(frame, at, aflags);
            AtaHeader.feature(frame, at, featureError);
            AtaHeader.sectorCount(frame, at, sectorCount);
            AtaHeader.command(frame, at, commandStatus);
            AtaHeader.lba(frame, at, lba);
            AtaHeader.clearReserved(frame, at);
        }
    }
}
