// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * What lies where on a leg that we make, in sectors:
 *
 * <pre>
 *   0        8            16         dataOffset - 8     dataOffset
 *  +--------+------------+--------+ +------------------+-------------------+
 *  | free   | superblock | bitmap | | record of owner  | data ...          |
 *  +--------+------------+--------+ +------------------+-------------------+
 * </pre>
 *
 * The data begins at 1 MiB, or at a later whole MiB where the bitmap needs it.
 *
 * @param bitmapOffset of the bitmap from the superblock; 0 without one
 * @param bitmapSectors room of the bitmap
 * @param chunkBytes that a bit of it covers; 0 without one
 * @param claimSector of our record
 * @param dataSectors whole pages, so that disks of larger sectors have no rest
 */
public record LegLayout(
        int bitmapOffset,
        int bitmapSectors,
        int chunkBytes,
        long claimSector,
        long dataOffset,
        long dataSectors) {
    private static final int DATA_ALIGN_SECTORS = 2048;
    private static final int STEP_SECTORS = 8;

    /**
     * Where a leg that we make has things.
     *
     * @throws EtherbayException INVALID for a device too small, or larger than any
     */
    public static LegLayout of(long deviceSectors, boolean bitmap) {
        if (deviceSectors < 0 || deviceSectors > Disk.SECTORS_MAX) {
            throw impossible(deviceSectors, "no device has that size", "name another device");
        }
        int chunkBytes = bitmap ? IntentFormat.chunkBytesFor(deviceSectors) : 0;
        long bitmapSectors = bitmap
                ? IntentFormat.sectorsFor(IntentFormat.bitCount(deviceSectors, chunkBytes))
                : 0;
        long needed = SuperblockFormat.SECTOR
                + SuperblockFormat.SECTORS
                + bitmapSectors
                + ClaimFormat.SECTORS;
        long dataOffset = Math.ceilDiv(needed, DATA_ALIGN_SECTORS) * (long) DATA_ALIGN_SECTORS;
        long dataSectors = (deviceSectors - dataOffset) / STEP_SECTORS * STEP_SECTORS;
        if (dataSectors <= 0) {
            throw impossible(
                    deviceSectors,
                    "what describes the mirror takes " + dataOffset + " sectors of 512 bytes, and"
                            + " the data comes behind that",
                    "take a larger device");
        }
        return new LegLayout(
                bitmap ? SuperblockFormat.SECTORS : 0,
                (int) bitmapSectors,
                chunkBytes,
                dataOffset - ClaimFormat.SECTORS,
                dataOffset,
                dataSectors);
    }

    private static EtherbayException impossible(long deviceSectors, String why, String correction) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "no leg of a mirror can be made of " + deviceSectors + " sectors",
                why,
                correction);
    }

    /**
     * Where our record stands on any leg, also one that mdadm made: in the last whole 4 KiB before
     * the data; where the log of bad blocks lies there, in those before the log.
     *
     * @param header of the bitmap, where the leg has one
     * @return empty where there is no such room: no record is kept on this leg
     */
    public static OptionalLong claimSector(Superblock superblock, Optional<IntentHeader> header) {
        long sector = lastBefore(superblock.dataOffset());
        if (superblock.badBlocksSectors() > 0) {
            long log = superblock.superOffset() + superblock.badBlocksOffset();
            if (overlaps(sector, log, superblock.badBlocksSectors())) {
                sector = lastBefore(log);
            }
        }
        boolean free = sector >= superblock.superOffset() + SuperblockFormat.SECTORS
                && !hitsBitmap(sector, superblock, header);
        return free ? OptionalLong.of(sector) : OptionalLong.empty();
    }

    private static long lastBefore(long sector) {
        return Math.floorDiv(sector - ClaimFormat.SECTORS, STEP_SECTORS) * STEP_SECTORS;
    }

    /** A bitmap of unknown size might reach up to there. */
    private static boolean hitsBitmap(
            long sector, Superblock superblock, Optional<IntentHeader> header) {
        if (superblock.bitmapOffset() == 0) {
            return false;
        }
        long bitmap = superblock.superOffset() + superblock.bitmapOffset();
        return header.map(found -> overlaps(sector, bitmap, IntentFormat.sectors(found)))
                .orElse(true);
    }

    private static boolean overlaps(long claim, long other, long otherSectors) {
        return overlaps(claim, ClaimFormat.SECTORS, other, otherSectors);
    }

    private static boolean overlaps(long one, long oneSectors, long other, long otherSectors) {
        return one < other + otherSectors && other < one + oneSectors;
    }

    /**
     * Where legs without a bitmap have room for one, from the superblock: at once behind it, or
     * behind a log of bad blocks. For md it is the same place on all legs of an array. Our record
     * stays where it is.
     *
     * @param legs that are to have it
     * @param sectors of header and bits, with what is reserved behind them
     * @return empty where there is no place that is free on all of them
     */
    static OptionalInt bitmapOffset(List<Superblock> legs, long sectors) {
        IntStream behindLogs = legs.stream()
                .filter(leg -> leg.badBlocksSectors() > 0)
                .mapToInt(leg ->
                        Math.ceilDiv(leg.badBlocksOffset() + leg.badBlocksSectors(), STEP_SECTORS)
                                * STEP_SECTORS);
        return IntStream.concat(IntStream.of(SuperblockFormat.SECTORS), behindLogs)
                .sorted()
                .filter(offset -> legs.stream()
                        .allMatch(leg -> hasRoom(leg, offset, sectors)
                                && !hitsClaim(leg, leg.superOffset() + offset, sectors)))
                .findFirst();
    }

    private static boolean hitsClaim(Superblock leg, long bitmap, long sectors) {
        OptionalLong claim = claimSector(leg, Optional.empty());
        return claim.isPresent() && overlaps(claim.getAsLong(), bitmap, sectors);
    }

    /** Whether a bitmap there is clear of superblock, data, and the log of bad blocks. */
    static boolean hasRoom(Superblock leg, int bitmapOffset, long sectors) {
        long bitmap = leg.superOffset() + bitmapOffset;
        long log = leg.superOffset() + leg.badBlocksOffset();
        return bitmapOffset >= SuperblockFormat.SECTORS
                && bitmap + sectors <= leg.dataOffset()
                && !overlaps(bitmap, sectors, log, leg.badBlocksSectors());
    }
}
