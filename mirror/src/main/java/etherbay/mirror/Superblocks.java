// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The next versions of what superblocks and bitmap headers say: values from values. */
final class Superblocks {
    private static final long US_PER_MS = 1000;

    private Superblocks() {}

    /** A superblock that says what another one says, until that is changed here. */
    private static final class Draft {
        /**
         * Where what is said of the array comes from; and of the leg, and where things lie on it.
         */
        private final Superblock array;

        private final Superblock own;
        int featureMap;
        long sizeSectors;
        int legCount;
        int bitmapOffset;
        long dataSectors;
        long recoveryOffset;
        int deviceNumber;
        long updatedUs;
        long events;
        long resyncOffset;
        List<Integer> roles;

        Draft(Superblock array, Superblock own) {
            this.array = array;
            this.own = own;
            featureMap = own.featureMap();
            sizeSectors = array.sizeSectors();
            legCount = array.legCount();
            bitmapOffset = own.bitmapOffset();
            dataSectors = own.dataSectors();
            recoveryOffset = own.recoveryOffset();
            deviceNumber = own.deviceNumber();
            updatedUs = array.updatedUs();
            events = array.events();
            resyncOffset = array.resyncOffset();
            roles = array.roles();
        }

        Draft(Superblock now) {
            this(now, now);
        }

        Superblock made() {
            return made(
                    own.deviceId(),
                    own.deviceFlags(),
                    own.badBlocksShift(),
                    own.badBlocksSectors(),
                    own.badBlocksOffset());
        }

        /** Of another device, without a log of bad blocks. */
        Superblock madeFor(UUID deviceId) {
            return made(deviceId, 0, 0, 0, 0);
        }

        private Superblock made(
                UUID deviceId, int deviceFlags, int badShift, int badSectors, int badOffset) {
            return new Superblock(
                    featureMap,
                    array.arrayId(),
                    array.name(),
                    array.createdUs(),
                    array.level(),
                    sizeSectors,
                    legCount,
                    bitmapOffset,
                    own.dataOffset(),
                    dataSectors,
                    own.superOffset(),
                    recoveryOffset,
                    deviceNumber,
                    deviceId,
                    deviceFlags,
                    badShift,
                    badSectors,
                    badOffset,
                    updatedUs,
                    events,
                    resyncOffset,
                    roles);
        }
    }

    /** One more event. */
    static Superblock next(Superblock now, long wallMs, long resyncOffset) {
        Draft next = new Draft(now);
        // Odd: md writes whole seconds, so that a superblock of its own has another sum.
        next.updatedUs = wallMs * US_PER_MS | 1;
        next.events = now.events() + 1;
        next.resyncOffset = resyncOffset;
        return next.made();
    }

    static Superblock withSize(Superblock now, long sizeSectors) {
        Draft next = new Draft(now);
        next.sizeSectors = sizeSectors;
        return next.made();
    }

    static Superblock withLegCount(Superblock now, int legCount) {
        Draft next = new Draft(now);
        next.legCount = legCount;
        return next.made();
    }

    static Superblock withRole(Superblock now, int number, int role) {
        List<Integer> roles = new ArrayList<>(now.roles());
        while (roles.size() <= number) {
            roles.add(Superblock.SPARE);
        }
        roles.set(number, role);
        Draft next = new Draft(now);
        next.roles = roles;
        return next.made();
    }

    static Superblock withEvents(Superblock now, long events) {
        Draft next = new Draft(now);
        next.events = events;
        return next.made();
    }

    static Superblock withNumber(Superblock own, int number) {
        Draft next = new Draft(own);
        next.deviceNumber = number;
        return next.made();
    }

    static Superblock withDataSectors(Superblock own, long dataSectors) {
        Draft next = new Draft(own);
        next.dataSectors = dataSectors;
        return next.made();
    }

    /** A leg that has room for a bitmap there. */
    static Superblock withBitmapOffset(Superblock own, int bitmapOffset) {
        Draft next = new Draft(own);
        next.bitmapOffset = bitmapOffset;
        return next.made();
    }

    /** What stands on that leg when the array says {@code shared}. */
    static Superblock of(Superblock shared, Leg leg, boolean intentOnDisk) {
        Draft next = new Draft(shared, leg.superblock);
        boolean filling = leg.standing == Leg.Standing.RECOVERING;
        next.featureMap &= ~(SuperblockFormat.RECOVERY_OFFSET_BIT
                | SuperblockFormat.RECOVERY_BITMAP
                | SuperblockFormat.BITMAP_OFFSET_BIT);
        if (intentOnDisk && next.bitmapOffset != 0) {
            next.featureMap |= SuperblockFormat.BITMAP_OFFSET_BIT;
        }
        next.recoveryOffset = Superblock.END;
        if (filling) {
            next.featureMap |= SuperblockFormat.RECOVERY_OFFSET_BIT;
            next.recoveryOffset = leg.filledSectors;
        }
        if (filling && leg.byIntent) {
            next.featureMap |= SuperblockFormat.RECOVERY_BITMAP;
            next.recoveryOffset = 0;
        }
        return next.made();
    }

    /** Of a new leg that has things where another one has them. */
    static Superblock fresh(Superblock like, int number, UUID deviceId, long dataSectors) {
        Draft next = new Draft(like);
        next.featureMap &= SuperblockFormat.BITMAP_OFFSET_BIT;
        next.dataSectors = dataSectors;
        next.recoveryOffset = Superblock.END;
        next.deviceNumber = number;
        return next.madeFor(deviceId);
    }

    static IntentHeader withEvents(IntentHeader now, long events) {
        return header(now, events, now.eventsCleared(), now.stateBits(), now.sectorsReserved());
    }

    static IntentHeader withEventsCleared(IntentHeader now, long eventsCleared) {
        return header(now, now.events(), eventsCleared, now.stateBits(), now.sectorsReserved());
    }

    /** As it is served: nothing of it is stale, and its room is known. */
    static IntentHeader served(IntentHeader found, boolean onDisk) {
        long bits = IntentFormat.bitCount(found.syncSectors(), found.chunkBytes());
        int room =
                onDisk ? Math.max(found.sectorsReserved(), (int) IntentFormat.sectorsFor(bits)) : 0;
        return header(found, found.events(), found.eventsCleared(), 0, room);
    }

    /** Of a bitmap that comes to the disks by now: it knows of nothing that was written before. */
    static IntentHeader placed(IntentHeader inMemory, long events, int sectorsReserved) {
        return header(inMemory, events, events, 0, sectorsReserved);
    }

    private static IntentHeader header(
            IntentHeader now, long events, long eventsCleared, int stateBits, int sectorsReserved) {
        return new IntentHeader(
                now.arrayId(),
                now.version(),
                events,
                eventsCleared,
                now.syncSectors(),
                stateBits,
                now.chunkBytes(),
                now.daemonSleepS(),
                sectorsReserved);
    }
}
