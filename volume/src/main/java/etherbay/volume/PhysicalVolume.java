// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.List;

/**
 * A disk of a group, as the group's metadata tells of it.
 *
 * @param key what the metadata calls it: {@code pv0}
 * @param deviceHint where it was seen when the metadata was written; only for people
 * @param deviceSectors its size then, 512-byte sectors
 * @param dataSectors where its first extent begins, 512-byte sectors
 * @param extentCount extents that it has
 * @param allocatable whether new extents may be taken from it
 * @param markedMissing it was missing when the group was changed: what it holds is old
 */
public record PhysicalVolume(
        String key,
        LvmId id,
        String deviceHint,
        long deviceSectors,
        long dataSectors,
        long extentCount,
        boolean allocatable,
        boolean markedMissing,
        List<String> tags) {
    public PhysicalVolume {
        tags = List.copyOf(tags);
    }

    static PhysicalVolume read(LvmText.Section section) {
        List<String> status = section.texts("status");
        return new PhysicalVolume(
                section.name(),
                LvmId.of(section.needText("id"), section.place()),
                section.text("device").orElse(""),
                section.whole("dev_size", VolumeGroup.SECTORS_MAX, 0),
                section.needWhole("pe_start", VolumeGroup.SECTORS_MAX),
                section.needWhole("pe_count", VolumeGroup.EXTENT_COUNT_MAX),
                status.contains("ALLOCATABLE"),
                status.contains("MISSING") || section.texts("flags").contains("MISSING"),
                section.texts("tags"));
    }

    /** As LVM2 writes it. */
    String toText() {
        return "%s {\nid = %s\ndevice = %s\n\nstatus = [\"ALLOCATABLE\"]\nflags = []\n"
                        .formatted(key, LvmText.quote(id.toString()), LvmText.quote(deviceHint))
                + (tags.isEmpty() ? "" : "tags = " + LvmText.quote(tags) + "\n")
                + "dev_size = %d\npe_start = %d\npe_count = %d\n}\n"
                        .formatted(deviceSectors, dataSectors, extentCount);
    }
}
