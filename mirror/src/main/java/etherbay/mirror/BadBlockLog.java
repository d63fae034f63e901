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

    /** A range of its leg is readable again. */
    static void rewritten(MirrorCore core, Arena arena, SyncWork work) {
        Leg leg = work.legs.getFirst();
        core.tell(leg.name + ": what could not be read there was written anew, up to sector "
                + (work.end - 1));
        boolean was = leg.badBlocks.removeIf(range ->
                work.first <= range.sector() && range.sector() + range.sectorCount() <= work.end);
        if (was && leg.badBlocks.isEmpty()) {
            flush(core, arena, leg);
        }
    }

    /** What was written anew is durable first: else a leg that lost it would pass for whole. */
    private static void flush(MirrorCore core, Arena arena, Leg leg) {
        if (!leg.canFlush()) {
            empty(core, arena, leg);
            return;
        }
        leg.submitRaw(
                new Io(1).prepare(IoOperation.FLUSH, 0, 0),
                done -> {
                    if (done.status().isOk() && leg.isInSync()) {
                        empty(core, arena, leg);
                    }
                },
                0);
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
