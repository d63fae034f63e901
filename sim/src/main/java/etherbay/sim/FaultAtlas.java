// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;

import java.util.BitSet;

/**
 * Which sectors of which copy of the same data may be damaged for good: bits that rot, writes that
 * go elsewhere. Of every sector one good copy remains, so that recovery can be demanded; but for
 * the range that is given up, of which a judge demands no data, only that its damage stays there.
 *
 * <p>One thread.
 */
public final class FaultAtlas {
    private final long givenUpSectors;
    private final BitSet[] damaged;

    /**
     * @param copyCount of the data; 1 for a disk without a mirror
     * @param givenUpSectors of the beginning of the disk: all copies of them may be damaged
     */
    public FaultAtlas(int copyCount, long givenUpSectors) {
        Check.that(copyCount > 0, "there is something to damage");
        this.givenUpSectors = givenUpSectors;
        damaged = new BitSet[copyCount];
        for (int copy = 0; copy < copyCount; copy++) {
            damaged[copy] = new BitSet();
        }
    }

    /** Sectors at the beginning of which nothing is demanded. */
    public long givenUpSectors() {
        return givenUpSectors;
    }

    /**
     * Asks to damage a range of one copy, and notes that it is.
     *
     * @return whether that is allowed: not when it would take the last good copy of any sector
     */
    public boolean damage(int copy, long lba, long sectors) {
        for (long sector = lba; sector < lba + sectors; sector++) {
            if (sector >= givenUpSectors && !isGoodElsewhere(copy, sector)) {
                return false;
            }
        }
        damaged[copy].set(Math.toIntExact(lba), Math.toIntExact(lba + sectors));
        return true;
    }

    private boolean isGoodElsewhere(int copy, long sector) {
        for (int other = 0; other < damaged.length; other++) {
            if (other != copy && isGood(other, sector)) {
                return true;
            }
        }
        return false;
    }

    /** Whether that copy of the sector has what was written there. */
    public boolean isGood(int copy, long sector) {
        return !damaged[copy].get(Math.toIntExact(sector));
    }

    /** The range of that copy was written anew from a good one. */
    public void mended(int copy, long lba, long sectors) {
        damaged[copy].clear(Math.toIntExact(lba), Math.toIntExact(lba + sectors));
    }
}
