// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.BlockDevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Sectors that say which write they come from. Each is 64 little-endian words, of which the first
 * two are lba and write, and the rest follow from these: no word can be of another
 * write without notice. A sector of zeroes was never written.
 */
public final class SectorPattern {
    /** What a sector says when nobody wrote it. */
    public static final long NOBODY = 0;

    /** What a sector says that is none of ours, is torn inside, or belongs to another address. */
    public static final long DAMAGED = -1;

    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int WORD_COUNT = BlockDevice.SECTOR_BYTES / Long.BYTES;
    private static final byte[] ZEROES = new byte[BlockDevice.SECTOR_BYTES];
    private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;

    private SectorPattern() {}

    /**
     * Fills the sectors of one write.
     *
     * @param write who wrote and when, as the caller counts it; more than 0
     */
    public static void fill(MemorySegment memory, long at, long lba, int sectors, long write) {
        for (int sector = 0; sector < sectors; sector++) {
            long sectorAt = at + (long) sector * BlockDevice.SECTOR_BYTES;
            for (int word = 0; word < WORD_COUNT; word++) {
                long value = word(lba + sector, write, word);
                memory.set(WORD, sectorAt + (long) word * Long.BYTES, value);
            }
        }
    }

    /** The write that the sector at that place comes from, {@link #NOBODY} or {@link #DAMAGED}. */
    public static long writeOf(MemorySegment memory, long at, long lba) {
        long write = memory.get(WORD, at + Long.BYTES);
        boolean zeroes = true;
        boolean whole = write > 0;
        for (int word = 0; word < WORD_COUNT; word++) {
            long value = memory.get(WORD, at + (long) word * Long.BYTES);
            zeroes &= value == 0;
            whole &= value == word(lba, write, word);
        }
        return zeroes ? NOBODY : whole ? write : DAMAGED;
    }

    /** The same of a sector on the heap. */
    public static long writeOf(byte[] sector, long lba) {
        if (Arrays.equals(sector, ZEROES)) {
            return NOBODY;
        }
        return writeOf(MemorySegment.ofArray(sector), 0, lba);
    }

    private static long word(long lba, long write, int index) {
        if (index == 0) {
            return lba;
        }
        if (index == 1) {
            return write;
        }
        long value = (lba * FACTOR ^ write) * FACTOR + index * FACTOR;
        return value ^ value >>> 31;
    }
}
