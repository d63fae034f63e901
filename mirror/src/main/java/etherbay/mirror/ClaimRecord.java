// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import java.util.Optional;
import java.util.UUID;

/**
 * Our record on each leg, between the end of the bitmap and the data: who owns the mirror. md does
 * not look at it. It names the checksums of the superblock that was written with it and of the one
 * before; where the leg's superblock is neither, somebody else has changed the array since and the
 * record says nothing any more.
 *
 * @param epoch of the term that wrote it
 * @param generation counts what this term wrote
 * @param owner identity of the node
 * @param ownerName for a person
 * @param sinceMs wall clock when the term began
 * @param released whether the owner has let the array go, clean
 * @param recoveredSectors of a leg that is recovered by the bitmap: what lies below is done
 * @param superblockSum {@code sb_csum} of the superblock that belongs to it
 * @param superblockSumBefore that of the one before
 * @param check a check or repair that is under way
 */
public record ClaimRecord(
        UUID arrayId,
        Epoch epoch,
        long generation,
        UUID owner,
        String ownerName,
        long sinceMs,
        boolean released,
        long recoveredSectors,
        int superblockSum,
        int superblockSumBefore,
        Optional<CheckMark> check) {}
