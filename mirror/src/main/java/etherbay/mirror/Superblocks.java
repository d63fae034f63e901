// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The next versions of what superblocks and bitmap headers say: values from values. */
final class Superblocks {
    static final long END = Superblock.END;
    private static final long US_PER_MS = 1000;

    private Superblocks() {}

    /** One more event. */
    static Superblock next(Superblock now, long wallMs, long resyncOffset) {
        return copy(
                now,
                now.sizeSectors(),
                now.legCount(),
                // Odd: md writes whole seconds, so that a superblock of its own has another sum.
                wallMs * US_PER_MS | 1,
                now.events() + 1,
                resyncOffset,
                now.roles());
    }

    static Superblock withSize(Superblock now, long sizeSectors) {
        return copy(
                now,
                sizeSectors,
                now.legCount(),
                now.updatedUs(),
                now.events(),
                now.resyncOffset(),
                now.roles());
    }

    static Superblock withLegCount(Superblock now, int legCount) {
        return copy(
                now,
                now.sizeSectors(),
                legCount,
                now.updatedUs(),
                now.events(),
                now.resyncOffset(),
                now.roles());
    }

    static Superblock withRole(Superblock now, int number, int role) {
        List<Integer> roles = new ArrayList<>(now.roles());
        while (roles.size() <= number) {
            roles.add(Superblock.SPARE);
        }
        roles.set(number, role);
        return copy(
                now,
                now.sizeSectors(),
                now.legCount(),
                now.updatedUs(),
                now.events(),
                now.resyncOffset(),
                roles);
    }

    private static Superblock copy(
            Superblock now,
            long sizeSectors,
            int legCount,
            long updatedUs,
            long events,
            long resyncOffset,
            List<Integer> roles) {
        return new Superblock(
                now.featureMap(),
                now.arrayId(),
                now.name(),
                now.createdUs(),
                now.level(),
                sizeSectors,
                legCount,
                now.bitmapOffset(),
                now.dataOffset(),
                now.dataSectors(),
                now.superOffset(),
                now.recoveryOffset(),
                now.deviceNumber(),
                now.deviceId(),
                now.deviceFlags(),
                now.badBlocksShift(),
                now.badBlocksSectors(),
                now.badBlocksOffset(),
                updatedUs,
                events,
                resyncOffset,
                roles);
    }

    /** What stands on that leg when the array says {@code shared}. */
    static Superblock of(Superblock shared, Leg leg, boolean intentOnDisk) {
        Superblock own = leg.superblock;
        boolean filling = leg.standing == Leg.Standing.RECOVERING;
        int features = own.featureMap()
                & ~(SuperblockFormat.RECOVERY_OFFSET_BIT
                        | SuperblockFormat.RECOVERY_BITMAP
                        | SuperblockFormat.BITMAP_OFFSET_BIT);
        if (intentOnDisk) {
            features |= SuperblockFormat.BITMAP_OFFSET_BIT;
        }
        if (filling) {
            features |= SuperblockFormat.RECOVERY_OFFSET_BIT;
            if (leg.byIntent) {
                features |= SuperblockFormat.RECOVERY_BITMAP;
            }
        }
        long recoveryOffset = filling ? leg.byIntent ? 0 : leg.filledSectors : END;
        return new Superblock(
                features,
                shared.arrayId(),
                shared.name(),
                shared.createdUs(),
                shared.level(),
                shared.sizeSectors(),
                shared.legCount(),
                own.bitmapOffset(),
                own.dataOffset(),
                own.dataSectors(),
                own.superOffset(),
                recoveryOffset,
                own.deviceNumber(),
                own.deviceId(),
                own.deviceFlags(),
                own.badBlocksShift(),
                own.badBlocksSectors(),
                own.badBlocksOffset(),
                shared.updatedUs(),
                shared.events(),
                shared.resyncOffset(),
                shared.roles());
    }

    static IntentHeader withEvents(IntentHeader now, long events) {
        return new IntentHeader(
                now.arrayId(),
                now.version(),
                events,
                now.eventsCleared(),
                now.syncSectors(),
                now.stateBits(),
                now.chunkBytes(),
                now.daemonSleepS(),
                now.sectorsReserved());
    }

    static IntentHeader withEventsCleared(IntentHeader now, long eventsCleared) {
        return new IntentHeader(
                now.arrayId(),
                now.version(),
                now.events(),
                eventsCleared,
                now.syncSectors(),
                now.stateBits(),
                now.chunkBytes(),
                now.daemonSleepS(),
                now.sectorsReserved());
    }

    static Superblock withEvents(Superblock now, long events) {
        return copy(
                now,
                now.sizeSectors(),
                now.legCount(),
                now.updatedUs(),
                events,
                now.resyncOffset(),
                now.roles());
    }

    static Superblock withNumber(Superblock own, int number) {
        return new Superblock(
                own.featureMap(),
                own.arrayId(),
                own.name(),
                own.createdUs(),
                own.level(),
                own.sizeSectors(),
                own.legCount(),
                own.bitmapOffset(),
                own.dataOffset(),
                own.dataSectors(),
                own.superOffset(),
                own.recoveryOffset(),
                number,
                own.deviceId(),
                own.deviceFlags(),
                own.badBlocksShift(),
                own.badBlocksSectors(),
                own.badBlocksOffset(),
                own.updatedUs(),
                own.events(),
                own.resyncOffset(),
                own.roles());
    }

    static Superblock withDataSectors(Superblock own, long dataSectors) {
        return new Superblock(
                own.featureMap(),
                own.arrayId(),
                own.name(),
                own.createdUs(),
                own.level(),
                own.sizeSectors(),
                own.legCount(),
                own.bitmapOffset(),
                own.dataOffset(),
                dataSectors,
                own.superOffset(),
                own.recoveryOffset(),
                own.deviceNumber(),
                own.deviceId(),
                own.deviceFlags(),
                own.badBlocksShift(),
                own.badBlocksSectors(),
                own.badBlocksOffset(),
                own.updatedUs(),
                own.events(),
                own.resyncOffset(),
                own.roles());
    }

    /** Of a new leg that has things where another one has them. */
    static Superblock fresh(Superblock like, int number, UUID deviceId, long dataSectors) {
        return new Superblock(
                like.featureMap() & SuperblockFormat.BITMAP_OFFSET_BIT,
                like.arrayId(),
                like.name(),
                like.createdUs(),
                like.level(),
                like.sizeSectors(),
                like.legCount(),
                like.bitmapOffset(),
                like.dataOffset(),
                dataSectors,
                like.superOffset(),
                END,
                number,
                deviceId,
                0,
                0,
                0,
                0,
                like.updatedUs(),
                like.events(),
                like.resyncOffset(),
                like.roles());
    }

    /** As it is served: nothing of it is stale, and its room is known. */
    static IntentHeader served(IntentHeader found, boolean onDisk) {
        long bits = IntentFormat.bitCount(found.syncSectors(), found.chunkBytes());
        int room =
                onDisk ? Math.max(found.sectorsReserved(), (int) IntentFormat.sectorsFor(bits)) : 0;
        return new IntentHeader(
                found.arrayId(),
                found.version(),
                found.events(),
                found.eventsCleared(),
                found.syncSectors(),
                0,
                found.chunkBytes(),
                found.daemonSleepS(),
                room);
    }
}
