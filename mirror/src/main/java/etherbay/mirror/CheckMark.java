// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * How far a pass that compares the legs has come, and what it has found there: stands in our record
 * on the legs, so that the next term goes on with it. It is never ahead of what was compared and,
 * where it mends, flushed.
 *
 * @param mends whether it writes
 * @param like device of the leg that is right; empty for what most of them say
 * @param nextSector all below was compared
 * @param differCount sectors there in which legs differ
 * @param mendedCount of these, sectors that are the same again
 * @param unreadableCount ranges there that a leg could not read
 * @param sectors the first of those that differ, at most {@link #SECTOR_COUNT_MAX}
 */
public record CheckMark(
        boolean mends,
        Optional<UUID> like,
        long nextSector,
        long differCount,
        long mendedCount,
        long unreadableCount,
        List<Long> sectors) {
    /** What has room in the record beside the rest. */
    static final int SECTOR_COUNT_MAX = 16;

    public CheckMark {
        sectors = List.copyOf(sectors);
    }
}
