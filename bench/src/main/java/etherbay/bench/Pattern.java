// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What the generator writes: every sector different, and known from its address alone, so that any
 * sector ever written can be verified whichever write was the last.
 */
final class Pattern {
    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int SECTOR_BYTES = 512;
    private static final long STEP = 0x9e37_79b9_7f4a_7c15L;

    private Pattern() {}

    /** Fills {@code sectors} sectors at {@code at} with what belongs to {@code lba} and onwards. */
    static void fill(MemorySegment memory, long at, long lba, int sectors) {
        for (int sector = 0; sector < sectors; sector++) {
            long word = first(lba + sector);
            long from = at + (long) sector * SECTOR_BYTES;
            for (int offset = 0; offset < SECTOR_BYTES; offset += Long.BYTES) {
                memory.set(WORD, from + offset, word);
                word += STEP;
            }
        }
    }

    /** @return sectors that differ */
    static int mismatches(MemorySegment memory, long at, long lba, int sectors) {
        int bad = 0;
        for (int sector = 0; sector < sectors; sector++) {
            long word = first(lba + sector);
            long from = at + (long) sector * SECTOR_BYTES;
            long difference = 0;
            for (int offset = 0; offset < SECTOR_BYTES; offset += Long.BYTES) {
                difference |= memory.get(WORD, from + offset) ^ word;
                word += STEP;
            }
            bad += difference == 0 ? 0 : 1;
        }
        return bad;
    }

    private static long first(long lba) {
        long z = (lba + 1) * STEP;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        return z ^ z >>> 31;
    }
}
