// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the groups of a pool have to be, kept from what the verbs did: of each volume where each
 * piece of it lies. A piece is a stripe, half an extent.
 */
final class PoolModel {
    static final long PIECE_SECTORS = 64;

    /** Where a piece lies. */
    record Piece(LvmId disk, long sector) {}

    /** A version of a group. */
    record Version(
            String name,
            Map<String, List<Piece>> volumes,
            Map<String, List<String>> tags,
            Set<LvmId> disks,
            VolumeGroup group) {
        static Version of(VolumeGroup group) {
            Map<String, List<Piece>> volumes = new TreeMap<>();
            Map<String, List<String>> tags = new TreeMap<>();
            tags.put("", group.tags());
            for (LogicalVolume lv : group.logicalVolumes()) {
                volumes.put(lv.name(), pieces(group, lv));
                tags.put(lv.name(), lv.tags());
            }
            Set<LvmId> disks = new LinkedHashSet<>();
            group.physicalVolumes().forEach(pv -> disks.add(pv.id()));
            return new Version(group.name(), volumes, tags, disks, group);
        }

        /** No piece belongs to two, and all lie within the extents of the group's disks. */
        void checkSound() {
            Map<LvmId, PhysicalVolume> pvs = new HashMap<>();
            group.physicalVolumes().forEach(pv -> pvs.put(pv.id(), pv));
            Set<Piece> seen = new HashSet<>();
            volumes.forEach((volume, pieces) -> {
                for (Piece piece : pieces) {
                    PhysicalVolume pv = pvs.get(piece.disk());
                    long end = pv.dataSectors() + pv.extentCount() * group.extentSectors();
                    if (!seen.add(piece)
                            || piece.sector() < pv.dataSectors()
                            || piece.sector() + PIECE_SECTORS > end) {
                        throw new AssertionError(volume + " may not have " + piece);
                    }
                }
            });
        }

        /** Extents that no volume has. */
        long freeExtents() {
            long pieces = volumes.values().stream().mapToLong(List::size).sum();
            long all = group.physicalVolumes().stream()
                    .mapToLong(PhysicalVolume::extentCount)
                    .sum();
            return all - pieces * PIECE_SECTORS / group.extentSectors();
        }

        Set<LvmId> disksOf(String volume) {
            Set<LvmId> found = new LinkedHashSet<>();
            volumes.get(volume).forEach(piece -> found.add(piece.disk()));
            return found;
        }

        /** What a change of a single volume has to leave as it is. */
        Version but(String volume) {
            Map<String, List<Piece>> others = new TreeMap<>(volumes);
            others.remove(volume);
            Map<String, List<String>> otherTags = new TreeMap<>(tags);
            otherTags.remove(volume);
            return new Version(name, others, otherTags, disks, group);
        }

        void checkSameAs(Version other) {
            assertThat(name).isEqualTo(other.name);
            assertThat(volumes).isEqualTo(other.volumes);
            assertThat(tags).isEqualTo(other.tags);
            assertThat(disks).isEqualTo(other.disks);
        }
    }

    /** A group: its versions, and what is known of its copies. */
    static final class Group {
        final LvmId id;
        final Map<Long, Version> versions = new TreeMap<>();
        Version now;

        /** Numbers of versions that were begun once and never came to be. */
        final Set<Long> begun = new HashSet<>();

        /** Numbers of versions that all disks had that were there. */
        final Set<Long> clean = new HashSet<>();

        /** Whether all of its disks that are there have the version in force. */
        boolean isHealthy = true;

        Group(Version first) {
            id = first.group().id();
            adopt(first);
        }

        void adopt(Version next) {
            now = next;
            versions.put(next.group().seqno(), next);
        }
    }

    final Map<LvmId, Group> groups = new LinkedHashMap<>();

    /** The pieces of a volume, by the rule of lvm2's striped segments, and nothing of ours. */
    private static List<Piece> pieces(VolumeGroup group, LogicalVolume lv) {
        Map<String, PhysicalVolume> pvs = new HashMap<>();
        group.physicalVolumes().forEach(pv -> pvs.put(pv.key(), pv));
        int count = (int) (lv.extentCount() * group.extentSectors() / PIECE_SECTORS);
        Piece[] pieces = new Piece[count];
        for (Segment segment : lv.segments()) {
            assertThat(segment).isInstanceOf(Segment.Striped.class);
            int stripes = segment.areas().size();
            long first = segment.firstExtent() * group.extentSectors() / PIECE_SECTORS;
            long end = segment.end() * group.extentSectors() / PIECE_SECTORS;
            for (long at = first; at < end; at++) {
                Segment.Area area = segment.areas().get((int) ((at - first) % stripes));
                PhysicalVolume pv = pvs.get(area.pv());
                long sector = pv.dataSectors()
                        + area.firstExtent() * group.extentSectors()
                        + (at - first) / stripes * PIECE_SECTORS;
                pieces[(int) at] = new Piece(pv.id(), sector);
            }
        }
        return Arrays.asList(pieces);
    }
}
