// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static etherbay.mirror.Disk.U64;

import etherbay.base.Check;
import etherbay.base.EtherbayException;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * md's log of what a leg cannot read, at {@link Superblock#badBlocksOffset}: entries of 8 bytes,
 * little-endian, up to the first that is all ones.
 *
 * <pre>
 *   63          10 9        0
 *  +--------------+----------+
 *  | first (54)   | count(10)|   both in units of 2^shift sectors
 *  +--------------+----------+
 * </pre>
 *
 * Sectors are of the leg, from its start and not from its data. It has no checksum. Where the
 * superblock's {@link SuperblockFormat#BAD_BLOCKS} is out, the log's content says nothing: mdadm
 * leaves zeroes there, which are no entries. Stateless.
 */
public final class BadBlocks {
    /** What is bad, in sectors from the start of the leg. */
    public record Range(long sector, long sectorCount) {}

    private static final int ENTRY_BYTES = Long.BYTES;
    private static final int COUNT_BITS = 10;

    /** Of one entry, in units: what md writes, though more would fit. */
    private static final int COUNT_MAX = 512;

    private static final long NONE = -1L;
    private static final int SECTOR_BYTES = 512;
    private static final String WHAT = "the log of bad blocks";

    private BadBlocks() {}

    /**
     * The entries of a log of {@code sectors} sectors.
     *
     * @param shift {@link Superblock#badBlocksShift}, as a decoded superblock has it
     * @param where the leg, for the text of an error
     * @throws EtherbayException INVALID where an entry is no part of any disk
     */
    public static List<Range> decode(
            MemorySegment log, long at, int sectors, int shift, String where) {
        List<Range> ranges = new ArrayList<>();
        long end = (long) sectors * SECTOR_BYTES;
        for (long offset = 0; offset < end; offset += ENTRY_BYTES) {
            long entry = log.get(U64, at + offset);
            if (entry == NONE) {
                break;
            }
            long first = entry >>> COUNT_BITS;
            long count = entry & ((1 << COUNT_BITS) - 1);
            if (count == 0 || first > (Disk.SECTORS_MAX >> shift) - count) {
                throw Disk.damaged(
                        WHAT,
                        where,
                        "its entry " + offset / ENTRY_BYTES + " says 0x" + Long.toHexString(entry)
                                + ", which is no range of sectors");
            }
            ranges.add(new Range(first << shift, count << shift));
        }
        return List.copyOf(ranges);
    }

    /**
     * Writes a log of {@code sectors} sectors; what is behind the last range is empty.
     *
     * @return whether all had room. Where not, nothing was written
     */
    public static boolean encode(
            List<Range> ranges, MemorySegment to, long at, int sectors, int shift) {
        List<Long> entries = new ArrayList<>();
        for (Range range : ranges) {
            addEntries(range, shift, entries);
        }
        if (entries.size() > sectors * SECTOR_BYTES / ENTRY_BYTES) {
            return false;
        }
        to.asSlice(at, (long) sectors * SECTOR_BYTES).fill((byte) NONE);
        for (int index = 0; index < entries.size(); index++) {
            to.set(U64, at + (long) index * ENTRY_BYTES, entries.get(index));
        }
        return true;
    }

    /** Whole units: what is bad in part is bad. */
    private static void addEntries(Range range, int shift, List<Long> entries) {
        Check.that(range.sector() >= 0 && range.sectorCount() > 0, "a bad range has sectors");
        long first = range.sector() >> shift;
        long end = ((range.sector() + range.sectorCount() - 1) >> shift) + 1;
        for (long unit = first; unit < end; unit += COUNT_MAX) {
            entries.add((unit << COUNT_BITS) | Math.min(COUNT_MAX, end - unit));
        }
    }
}
