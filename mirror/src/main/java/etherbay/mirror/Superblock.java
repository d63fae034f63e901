// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.List;
import java.util.UUID;

/**
 * What md's superblock of version 1.2 says on one leg. All numbers are in sectors of 512 bytes
 * unless said otherwise. Unsigned 64-bit numbers that say "the end" are {@link #END}.
 *
 * @param featureMap bits of md_p.h, {@code MD_FEATURE_*}
 * @param arrayId of the array ("set_uuid")
 * @param name as mdadm writes it, {@code HOST:NAME} or {@code NAME}; up to 32 bytes
 * @param createdUs microseconds since 1970 of its creation
 * @param level 1 for what we serve
 * @param sizeSectors used of each leg: the size of the array
 * @param legCount {@code raid_disks}
 * @param bitmapOffset of the bitmap from the superblock; 0 without one
 * @param dataOffset where the data begins on this leg
 * @param dataSectors room for data on this leg
 * @param superOffset where this superblock lies: 8
 * @param recoveryOffset of a leg that is being filled ({@code MD_FEATURE_RECOVERY_OFFSET}): what
 *     lies below is filled; else {@link #END}
 * @param deviceNumber the index of this leg in {@code roles}
 * @param deviceId of this leg ("device_uuid")
 * @param deviceFlags bit 0 write-mostly, bit 1 fail-fast
 * @param badBlocksShift of the log's unit, as a power of two of sectors
 * @param badBlocksSectors room of the log; 0 without one
 * @param badBlocksOffset of the log from the superblock
 * @param updatedUs microseconds since 1970 of this version
 * @param events count of changes of state
 * @param resyncOffset what lies below is in sync between the legs in sync: {@link #END} when the
 *     array is clean, 0 while it is written to
 * @param roles by device number: the slot, or one of {@link #SPARE}, {@link #FAULTY}
 */
public record Superblock(
        int featureMap,
        UUID arrayId,
        String name,
        long createdUs,
        int level,
        long sizeSectors,
        int legCount,
        int bitmapOffset,
        long dataOffset,
        long dataSectors,
        long superOffset,
        long recoveryOffset,
        int deviceNumber,
        UUID deviceId,
        int deviceFlags,
        int badBlocksShift,
        int badBlocksSectors,
        int badBlocksOffset,
        long updatedUs,
        long events,
        long resyncOffset,
        List<Integer> roles) {
    public static final long END = -1L;

    /** Roles that are no slot. */
    public static final int SPARE = 0xFFFF;

    public static final int FAULTY = 0xFFFE;

    public Superblock {
        roles = List.copyOf(roles);
    }

    /** The role of this leg: a slot from 0, or SPARE or FAULTY. */
    public int role() {
        return deviceNumber < roles.size() ? roles.get(deviceNumber) : SPARE;
    }

    public boolean isClean() {
        return resyncOffset == END;
    }
}
