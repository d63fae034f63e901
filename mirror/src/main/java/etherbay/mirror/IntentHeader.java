// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.UUID;

/**
 * What stands before the bits of a write-intent bitmap: {@code bitmap_super_t} of md-bitmap.h,
 * little-endian, 256 bytes.
 *
 * @param version 4; 5 is a clustered one, refused
 * @param events of the superblock that it was written with
 * @param eventsCleared of the array when bits were last cleared: a leg with fewer events than that
 *     is not made whole by the bitmap
 * @param syncSectors that the bits cover
 * @param stateBits {@link IntentFormat#STALE}, {@link IntentFormat#WRITE_ERROR}
 * @param chunkBytes that a bit covers; a power of two
 * @param daemonSleepS seconds between cleanings
 * @param sectorsReserved room of the bitmap on the disk
 */
public record IntentHeader(
        UUID arrayId,
        int version,
        long events,
        long eventsCleared,
        long syncSectors,
        int stateBits,
        int chunkBytes,
        int daemonSleepS,
        int sectorsReserved) {}
