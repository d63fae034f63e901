// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Io;
import etherbay.base.IoOperation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The log of bad blocks of a leg, once what it names was written anew. On the loop of the mirror.
 */
final class BadBlockLog {
    private BadBlockLog() {}

    /** What is to be written anew on that leg. */
    static List<SyncWork> rewrites(Leg leg) {
        return leg.badBlocks.stream()
                .map(range -> SyncWork.rewrite(leg, range.sector(), range.sectorCount()))
                .toList();
    }

    /** A range of that leg is readable again. */
    static void rewritten(MirrorCore core, Arena arena, Leg leg, long endSector) {
        core.tell(leg.name + ": what could not be read there was written anew, up to sector "
                + (endSector - 1));
        boolean was =
                leg.badBlocks.removeIf(range -> range.sector() + range.sectorCount() == endSector);
        if (was && leg.badBlocks.isEmpty()) {
            empty(core, arena, leg);
        }
    }

    /** All that the log of that leg named is readable again: the log says so. */
    private static void empty(MirrorCore core, Arena arena, Leg leg) {
        Superblock own = leg.superblock;
        int sectors = own.badBlocksSectors();
        MemorySegment log = arena.allocate((long) sectors * 512, Leg.BLOCK_BYTES);
        BadBlocks.encode(List.of(), log, 0, sectors, own.badBlocksShift());
        leg.submitRaw(
                new Io(1)
                        .prepare(
                                IoOperation.WRITE,
                                own.superOffset() + own.badBlocksOffset(),
                                sectors)
                        .segment(log, 0, sectors * 512),
                done -> {
                    if (!done.status().isOk()) {
                        core.tell(leg.name + ": its log of bad blocks could not be emptied: "
                                + done.status());
                    }
                },
                0);
    }
}
