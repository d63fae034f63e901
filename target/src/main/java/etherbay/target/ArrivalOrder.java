// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import java.util.Arrays;

/**
 * Refuses a request that changes data when it arrived at this machine before one that was already
 * admitted for the same place. Owned by one export's loop.
 *
 * <p>Why: AoE requests are repeated with new tags, over several interfaces. An old transmission may
 * lie in the receive queue of one interface while its repetition and then a newer write to the same
 * sectors come through another one and are acknowledged; executed after them it would bring old
 * data back. Within one interface the order of polling is the order of arrival; across interfaces
 * only the kernel's receive times tell.
 *
 * <p>What is kept is the newest admitted arrival for each of {@link #STAMP_COUNT} sets of regions
 * of 16 sectors (8 KiB, about one jumbo frame), found by hash. Two regions that share a stamp make
 * a refusal more likely, never an admission: the sender repeats what was dropped, and the
 * repetition is newer. So a bounded table is enough and nothing has to expire.
 */
final class ArrivalOrder {
    static final int STAMP_COUNT = 1024;
    private static final int REGION_SECTORS_LOG2 = 4;

    /** 2^64 divided by the golden ratio (Knuth, TAOCP volume 3, 6.4): spreads neighbours widely. */
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private static final int HASH_SHIFT = 64 - Integer.numberOfTrailingZeros(STAMP_COUNT);

    private final long[] newestNs = new long[STAMP_COUNT];

    ArrivalOrder() {
        Arrays.fill(newestNs, Long.MIN_VALUE);
    }

    /** Whether something that arrived later than {@code receivedNs} was admitted for this range. */
    boolean isLate(long lba, long sectors, long receivedNs) {
        long first = lba >>> REGION_SECTORS_LOG2;
        long regionCount = regionCount(lba, sectors);
        boolean all = regionCount >= STAMP_COUNT;
        for (int i = 0; i < Math.min(regionCount, STAMP_COUNT); i++) {
            if (newestNs[all ? i : stamp(first + i)] > receivedNs) {
                return true;
            }
        }
        return false;
    }

    /** Notes a request that is admitted. */
    void admitted(long lba, long sectors, long receivedNs) {
        long first = lba >>> REGION_SECTORS_LOG2;
        long regionCount = regionCount(lba, sectors);
        boolean all =
                regionCount >= STAMP_COUNT; // a large trim: all stamps, rather than many twice
        for (int i = 0; i < Math.min(regionCount, STAMP_COUNT); i++) {
            int stamp = all ? i : stamp(first + i);
            newestNs[stamp] = Math.max(newestNs[stamp], receivedNs);
        }
    }

    private static long regionCount(long lba, long sectors) {
        if (sectors <= 0) {
            return 0;
        }
        long first = lba >>> REGION_SECTORS_LOG2;
        long last = (lba + sectors - 1) >>> REGION_SECTORS_LOG2;
        return last - first + 1;
    }

    private static int stamp(long region) {
        return (int) ((region * GOLDEN) >>> HASH_SHIFT);
    }
}
