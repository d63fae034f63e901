// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.volume.LvmId;
import etherbay.volume.PhysicalVolume;
import etherbay.volume.Segment;
import etherbay.volume.VolumeGroup;

import java.util.Optional;

/**
 * Where a sector of a volume lies, reckoned from what the metadata says, sector by sector and the
 * slow way: a second opinion on {@code ExtentMap}.
 */
final class VolumeMath {
    /** A sector of a disk. */
    record Place(LvmId pv, long sector) {}

    private VolumeMath() {}

    static Optional<Place> place(VolumeGroup group, String volume, long lba) {
        long extent = lba / group.extentSectors();
        for (Segment segment : group.need(volume).segments()) {
            if (extent >= segment.firstExtent() && extent < segment.end()) {
                long off = lba - segment.firstExtent() * group.extentSectors();
                return Optional.of(within(group, segment, off));
            }
        }
        return Optional.empty();
    }

    private static Place within(VolumeGroup group, Segment segment, long off) {
        int count = segment.areas().size();
        long chunk = segment instanceof Segment.Striped striped && count > 1
                ? striped.stripeSectors()
                : Long.MAX_VALUE;
        long number = off / chunk;
        Segment.Area area = segment.areas().get((int) (number % count));
        PhysicalVolume pv = group.physicalVolumes().stream()
                .filter(one -> one.key().equals(area.pv()))
                .findFirst()
                .orElseThrow();
        long onDisk = number / count * (count > 1 ? chunk : 0) + off % chunk;
        return new Place(
                pv.id(), pv.dataSectors() + area.firstExtent() * group.extentSectors() + onDisk);
    }
}
