// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import java.util.Arrays;

/**
 * Which ranges an old write may still reach. A write of which a copy may travel must not meet a
 * newer one to the same range: the copy would come last and win (aoe.md 2.8). So what was sent is
 * kept here by the number of its last transmission, and a range may be written again only when all
 * transmissions up to that number are dead: by floor, or because frames do not live that long.
 *
 * <p>Ranges are kept as blocks of 4 KiB, with a bit for each sector, in a table of a fixed size
 * (288 KiB); same sectors of blocks that share a place guard each other, which costs a wait and
 * never a byte. Owned by one loop.
 */
final class WriteGuard {
    private static final int BLOCK_SHIFT = 3;
    private static final int PLACE_COUNT = 1 << 15;

    /** Times kept within a frame's life: how finely it is judged. */
    private static final int TIME_COUNT = 16;

    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private static final int SECTORS_MASK = (1 << (1 << BLOCK_SHIFT)) - 1;

    /** The highest number of what may reach the place, and below it a bit for each sector. */
    private final long[] reaching = new long[PLACE_COUNT];

    /** A bit for each sector that a write under way touches; no two of them touch the same. */
    private final byte[] open = new byte[PLACE_COUNT];

    private int openEverywhereCount;
    private int openCount;
    private final long frameLifeNs;

    /** Transmission numbers at times at least a sixteenth of a frame's life apart. */
    private final long[] timeNs = new long[TIME_COUNT + 2];

    private final long[] numberAt = new long[TIME_COUNT + 2];
    private int timeCount;
    private long everywhere;
    private long deadBelow;
    private long lastSentNs = Long.MIN_VALUE;

    WriteGuard(long frameLifeNs) {
        this.frameLifeNs = frameLifeNs;
    }

    /** A write to these sectors, which were clear, is under way: no other to them begins. */
    void entered(long lba, long sectors) {
        openCount++;
        if (isEverywhere(lba, sectors)) {
            openEverywhereCount++;
            return;
        }
        for (long block = lba >>> BLOCK_SHIFT; block <= lastBlock(lba, sectors); block++) {
            open[place(block)] |= (byte) touched(block, lba, sectors);
        }
    }

    /** It has ended, and no copy of it is left. */
    void left(long lba, long sectors) {
        openCount--;
        if (isEverywhere(lba, sectors)) {
            openEverywhereCount--;
            return;
        }
        for (long block = lba >>> BLOCK_SHIFT; block <= lastBlock(lba, sectors); block++) {
            open[place(block)] &= (byte) ~touched(block, lba, sectors);
        }
    }

    /** A write whose last transmission had that number may still reach these sectors. */
    void mayReach(long lba, long sectors, long number) {
        if (isEverywhere(lba, sectors)) {
            everywhere = Math.max(everywhere, number);
            return;
        }
        for (long block = lba >>> BLOCK_SHIFT; block <= lastBlock(lba, sectors); block++) {
            int place = place(block);
            long there = mayLive(number(reaching[place])) ? reaching[place] : 0;
            long highest = Math.max(number(there), number);
            long bits = (there & SECTORS_MASK) | touched(block, lba, sectors);
            reaching[place] = highest << (1 << BLOCK_SHIFT) | bits;
        }
    }

    /** Whether nothing old reaches these sectors any more, and nothing is under way to them. */
    boolean isClear(long lba, long sectors) {
        if (openEverywhereCount > 0 || mayLive(everywhere)) {
            return false;
        }
        if (isEverywhere(lba, sectors)) {
            return openCount == 0
                    && Arrays.stream(reaching).noneMatch(there -> mayLive(number(there)));
        }
        for (long block = lba >>> BLOCK_SHIFT; block <= lastBlock(lba, sectors); block++) {
            int place = place(block);
            int touched = touched(block, lba, sectors);
            boolean reached = (reaching[place] & touched) != 0 && mayLive(number(reaching[place]));
            if (reached || (open[place] & touched) != 0) {
                return false;
            }
        }
        return true;
    }

    private static long number(long there) {
        return there >>> (1 << BLOCK_SHIFT);
    }

    /** Number 0 is none: the first transmission has a higher one. */
    private boolean mayLive(long number) {
        return number > 0 && number >= deadBelow;
    }

    /** A bit for each sector of that block that lies in the range. */
    private static int touched(long block, long lba, long sectors) {
        long first = block << BLOCK_SHIFT;
        int from = (int) Math.max(lba - first, 0);
        int above = (int) Math.max(first + (1 << BLOCK_SHIFT) - lba - sectors, 0);
        return (SECTORS_MASK << from) & (SECTORS_MASK >>> above);
    }

    /** A TRIM of so much that it touches every place. */
    private static boolean isEverywhere(long lba, long sectors) {
        return lastBlock(lba, sectors) - (lba >>> BLOCK_SHIFT) >= PLACE_COUNT;
    }

    private static long lastBlock(long lba, long sectors) {
        return (lba + sectors - 1) >>> BLOCK_SHIFT;
    }

    /**
     * Somebody else may have written under our name until now: a former process, of which nothing
     * is known. Its frames reach everything, and die like ours with lower numbers than {@code
     * next}.
     */
    void strangers(long nowNs, long next) {
        everywhere = next - 1;
        sent(nowNs, next - 1);
    }

    /** All transmissions with lower numbers are dead: the target said so. */
    void floor(long number) {
        deadBelow = Math.max(deadBelow, number);
    }

    /** A transmission that changes data goes out now, under that number. */
    void sent(long nowNs, long number) {
        lastSentNs = nowNs;
        time(nowNs, number);
    }

    /** Notes the time: transmissions below {@code nextNumber} were sent before it. */
    void time(long nowNs, long nextNumber) {
        if (timeCount == 0 || nowNs - timeNs[timeCount - 1] >= frameLifeNs / TIME_COUNT) {
            if (timeCount == timeNs.length) {
                drop(1);
            }
            timeNs[timeCount] = nowNs;
            numberAt[timeCount++] = nextNumber;
        }
        int dead = 0;
        while (dead < timeCount && nowNs - timeNs[dead] >= frameLifeNs) {
            deadBelow = Math.max(deadBelow, numberAt[dead]);
            dead++;
        }
        drop(dead);
        if (lastSentNs == Long.MIN_VALUE || nowNs - lastSentNs >= frameLifeNs) {
            deadBelow = Math.max(deadBelow, nextNumber);
        }
    }

    /** How long a frame can travel. */
    long frameLifeNs() {
        return frameLifeNs;
    }

    /** How long to wait until {@link #time} may say more. */
    long stepNs() {
        return frameLifeNs / TIME_COUNT;
    }

    private void drop(int count) {
        System.arraycopy(timeNs, count, timeNs, 0, timeCount - count);
        System.arraycopy(numberAt, count, numberAt, 0, timeCount - count);
        timeCount -= count;
    }

    private static int place(long block) {
        return (int) ((block * GOLDEN) >>> 49);
    }
}
