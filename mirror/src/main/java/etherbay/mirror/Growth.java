// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A mirror that becomes larger, gets room for more legs, or a bitmap. On its loop. */
final class Growth {
    private static final long AGAIN_NS = 1_000_000_000L;

    private Growth() {}

    /**
     * Uses all that the legs have room for. What is new is made the same on all legs first, as
     * after a crash: what stood there differs.
     *
     * @throws EtherbayException CONFLICT while a leg is missing, INVALID where nothing can grow
     */
    static long size(MirrorCore core, Sync sync) {
        if (core.isDegraded()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror does not grow",
                    "a leg is missing, whose size nobody knows",
                    "wait until all legs are in sync, or take the missing one out of the array");
        }
        long sectors = Long.MAX_VALUE;
        for (Leg leg : core.legs()) {
            if (leg.takesWrites()) {
                sectors = Math.min(sectors, leg.device.sectors() - leg.superblock.dataOffset());
            }
        }
        sectors &= -8L;
        long before = core.sectors();
        long room = core.intent().roomSectors();
        if (sectors <= before) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the mirror does not grow",
                    "its smallest leg has room for " + sectors + " sectors of data, and it has "
                            + before,
                    "enlarge every leg first");
        }
        if (sectors > room) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the mirror does not grow to " + sectors + " sectors",
                    "its bitmap has room for " + room,
                    "grow it with mdadm, which can move the bitmap; or make a new mirror");
        }
        for (Leg leg : core.legs()) {
            leg.superblock = Superblocks.withDataSectors(
                    leg.superblock,
                    Math.max(
                            leg.superblock.dataSectors(),
                            (leg.device.sectors() - leg.superblock.dataOffset()) & -8L));
        }
        core.intent().grow(sectors);
        core.intent().tear(before, sectors - before);
        core.metadata().setDirty(true);
        core.metadata().setSize(sectors);
        offerWhenDurable(core, sync, before);
        return sectors;
    }

    /** What is new is used once all superblocks say so, be it at a later attempt. */
    private static void offerWhenDurable(MirrorCore core, Sync sync, long before) {
        core.metadata().whenDurable(durable -> {
            if (durable) {
                core.resized(before);
                sync.wake();
            } else if (!core.isStopped()) {
                core.timers()
                        .timer(() -> offerWhenDurable(core, sync, before))
                        .at(core.nowNs() + AGAIN_NS);
            }
        });
    }

    /**
     * Adds a write-intent bitmap, in the room between superblock and data.
     *
     * @param told whether it stands on all legs, and their superblocks name it
     * @throws EtherbayException CONFLICT while a leg is missing or where there is one, INVALID
     *     where it has no room
     */
    static void bitmap(MirrorCore core, Consumer<Boolean> told) {
        Intent intent = core.intent();
        if (intent.isOnDisk()) {
            throw noBitmap(
                    ErrorCode.CONFLICT,
                    "it has one, a bit for each " + intent.chunkSectors() / 2 + " KiB",
                    "see `etherbay mirror detail`");
        }
        if (core.isDegraded()) {
            throw noBitmap(
                    ErrorCode.CONFLICT,
                    "a leg is missing, which would know nothing of it",
                    "wait until all legs are in sync, and try again");
        }
        List<Superblock> legs = core.metadata().listed();
        long needed = IntentFormat.sectorsFor(intent.chunkCount());
        long wanted = Math.max(needed, IntentFormat.sectorsFor(IntentFormat.BITS_MAX));
        // With room for more bits, so that the array can grow.
        long sectors = LegLayout.bitmapOffset(legs, wanted).isPresent() ? wanted : needed;
        if (LegLayout.bitmapOffset(legs, sectors).isEmpty()) {
            throw noBitmap(
                    ErrorCode.INVALID,
                    "it takes " + needed + " sectors of 512 bytes between superblock and data, at"
                            + " the same place of every leg, and they are not free: "
                            + places(core),
                    "make a new mirror, and copy the data to it; without a bitmap this one works"
                            + " on, and compares everything after a crash");
        }
        core.metadata().addBitmap((int) sectors);
        core.metadata().whenDurable(durable -> told.accept(durable && intent.isOnDisk()));
    }

    private static EtherbayException noBitmap(ErrorCode code, String why, String correction) {
        return new EtherbayException(code, "the mirror gets no bitmap", why, correction);
    }

    private static String places(MirrorCore core) {
        return core.legs().stream()
                .map(leg -> leg.name + " has its data from sector "
                        + leg.superblock.dataOffset() + " on"
                        + (leg.superblock.badBlocksSectors() == 0
                                ? ""
                                : " and a log of bad blocks at sector "
                                        + (leg.superblock.superOffset()
                                                + leg.superblock.badBlocksOffset())))
                .collect(Collectors.joining(", "));
    }

    /** @throws EtherbayException INVALID for fewer than there are, or more than md can */
    static void legs(MirrorCore core, int count) {
        int now = core.metadata().shared().legCount();
        if (count <= now || count > 16) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the mirror does not get " + count + " legs",
                    "it has " + now + ", and can have at most 16",
                    "name a number from " + (now + 1) + " to 16");
        }
        core.metadata().setLegCount(count);
        core.metadata().start();
    }
}
