// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U64_LE;

import java.lang.foreign.MemorySegment;

/**
 * One entry of the data of DATA SET MANAGEMENT / TRIM: a little-endian quadword. ACS-2 clause 7,
 * DATA SET MANAGEMENT, "LBA Range Entry".
 *
 * <pre>
 *  63          48 47                        0
 * +--------------+---------------------------+
 * | sector count | first LBA                 |   count 0: nothing, the entry is skipped
 * +--------------+---------------------------+
 * </pre>
 */
public final class TrimRange {
    public static final int BYTES = 8;

    /** Entries in one sector of data: 64. */
    public static final int PER_SECTOR = AtaHeader.SECTOR_BYTES / BYTES;

    public static final int SECTORS_MAX = 0xffff;

    private TrimRange() {}

    /** First sector of entry {@code index}, counted from the start of the data of the frame. */
    public static long lba(MemorySegment frame, long at, int index) {
        return frame.get(U64_LE, entryAt(at, index)) & Wire.U48_MASK;
    }

    /** Sectors of entry {@code index}, 0..65535. */
    public static int sectors(MemorySegment frame, long at, int index) {
        return (int) (frame.get(U64_LE, entryAt(at, index)) >>> 48);
    }

    public static void set(MemorySegment frame, long at, int index, long lba, int sectors) {
        frame.set(U64_LE, entryAt(at, index), (long) sectors << 48 | (lba & Wire.U48_MASK));
    }

    private static long entryAt(long at, int index) {
        return at + AtaHeader.END + (long) index * BYTES;
    }
}
