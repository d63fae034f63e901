// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A group: what one version of its metadata says. Immutable; a change makes a new text ({@link
 * GroupChange}), which is read again. Reading checks what must hold in any group: ids and names are
 * there once, extents lie on their disks and belong to one volume only.
 *
 * @param seqno counts the versions
 * @param allocation the policy where a volume has none of its own
 * @param systemId of the host that alone may use it; empty for any
 * @param lockType of a lock manager; empty for none
 * @param description of the command that wrote this version
 * @param writtenS when, seconds since 1970; 0 if unknown
 */
public record VolumeGroup(
        String name,
        LvmId id,
        long seqno,
        long extentSectors,
        List<String> status,
        List<String> tags,
        String allocation,
        String systemId,
        String lockType,
        String description,
        long writtenS,
        List<PhysicalVolume> physicalVolumes,
        List<LogicalVolume> logicalVolumes,
        String text) {
    static final long EXTENT_COUNT_MAX = 0xffff_ffffL;

    /** Of a disk or a volume: its size in bytes is a long. */
    static final long SECTORS_MAX = Long.MAX_VALUE / PvLabel.SECTOR_BYTES;

    /** The largest extent, 16 GiB in sectors: with 2^32 of them no product leaves a long. */
    private static final long EXTENT_SECTORS_MAX = 1L << 25;

    /** Longer lists are nobody's group; an area of 1 MiB holds a few thousand. */
    private static final int COUNT_MAX = 100_000;

    public VolumeGroup {
        status = List.copyOf(status);
        tags = List.copyOf(tags);
        physicalVolumes = List.copyOf(physicalVolumes);
        logicalVolumes = List.copyOf(logicalVolumes);
    }

    /**
     * Reads a version.
     *
     * @param where it was found, for errors
     * @throws EtherbayException INVALID for what is none
     */
    public static VolumeGroup parse(String text, String where) {
        LvmText.Section file = LvmText.parse(text, where);
        LvmText.Section group = sectionOf(file);
        List<PhysicalVolume> pvs = children(group, "physical_volumes").stream()
                .map(PhysicalVolume::read)
                .toList();
        Set<String> keys = new HashSet<>();
        pvs.forEach(pv -> keys.add(pv.key()));
        List<LogicalVolume> lvs = children(group, "logical_volumes").stream()
                .map(section -> LogicalVolume.read(section, keys::contains))
                .toList();
        VolumeGroup read = new VolumeGroup(
                group.name(),
                LvmId.of(group.needText("id"), group.place()),
                group.needWhole("seqno", Integer.MAX_VALUE),
                group.needWhole("extent_size", EXTENT_SECTORS_MAX),
                group.texts("status"),
                group.texts("tags"),
                group.text("allocation_policy").orElse("normal"),
                group.text("system_id").orElse(""),
                group.text("lock_type").orElse(""),
                file.text("description").orElse(""),
                file.whole("creation_time", Long.MAX_VALUE, 0),
                pvs,
                lvs,
                text);
        read.check(group.place());
        return read;
    }

    /** The section of {@link #text} that is the group. */
    LvmText.Section section() {
        return sectionOf(LvmText.parse(text, "group " + name));
    }

    /** Whether a group can be called that. */
    public static boolean isName(String name) {
        return Names.isGroup(name);
    }

    /** @throws EtherbayException INVALID for what no group can be called */
    public static void checkName(String name) {
        Names.checkGroup(name);
    }

    /** The section that is the group: the only one. */
    static LvmText.Section sectionOf(LvmText.Section file) {
        if (file.sections().size() != 1) {
            throw file.place().wrong("it holds no group, or several");
        }
        return file.sections().values().iterator().next();
    }

    private static List<LvmText.Section> children(LvmText.Section group, String key) {
        List<LvmText.Section> found = group.section(key)
                .map(section -> List.copyOf(section.sections().values()))
                .orElse(List.of());
        if (found.size() > COUNT_MAX) {
            throw group.place().wrong("it has more " + key + " than " + COUNT_MAX);
        }
        return found;
    }

    private void check(LvmText.Place place) {
        if (extentSectors == 0 || !Names.isGroup(name)) {
            throw place.wrong("`" + name + "` is no name, or its extents have no size");
        }
        Set<LvmId> ids = new HashSet<>();
        physicalVolumes.forEach(pv -> once(ids, pv.id(), place));
        Set<LvmId> volumeIds = new HashSet<>();
        logicalVolumes.forEach(lv -> once(volumeIds, lv.id(), place));
        logicalVolumes.forEach(lv -> checkVolume(lv, place));
        Map<String, List<Segment.Area>> areas = areas(Segment.Striped.class);
        for (PhysicalVolume pv : physicalVolumes) {
            if (pv.extentCount() > (SECTORS_MAX - pv.dataSectors()) / extentSectors) {
                throw place.wrong("`" + pv.key() + "` ends beyond any disk");
            }
            checkUse(pv, areas.getOrDefault(pv.key(), List.of()), place);
        }
    }

    private void checkVolume(LogicalVolume lv, LvmText.Place place) {
        if (!Names.isGroup(lv.name())) {
            throw place.wrong("`" + lv.name() + "` is no name of a volume");
        }
        if (lv.extentCount() > SECTORS_MAX / extentSectors) {
            throw place.wrong("`" + lv.name() + "` is larger than any disk");
        }
        for (Segment segment : lv.segments()) {
            if (segment instanceof Segment.Striped striped
                    && striped.stripeSectors() > extentSectors) {
                throw place.wrong("a stripe of `" + lv.name() + "` is larger than an extent");
            }
        }
    }

    private static void once(Set<LvmId> ids, LvmId id, LvmText.Place place) {
        if (!ids.add(id)) {
            throw place.wrong("the UUID " + id + " is there twice");
        }
    }

    /** What others lay out may overlap for all we know; it only occupies. */
    private static void checkUse(PhysicalVolume pv, List<Segment.Area> areas, LvmText.Place place) {
        long end = 0;
        for (Segment.Area area : areas) {
            if (area.firstExtent() < end) {
                throw place.wrong("extent %d of `%s` belongs to two volumes"
                        .formatted(area.firstExtent(), pv.key()));
            }
            end = area.end();
        }
        if (end > pv.extentCount()) {
            throw place.wrong("volumes reach beyond the end of `" + pv.key() + "`");
        }
    }

    /** What is occupied on a disk, by extents. */
    List<Segment.Area> areasOn(String pv) {
        return areas(Segment.class).getOrDefault(pv, List.of());
    }

    /** By the key of the disk, in the order of its extents. */
    private Map<String, List<Segment.Area>> areas(Class<? extends Segment> kind) {
        Map<String, List<Segment.Area>> areas = new HashMap<>();
        for (LogicalVolume lv : logicalVolumes) {
            for (Segment segment : lv.segments()) {
                if (kind.isInstance(segment)) {
                    segment.areas()
                            .forEach(
                                    area -> areas.computeIfAbsent(area.pv(), _ -> new ArrayList<>())
                                            .add(area));
                }
            }
        }
        areas.values()
                .forEach(list -> list.sort(Comparator.comparingLong(Segment.Area::firstExtent)));
        return areas;
    }

    /** Volumes that have extents on a disk. */
    public List<LogicalVolume> volumesOn(PhysicalVolume pv) {
        return logicalVolumes.stream()
                .filter(lv -> lv.segments().stream()
                        .flatMap(segment -> segment.areas().stream())
                        .anyMatch(area -> area.pv().equals(pv.key())))
                .toList();
    }

    /** Extents of a disk that are in use. */
    public long usedExtents(PhysicalVolume pv) {
        return usedExtents(pv, areasOn(pv.key()));
    }

    /** Those of others may be told twice, or reach beyond the end. */
    private static long usedExtents(PhysicalVolume pv, List<Segment.Area> areas) {
        long used = 0;
        long end = 0;
        for (Segment.Area area : areas) {
            long to = Math.min(area.end(), pv.extentCount());
            used += Math.max(0, to - Math.max(end, area.firstExtent()));
            end = Math.max(end, to);
        }
        return used;
    }

    public long freeExtents(PhysicalVolume pv) {
        return pv.extentCount() - usedExtents(pv);
    }

    public long extentCount() {
        return physicalVolumes.stream().mapToLong(PhysicalVolume::extentCount).sum();
    }

    public long freeExtents() {
        Map<String, List<Segment.Area>> areas = areas(Segment.class);
        return physicalVolumes.stream()
                .mapToLong(pv ->
                        pv.extentCount() - usedExtents(pv, areas.getOrDefault(pv.key(), List.of())))
                .sum();
    }

    /** Volumes that people made. */
    public List<LogicalVolume> visibleVolumes() {
        return logicalVolumes.stream().filter(LogicalVolume::isVisible).toList();
    }

    public Optional<LogicalVolume> find(String volume) {
        return logicalVolumes.stream().filter(lv -> lv.name().equals(volume)).findFirst();
    }

    /**
     * The volume of that name.
     *
     * @throws EtherbayException NOT_FOUND naming those that there are
     */
    public LogicalVolume need(String volume) {
        return find(volume)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "group " + name + " has no volume " + EtherbayException.shown(volume),
                        visibleVolumes().isEmpty()
                                ? "it has none yet"
                                : "it has "
                                        + String.join(
                                                ", ",
                                                visibleVolumes().stream()
                                                        .map(LogicalVolume::name)
                                                        .toList()),
                        "see `etherbay lv list`, or make it: etherbay lv create " + name + " "
                                + EtherbayException.shown(volume) + " --size 10G"));
    }

    /** The disk of that UUID. */
    public Optional<PhysicalVolume> physicalVolume(LvmId wanted) {
        return physicalVolumes.stream().filter(pv -> pv.id().equals(wanted)).findFirst();
    }

    PhysicalVolume physicalVolume(String key) {
        return physicalVolumes.stream()
                .filter(pv -> pv.key().equals(key))
                .findFirst()
                .orElseThrow();
    }

    /** Whether it may be changed: one that was exported for another host may not. */
    public boolean isExported() {
        return status.contains("EXPORTED");
    }

    public boolean isResizeable() {
        return status.contains("RESIZEABLE");
    }
}
