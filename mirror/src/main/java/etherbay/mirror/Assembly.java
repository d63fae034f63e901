// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.UUID;

/**
 * Which legs make an array, and what they need: a function of what their superblocks say (decision
 * 0018). A value; decided again after the claims, since the former owner may have written until
 * then.
 *
 * @param freshest the superblock that is followed
 * @param name without the host that mdadm puts before it
 * @param legs all that were given, in their order
 * @param mustClaim legs given which any of their superblocks calls in sync: nothing is written
 *     before each of their fences is ours. Empty when read-only
 * @param absent slots for which nothing was given
 * @param resync what is to be made the same among the legs in sync, since the array was not let go
 *     clean. Of legs in recovery the same is to be copied below where they begin
 * @param bitmaps names of the legs whose bitmaps count, the union of their bits; empty where no
 *     bitmap can be used
 * @param eventsCleared the highest that those bitmaps name. From now on it stands before the bits
 *     of every leg, of a new one too: alone, that one would pass for never cleared
 * @param eventsNext of the first version after this. Legs in sync that are a version behind are
 *     brought to the freshest one before, as it is: two crashes in a row would else leave one two
 *     versions behind, and it would pass for a stale one
 * @param epochMax the highest that a claim record knows: the new term's is higher
 * @param numbersTaken device numbers that are no new leg's
 * @param losesWithForce whether legs are left behind that may hold writes which nobody else has
 * @param warnings sentences for the person
 */
public record Assembly(
        UUID arrayId,
        String name,
        long sizeSectors,
        int legCount,
        Superblock freshest,
        List<Leg> legs,
        List<String> mustClaim,
        List<Absent> absent,
        Resync resync,
        List<String> bitmaps,
        long eventsCleared,
        long eventsNext,
        Epoch epochMax,
        NavigableSet<Integer> numbersTaken,
        boolean losesWithForce,
        List<String> warnings) {

    /** What has to be copied, or compared, to make legs the same. */
    public enum Extent {
        NOTHING,
        /** What the bitmaps mark. */
        BITMAP,
        /** Everything. */
        FULL
    }

    /**
     * @param fromSectors where it begins: what lies below is the same already
     */
    public record Resync(Extent extent, long fromSectors) {
        static final Resync NONE = new Resync(Extent.NOTHING, 0);
    }

    /** What a leg is in the array. */
    public sealed interface Standing {}

    /** Holds all that was ever acknowledged. */
    public record InSync() implements Standing {}

    /**
     * Lacks something: nothing is read from it before that is copied. Its own superblock says so,
     * durably, before that of any other leg lists it: else its old one would pass for one in sync.
     *
     * @param fromSectors where to begin. Below, the leg has had all writes but those that {@link
     *     #resync} speaks of
     */
    public record Recovering(Extent extent, long fromSectors) implements Standing {}

    /** Holds nothing of the array; takes a slot that becomes free, by a full recovery. */
    public record Spare() implements Standing {}

    /**
     * @param deviceNumber from now on; its own, unless that means another leg by now
     * @param slot {@link Superblock#SPARE} for a spare
     */
    public record Leg(LegReading reading, int deviceNumber, int slot, Standing standing) {
        public boolean isInSync() {
            return standing instanceof InSync;
        }
    }

    /**
     * A slot without a leg.
     *
     * @param deviceNumber of the leg that the freshest superblock puts there; empty where it knows
     *     none any more
     */
    public record Absent(int slot, Optional<Integer> deviceNumber) {}

    public Assembly {
        legs = List.copyOf(legs);
        mustClaim = List.copyOf(mustClaim);
        absent = List.copyOf(absent);
        bitmaps = List.copyOf(bitmaps);
        warnings = List.copyOf(warnings);
    }

    /**
     * Decides. Never guesses: a subset is an array only if its own superblocks call every absent
     * leg faulty, and of two legs that shut each other out neither is followed.
     *
     * @param present at least one
     * @throws EtherbayException CONFLICT for a split, an owner elsewhere, a copied disk;
     *     UNAVAILABLE where legs are missing; INVALID for legs of several arrays, or too small ones
     */
    public static Assembly decide(List<LegReading> present, AssemblyRequest request) {
        return new AssemblyRules(present, request).decide();
    }

    /**
     * How a leg that the array lives without comes back into it: {@link Recovering}; {@link Spare}
     * for one that never was of it.
     *
     * @param inSync the array's legs in sync, at least one
     * @param bitmap of the array, when all of its bits can be trusted
     * @throws EtherbayException CONFLICT when the leg has gone on without them
     */
    public static Standing returning(
            LegReading leg, List<LegReading> inSync, Optional<IntentHeader> bitmap) {
        View returning = View.of(leg);
        List<View> side = inSync.stream().map(View::of).toList();
        if (!returning.isOf(side.getFirst()) || !returning.isMember()) {
            return new Spare();
        }
        if (returning.wentOnWithout(side)) {
            throw AssemblyRefusals.split(inSync, List.of(leg));
        }
        return returning.recovery(bitmap);
    }
}
