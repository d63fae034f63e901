// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

/**
 * How many sectors a frame carries on one path. The rungs: as many as MTU and target carry (the
 * top), 16, 8, 2. Down when frames of a size were lost, one after the other, while something else
 * arrived: a switch in between swallows them. Up when a larger one has passed. Owned by one loop.
 */
final class Ladder {
    /** Sectors that always pass: what initiators use before they know better. */
    static final int SECTORS_MIN = 2;

    /** Frames whose loss says that large ones do not pass; a loss by chance comes alone. */
    private static final int LOSS_COUNT_MAX = 4;

    private static final int UNBOUNDED = Integer.MAX_VALUE;

    private int limit = UNBOUNDED;

    /** Large frames lost since one of at least {@link #smallestLost} sectors passed. */
    private int lossCount;

    private int smallestLost;
    private long firstSentNs;

    /** Sectors in one frame now. */
    int sectors(int top) {
        return Math.min(top, limit);
    }

    boolean isBelow(int top) {
        return limit < top;
    }

    /** The next rung above; {@code top} at the top. */
    int above(int top) {
        int now = sectors(top);
        return Math.min(top, now < 8 ? 8 : now < 16 ? 16 : top);
    }

    /** The highest rung on which frames have fewer sectors than those. */
    private static int below(int sectors) {
        return sectors > 16 ? 16 : sectors > 8 ? 8 : SECTORS_MIN;
    }

    /** A frame with that much data passed, there and back. */
    void passed(int sectors, int top) {
        if (sectors >= smallestLost) {
            lossCount = 0;
        }
        if (sectors > limit) {
            limit = sectors >= top ? UNBOUNDED : sectors;
        }
    }

    /** A frame with that much data is surely too large. */
    void tooLarge(int sectors) {
        limit = Math.min(limit, below(sectors));
        lossCount = 0;
    }

    /**
     * A frame was not answered in time.
     *
     * @param sectors of data that it, or its answer, carried
     * @param sentNs when it went out
     * @param answeredNs when the youngest transmission that was answered on the path went out:
     *     where all stands still, answers to older ones are none to these
     */
    void lost(int sectors, long sentNs, long answeredNs) {
        if (sectors <= SECTORS_MIN) {
            return;
        }
        if (lossCount == 0) {
            smallestLost = sectors;
            firstSentNs = sentNs;
        }
        lossCount++;
        smallestLost = Math.min(smallestLost, sectors);
        firstSentNs = Math.min(firstSentNs, sentNs);
        if (lossCount >= LOSS_COUNT_MAX && answeredNs > firstSentNs) {
            tooLarge(smallestLost);
        }
    }
}
