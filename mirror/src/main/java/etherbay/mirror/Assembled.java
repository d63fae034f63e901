// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * What a mirror begins with: read from its legs, decided, claimed.
 *
 * @param freshest what the freshest superblock says, as it stands there
 * @param shared what the superblocks are to say of the array, when there is one more event
 * @param numbersTaken device numbers that are no new leg's
 * @param epoch of the term that begins; NONE for reading alone
 * @param check one that was under way when the term before ended
 */
record Assembled(
        Superblock freshest,
        Superblock shared,
        NavigableSet<Integer> numbersTaken,
        Intent intent,
        Epoch epoch,
        List<Member> members,
        Optional<CheckMark> check,
        boolean readOnly) {
    /**
     * One leg.
     *
     * @param claimSector of our record; negative where there is no room
     * @param byIntent of one that is filled: only what is marked
     * @param filledSectors of one that is filled: what lies below is whole
     * @param badBlocks ranges of the array that it cannot give
     */
    record Member(
            Part part,
            Superblock superblock,
            long claimSector,
            int superblockSum,
            Leg.Standing standing,
            boolean byIntent,
            long filledSectors,
            List<BadBlocks.Range> badBlocks) {}
}
