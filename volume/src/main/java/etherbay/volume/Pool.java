// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The physical volumes on some media, and the groups that they make up, as they were found when the
 * pool was opened. Of each group the newest version is in force; copies that are older or damaged
 * are told ({@link #warnings}) and made good by the next change, but for areas whose header is
 * damaged: these are left alone. Control code, one thread; who writes holds the group's lock
 * meanwhile.
 */
public final class Pool implements AutoCloseable {
    /** A version of a group, and where it stood. */
    private record Copy(VolumeGroup group, PoolDisk disk) {}

    private final List<Medium> media;
    private final List<String> warnings = new ArrayList<>();
    private final Map<LvmId, PoolDisk> disks = new LinkedHashMap<>();
    private final Map<LvmId, PoolGroup> groups = new LinkedHashMap<>();

    /** Of disks in no group: the group whose old metadata they hold. */
    private final Map<LvmId, LvmId> outdated = new HashMap<>();

    private Pool(List<Medium> media) {
        this.media = List.copyOf(media);
    }

    /**
     * Reads what is on the media, which it closes when it is closed. Writes nothing. What cannot be
     * used is a warning, not an error: the rest may be whole.
     */
    public static Pool open(Collection<? extends Medium> media) {
        Pool pool = new Pool(List.copyOf(media));
        pool.media.forEach(pool::addDisk);
        pool.readGroups();
        return pool;
    }

    /** Whether a medium has a label, good or bad. */
    public static boolean hasLabel(Medium medium) {
        return PvLabel.find(medium).isPresent();
    }

    /**
     * A number that is another one when the metadata on a medium was changed: of its label and the
     * headers of its areas. Cheap to ask for.
     */
    public static long stamp(Medium medium) {
        long stamp = 0;
        Optional<PvLabel> label = PvLabel.read(medium);
        if (label.isPresent()) {
            stamp = LvmCrc.of(label.get().encode(), 0, PvLabel.SECTOR_BYTES);
            for (MetadataArea area : PoolDisk.of(medium, label.get()).areas()) {
                stamp = 31 * stamp + area.place().hashCode();
            }
        }
        return stamp;
    }

    private void addDisk(Medium medium) {
        try {
            Optional<PvLabel> label = PvLabel.read(medium);
            if (label.isEmpty()) {
                return;
            }
            PoolDisk disk = PoolDisk.of(medium, label.get());
            PoolDisk twin = disks.putIfAbsent(disk.id(), disk);
            if (twin != null) {
                warnings.add("%s is left out: %s has the same UUID, %s"
                        .formatted(disk, twin, disk.id()));
            }
        } catch (EtherbayException unusable) {
            warnings.add(unusable.getMessage() + ": " + unusable.why());
        }
    }

    private void readGroups() {
        Map<LvmId, List<Copy>> copies = new LinkedHashMap<>();
        Map<String, VolumeGroup> parsed = new HashMap<>();
        for (PoolDisk disk : disks.values()) {
            for (MetadataArea area : disk.areas()) {
                read(disk, area, parsed)
                        .ifPresent(
                                group -> copies.computeIfAbsent(group.id(), _ -> new ArrayList<>())
                                        .add(new Copy(group, disk)));
            }
        }
        copies.forEach((id, found) -> groups.put(id, newest(found)));
        disks.values().forEach(disk -> settle(disk, copies));
        for (PoolDisk disk : orphans()) {
            copies.values().stream()
                    .flatMap(List::stream)
                    .filter(copy -> copy.disk().equals(disk))
                    .findFirst()
                    .ifPresent(copy -> noteOld(disk, copy.group()));
        }
    }

    private void noteOld(PoolDisk disk, VolumeGroup group) {
        outdated.put(disk.id(), group.id());
        warnings.add("%s holds old metadata of group %s, which it is no part of any more"
                .formatted(disk, group.name()));
    }

    /**
     * A disk that several groups count on: one of them is the past, as of a disk that was away
     * while its group was given up and the others went elsewhere. It is in the one whose metadata
     * it holds, and missing in the others; where nothing tells, in all.
     */
    private void settle(PoolDisk disk, Map<LvmId, List<Copy>> copies) {
        List<PoolGroup> claimants = groups.values().stream()
                .filter(group -> group.present().containsKey(disk.id()))
                .toList();
        if (claimants.size() < 2) {
            return;
        }
        List<PoolGroup> own = claimants.stream()
                .filter(group -> copies.get(group.group().id()).stream()
                        .anyMatch(copy -> copy.disk().equals(disk)))
                .toList();
        for (PoolGroup group : claimants) {
            if (own.size() != 1) {
                PoolGroup other = claimants.get(claimants.getFirst().equals(group) ? 1 : 0);
                leaveOut(
                        disk,
                        group,
                        "its disk %s is counted on by group %s too".formatted(disk, other.name()));
            } else if (!own.getFirst().equals(group)) {
                leaveOut(disk, group, group.conflict());
                warnings.add("%s is in group %s; group %s counts on it too"
                        .formatted(disk, own.getFirst().name(), group.name()));
            }
        }
    }

    private void leaveOut(PoolDisk disk, PoolGroup group, String conflict) {
        groups.put(group.group().id(), group.without(disk, conflict));
    }

    /** @param parsed texts that other disks had too: all of a group, as a rule */
    private Optional<VolumeGroup> read(
            PoolDisk disk, MetadataArea area, Map<String, VolumeGroup> parsed) {
        try {
            return area.read()
                    .map(text -> parsed.computeIfAbsent(
                            text, _ -> VolumeGroup.parse(text, disk.name())));
        } catch (EtherbayException unusable) {
            warnings.add(unusable.getMessage() + ": " + unusable.why());
            return Optional.empty();
        }
    }

    private PoolGroup newest(List<Copy> copies) {
        VolumeGroup newest = copies.getFirst().group();
        for (Copy copy : copies) {
            newest = copy.group().seqno() > newest.seqno() ? copy.group() : newest;
        }
        String conflict = "";
        for (Copy copy : copies) {
            if (copy.group().seqno() < newest.seqno()) {
                warnings.add("%s holds version %d of group %s; %d is in force"
                        .formatted(
                                copy.disk(), copy.group().seqno(), newest.name(), newest.seqno()));
            } else if (conflict.isEmpty() && !copy.group().text().equals(newest.text())) {
                conflict = "%s holds another version %d than other disks of it"
                        .formatted(copy.disk(), newest.seqno());
            }
        }
        Map<LvmId, PoolDisk> present = new LinkedHashMap<>();
        for (PhysicalVolume pv : newest.physicalVolumes()) {
            PoolDisk disk = disks.get(pv.id());
            if (disk != null && isClear(disk, pv, newest)) {
                present.put(pv.id(), disk);
            }
        }
        return new PoolGroup(newest, present, conflict);
    }

    /** Data over the label or the metadata would be the end of these. */
    private boolean isClear(PoolDisk disk, PhysicalVolume pv, VolumeGroup group) {
        long endSector = pv.dataSectors() + pv.extentCount() * group.extentSectors();
        boolean clear = disk.isClear(pv.dataSectors(), endSector);
        if (!clear) {
            warnings.add("%s is left out of group %s: its extents would lie over its metadata"
                    .formatted(disk, group.name()));
        } else if (endSector > disk.sectors()) {
            warnings.add("%s has %d sectors, and group %s counts on %d"
                    .formatted(disk, disk.sectors(), group.name(), endSector));
        }
        return clear;
    }

    /** What was found and could not be used, or is not as it should be; sentences. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** In the order of the media. */
    public List<PoolDisk> disks() {
        return List.copyOf(disks.values());
    }

    /** By name. */
    public List<PoolGroup> groups() {
        return groups.values().stream()
                .sorted(Comparator.comparing(PoolGroup::name))
                .toList();
    }

    /** Physical volumes that no group counts on. */
    public List<PoolDisk> orphans() {
        return disks.values().stream()
                .filter(disk -> claimantOf(disk).isEmpty())
                .toList();
    }

    /** The group that a disk is in. */
    public Optional<PoolGroup> groupOf(PoolDisk disk) {
        return groups.values().stream()
                .filter(group -> group.present().containsKey(disk.id()))
                .findFirst();
    }

    /** The group that a disk is in, or else one that counts on it and may not have it. */
    Optional<PoolGroup> claimantOf(PoolDisk disk) {
        return groupOf(disk)
                .or(() -> groups.values().stream()
                        .filter(group -> group.group().physicalVolume(disk.id()).isPresent())
                        .findFirst());
    }

    /** The group that a disk tells of, which goes on without it. */
    Optional<PoolGroup> oldGroupOf(PoolDisk disk) {
        return Optional.ofNullable(outdated.get(disk.id())).map(groups::get);
    }

    /** The physical volume with that UUID. */
    Optional<PoolDisk> disk(LvmId id) {
        return Optional.ofNullable(disks.get(id));
    }

    /** The disk on that medium. */
    public Optional<PoolDisk> diskAt(String name) {
        return disks.values().stream().filter(disk -> disk.name().equals(name)).findFirst();
    }

    /**
     * The group of that name.
     *
     * @throws EtherbayException NOT_FOUND naming those that there are; CONFLICT for several
     */
    public PoolGroup need(String name) {
        List<PoolGroup> found =
                groups().stream().filter(group -> group.name().equals(name)).toList();
        if (found.size() > 1) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "several groups are called " + name,
                    "their UUIDs are "
                            + String.join(
                                    " and ",
                                    found.stream()
                                            .map(group -> group.group().id().toString())
                                            .toList()),
                    "name the disks of one of them with --device");
        }
        if (found.isEmpty()) {
            throw missing(name);
        }
        return found.getFirst();
    }

    private EtherbayException missing(String name) {
        List<String> known = groups().stream().map(PoolGroup::name).toList();
        String looked = media.isEmpty()
                ? "no disk was looked at"
                : "looked at " + media.size() + " disks"
                        + (media.size() > 5
                                ? ""
                                : ": "
                                        + String.join(
                                                ", ",
                                                media.stream().map(Medium::name).toList()));
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "there is no volume group " + EtherbayException.shown(name),
                looked
                        + (known.isEmpty()
                                ? "; none has a group"
                                : "; they have " + String.join(", ", known)),
                "name the disks that it lies on with --device; `etherbay vg list` shows what there"
                        + " is");
    }

    /**
     * Versions of a group that still stand in the rings of its disks, the newest first. A text that
     * was staged and never came to be may still stand in the ring of a disk that took no part in
     * the next version. What was in force stood in every area of its disks before.
     */
    public List<VolumeGroup> history(PoolGroup group) {
        Map<Long, Map<String, Integer>> found = new TreeMap<>(Comparator.reverseOrder());
        Map<String, Optional<VolumeGroup>> parsed = new HashMap<>();
        List<PoolDisk> ordered = new ArrayList<>(disks.values());
        ordered.sort(Comparator.comparing(disk -> !group.present().containsKey(disk.id())));
        for (PoolDisk disk : ordered) {
            for (MetadataArea area : disk.areas()) {
                for (String text : history(area)) {
                    parsed.computeIfAbsent(text, _ -> parsed(text, disk))
                            .filter(old -> old.id().equals(group.group().id()))
                            .filter(old -> old.seqno() < group.group().seqno())
                            .ifPresent(old -> found.computeIfAbsent(
                                            old.seqno(), _ -> new LinkedHashMap<>())
                                    .merge(text, 1, Integer::sum));
                }
            }
        }
        List<VolumeGroup> versions = new ArrayList<>(List.of(group.group()));
        found.values()
                .forEach(counts -> counts.keySet().stream()
                        .flatMap(text -> parsed.get(text).stream())
                        .max(Comparator.comparingDouble(
                                old -> (double) counts.get(old.text()) / areaCount(old)))
                        .ifPresent(versions::add));
        return List.copyOf(versions);
    }

    /** Areas of its disks that are there. */
    private long areaCount(VolumeGroup version) {
        return Math.max(
                1,
                version.physicalVolumes().stream()
                        .flatMap(pv -> disk(pv.id()).stream())
                        .mapToInt(disk -> disk.areas().size())
                        .sum());
    }

    private static List<String> history(MetadataArea area) {
        try {
            return area.history();
        } catch (EtherbayException unusable) {
            return List.of();
        }
    }

    private static Optional<VolumeGroup> parsed(String text, PoolDisk disk) {
        try {
            return Optional.of(VolumeGroup.parse(text, disk.name()));
        } catch (EtherbayException overwritten) {
            return Optional.empty();
        }
    }

    /**
     * Puts another version of a group in force, on all of its disks that are there: first the text
     * everywhere, then its place. Whatever the moment of a power cut, the next one to open the pool
     * finds the former version or this one, whole.
     *
     * @param before empty for a new group
     * @return what did not go well though the change is in force: copies that stay old
     * @throws EtherbayException when the former version stays in force
     */
    List<String> commit(Optional<PoolGroup> before, VolumeGroup after) {
        List<PoolDisk> members = after.physicalVolumes().stream()
                .filter(pv -> !pv.markedMissing())
                .map(pv -> disks.get(pv.id()))
                .filter(Objects::nonNull)
                .toList();
        List<String> notes =
                new ArrayList<>(GroupCommit.of(members, after.text()).run());
        for (PoolDisk disk : members) {
            if (!disk.label().isUsed()) {
                noteFailure(notes, () -> disk.label().used(true).write(disk.medium()));
            }
        }
        List<PoolDisk> left = before.stream()
                .flatMap(former -> former.present().values().stream())
                .filter(disk -> after.physicalVolume(disk.id()).isEmpty())
                .toList();
        noteFailure(notes, () -> release(left));
        return notes;
    }

    /** The change is in force already: what fails behind it is no reason to say otherwise. */
    static void noteFailure(List<String> notes, Runnable write) {
        try {
            write.run();
        } catch (EtherbayException failed) {
            notes.add(failed.getMessage() + ": " + failed.why());
        }
    }

    /**
     * Makes disks ones that are in no group, durable. Their metadata goes last, and of that the
     * version in force: after a power cut it still tells which group they belonged to, so that this
     * can be done again.
     */
    static void release(Collection<PoolDisk> left) {
        left.forEach(disk -> disk.label().used(false).write(disk.medium()));
        Map<MetadataArea, Long> seqnos = new LinkedHashMap<>();
        for (PoolDisk disk : left) {
            disk.areas().forEach(area -> seqnos.put(area, seqno(area, disk)));
        }
        seqnos.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .forEach(entry -> entry.getKey().format());
    }

    private static long seqno(MetadataArea area, PoolDisk disk) {
        try {
            return area.read()
                    .flatMap(text -> parsed(text, disk))
                    .map(VolumeGroup::seqno)
                    .orElse(0L);
        } catch (EtherbayException damaged) {
            return 0;
        }
    }

    @Override
    public void close() {
        media.forEach(Medium::close);
    }
}
