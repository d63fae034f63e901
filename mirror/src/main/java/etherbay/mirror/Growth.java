// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

/** A mirror that becomes larger, or gets room for more legs. On its loop. */
final class Growth {
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
        core.metadata().whenDurable(durable -> {
            if (durable) {
                core.resized(before);
                sync.wake();
            }
        });
        return sectors;
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
