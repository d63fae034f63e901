// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What has to hold for disks that are to be taken into a group, or made anew. */
final class FreeDisks {
    private FreeDisks() {}

    /**
     * That a disk is in no group, nor marked as in one.
     *
     * @param done what is to be done with it, as {@code removed}
     * @throws EtherbayException CONFLICT, with how to get it out
     */
    static void checkFree(Pool pool, PoolDisk disk, String done) {
        Optional<PoolGroup> group = pool.claimantOf(disk);
        Optional<PoolGroup> old = pool.oldGroupOf(disk);
        if (group.isPresent() || old.isPresent() || disk.label().isUsed()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    disk + " cannot be " + done,
                    group.map(in -> "it belongs to group " + in.name())
                            .or(() -> old.map(in -> "it holds old metadata of group " + in.name()
                                    + ", which goes on without it"))
                            .orElse("it is marked as belonging to a group that is not there"),
                    group.or(() -> old)
                            .map(in -> "take it out first: etherbay vg reduce " + in.name() + " "
                                    + disk)
                            .orElse("name the group's other disks with --device; or, if nothing on"
                                    + " it is needed: etherbay pv create " + disk
                                    + " --force --yes"));
        }
    }

    /** @throws EtherbayException INVALID for a disk that is named twice */
    static void checkOnce(List<PoolDisk> disks) {
        Set<PoolDisk> named = new HashSet<>();
        for (PoolDisk disk : disks) {
            if (!named.add(disk)) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        disk + " is named twice",
                        "a disk is in a group once",
                        "name each disk once");
            }
        }
    }

    /**
     * A disk as a group will tell of it that takes it in.
     *
     * @param key that no other disk of the group has
     * @throws EtherbayException CONFLICT, INVALID
     */
    static PhysicalVolume joining(Pool pool, PoolDisk disk, String key, long extentSectors) {
        checkFree(pool, disk, "taken into a group");
        if (disk.extentCount(extentSectors) > VolumeGroup.EXTENT_COUNT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    disk + " is too large for this group",
                    "it has %d extents of %d bytes, and a group counts up to %d of a disk"
                            .formatted(
                                    disk.extentCount(extentSectors),
                                    extentSectors * PvLabel.SECTOR_BYTES,
                                    VolumeGroup.EXTENT_COUNT_MAX),
                    "take larger extents: --extent-size 4M");
        }
        if (disk.extentCount(extentSectors) == 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    disk + " is too small for this group",
                    "not one extent of %d bytes fits behind its metadata"
                            .formatted(extentSectors * PvLabel.SECTOR_BYTES),
                    "give it more, or the group smaller extents: --extent-size 1M");
        }
        return new PhysicalVolume(
                key,
                disk.id(),
                disk.name(),
                disk.sectors(),
                disk.dataSectors(),
                disk.extentCount(extentSectors),
                true,
                false,
                List.of());
    }
}
