// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.List;
import java.util.UUID;

/** Superblocks of a mirror of two legs, clean, that differ in what a test says. */
final class Samples {
    static final UUID ARRAY_ID = SuperblockFormat.parse("00112233:44556677:8899aabb:ccddeeff");

    private int featureMap;
    private int level = 1;
    private long sizeSectors = 4096;
    private int legCount = 2;
    private int bitmapOffset;
    private long dataOffset = 2048;
    private long superOffset = SuperblockFormat.SECTOR;
    private int deviceNumber;
    private int logShift;
    private int logSectors;
    private int logOffset;
    private long recoveryOffset = Superblock.END;
    private long resyncOffset = Superblock.END;
    private List<Integer> roles = List.of(0, 1);

    private Samples() {}

    static Samples superblock() {
        return new Samples();
    }

    Samples features(int bits) {
        featureMap = bits;
        return this;
    }

    Samples level(int newLevel) {
        level = newLevel;
        return this;
    }

    Samples sizeSectors(long sectors) {
        sizeSectors = sectors;
        return this;
    }

    Samples legCount(int count) {
        legCount = count;
        return this;
    }

    Samples bitmapOffset(int offset) {
        bitmapOffset = offset;
        featureMap |= offset != 0 ? SuperblockFormat.BITMAP_OFFSET_BIT : 0;
        return this;
    }

    Samples dataOffset(long offset) {
        dataOffset = offset;
        return this;
    }

    Samples superOffset(long offset) {
        superOffset = offset;
        return this;
    }

    Samples deviceNumber(int number) {
        deviceNumber = number;
        return this;
    }

    Samples log(int sectors, int offset) {
        logSectors = sectors;
        logOffset = offset;
        return this;
    }

    Samples logShift(int shift) {
        logShift = shift;
        return this;
    }

    Samples recoveryOffset(long sectors) {
        recoveryOffset = sectors;
        featureMap |= SuperblockFormat.RECOVERY_OFFSET_BIT;
        return this;
    }

    Samples resyncOffset(long sectors) {
        resyncOffset = sectors;
        return this;
    }

    Samples roles(Integer... newRoles) {
        roles = List.of(newRoles);
        return this;
    }

    Superblock build() {
        return new Superblock(
                featureMap,
                ARRAY_ID,
                "box:pair",
                1_700_000_000_123_456L,
                level,
                sizeSectors,
                legCount,
                bitmapOffset,
                dataOffset,
                8192,
                superOffset,
                recoveryOffset,
                deviceNumber,
                new UUID(3, 4),
                1,
                logShift,
                logSectors,
                logOffset,
                1_700_000_001_000_000L,
                17,
                resyncOffset,
                roles);
    }
}
