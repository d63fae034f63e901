// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.List;
import java.util.stream.Stream;

/**
 * A medium with a label: a physical volume that is there.
 *
 * @param areas its metadata areas; some have none
 */
public record PoolDisk(Medium medium, PvLabel label, List<MetadataArea> areas) {
    public PoolDisk {
        areas = List.copyOf(areas);
    }

    static PoolDisk of(Medium medium, PvLabel label) {
        return new PoolDisk(
                medium,
                label,
                label.metadataAreas().stream()
                        .map(range -> new MetadataArea(medium, range))
                        .toList());
    }

    public LvmId id() {
        return label.id();
    }

    /** As a person calls its medium. */
    public String name() {
        return medium.name();
    }

    /** Where its data begins. */
    long dataSectors() {
        return label.dataAreas().getFirst().offsetBytes() / PvLabel.SECTOR_BYTES;
    }

    /** Size of the medium now. */
    public long sectors() {
        return medium.bytes() / PvLabel.SECTOR_BYTES;
    }

    /** Where its data ends: before what lies behind it, which lvm2 may have put there. */
    long dataEndSectors() {
        PvLabel.Range data = label.dataAreas().getFirst();
        long end = data.sizeBytes() == 0
                ? medium.bytes()
                : Math.min(medium.bytes(), data.offsetBytes() + data.sizeBytes());
        return Stream.of(label.metadataAreas(), label.bootAreas())
                        .flatMap(List::stream)
                        .mapToLong(PvLabel.Range::offsetBytes)
                        .filter(offset -> offset > data.offsetBytes())
                        .reduce(end, Math::min)
                / PvLabel.SECTOR_BYTES;
    }

    /** Whether neither its label nor its metadata lies between these sectors. */
    boolean isClear(long firstSector, long endSector) {
        return firstSector * PvLabel.SECTOR_BYTES >= PvLabel.AREA_OFFSET_BYTES_MIN
                && label.metadataAreas().stream()
                        .noneMatch(area -> area.offsetBytes() < endSector * PvLabel.SECTOR_BYTES
                                && area.offsetBytes() + area.sizeBytes()
                                        > firstSector * PvLabel.SECTOR_BYTES);
    }

    /** Extents of that size that its data has room for. */
    long extentCount(long extentSectors) {
        return Math.max(0, dataEndSectors() - dataSectors()) / extentSectors;
    }

    @Override
    public String toString() {
        return name();
    }
}
