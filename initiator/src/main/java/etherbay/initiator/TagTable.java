// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FloorHeader;

import org.jspecify.annotations.Nullable;

/**
 * The tags of one initiator. Transmissions are counted by a 64-bit number; the tag on the wire is
 * its low 31 bits with bit 31 set, so that the Linux driver on the same machine ignores the
 * answers. No two transmissions share a tag while an answer to the older one could still be known.
 * Owned by one loop.
 */
final class TagTable {
    /** Far more than transmissions that are remembered: the oldest is overwritten, unknown then. */
    private static final int PLACE_COUNT = 1 << 15;

    private static final int SERIAL_MASK = 0x7fff_ffff;

    private final Exchange[] owners = new Exchange[PLACE_COUNT];
    private final long[] numbers = new long[PLACE_COUNT];
    private long next;

    /**
     * @param first number of the first transmission; random, so that a new process does not take
     *     answers to a former one's for its own
     */
    TagTable(long first) {
        next = Math.max(first & SERIAL_MASK, 1);
    }

    /** The number that the next transmission will have. */
    long next() {
        return next;
    }

    static int tagOf(long number) {
        return AoeHeader.TAG_USER_SPACE | (int) (number & SERIAL_MASK);
    }

    /** Takes the next number for a transmission of {@code owner}. */
    long take(Exchange owner) {
        long number = next++;
        int place = (int) (number & PLACE_COUNT - 1);
        owners[place] = owner;
        numbers[place] = number;
        return number;
    }

    /**
     * Goes on so far above a floor that is in force at a target. What lies half of all numbers
     * ahead or more is behind.
     */
    void skipPast(int floorTag, long margin) {
        long ahead = Integer.toUnsignedLong(floorTag - tagOf(next)) & SERIAL_MASK;
        next += (FloorHeader.below(tagOf(next), floorTag) ? ahead : 0) + margin;
    }

    /** The number of a transmission that is remembered under this tag; 0 when there is none. */
    long numberOf(int tag) {
        int place = tag & PLACE_COUNT - 1;
        return owners[place] != null && tagOf(numbers[place]) == tag ? numbers[place] : 0;
    }

    /** Whose transmission that is; null when it is no longer remembered. */
    @Nullable
    Exchange owner(long number) {
        int place = (int) (number & PLACE_COUNT - 1);
        return numbers[place] == number ? owners[place] : null;
    }

    /** An answer to that transmission means nothing any more. */
    void forget(long number) {
        int place = (int) (number & PLACE_COUNT - 1);
        if (numbers[place] == number) {
            owners[place] = null;
        }
    }
}
