// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What a person does with a pool: each method checks all that it needs, makes the next version of a
 * group, and has it written. One that throws has changed nothing. Whoever calls holds the lock of
 * the group ({@code pv} verbs: that of all orphans) since before the pool was opened. A pool is
 * opened anew after a change.
 */
public final class PoolChanges {
    /** Sectors of an extent where nobody says otherwise: 4 MiB, as lvm2 has it. */
    public static final long EXTENT_SECTORS_DEFAULT = 8192;

    /** What stands in the first sectors of a disk in use: labels, tables, file systems. */
    private static final int HEAD_BYTES = 4096;

    private final Pool pool;
    private final GroupChange.Author author;
    private final LongSupplier random;
    private final List<String> notes = new ArrayList<>();

    /**
     * @param host of whoever changes it, as the metadata tells
     * @param nowS seconds since 1970
     * @param command as it was typed
     */
    public PoolChanges(Pool pool, String host, long nowS, String command, LongSupplier random) {
        this.pool = pool;
        author = new GroupChange.Author(host, nowS, command);
        this.random = random;
    }

    /** What was done with reservations: sentences, for people. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    private void commit(Optional<PoolGroup> before, VolumeGroup after) {
        notes.addAll(pool.commit(before, after));
    }

    /**
     * Makes a medium a physical volume.
     *
     * @param overwrite although something stands in its first sectors
     * @param force although it belongs to a group, or its label is damaged
     * @return its UUID
     */
    public static LvmId createDisk(
            Medium medium, Pool pool, boolean overwrite, boolean force, LongSupplier random) {
        if (medium.bytes() < PvLabel.DEVICE_BYTES_MIN) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    medium.name() + " is too small for a physical volume",
                    "it has %d bytes, and metadata with one extent need %d"
                            .formatted(medium.bytes(), PvLabel.DEVICE_BYTES_MIN),
                    "give it more: truncate -s 10G " + medium.name());
        }
        Optional<PoolDisk> present = pool.diskAt(medium.name());
        if (!force) {
            present.ifPresent(disk -> FreeDisks.checkFree(pool, disk, "made anew"));
            if (present.isEmpty() && PvLabel.find(medium).isPresent()) {
                throw PvLabel.damaged(medium, "it has one that cannot be used");
            }
        }
        byte[] head = new byte[HEAD_BYTES];
        medium.read(0, head);
        if (!overwrite && !isZero(head)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    medium.name() + " is not empty",
                    present.isPresent()
                            ? "it is a physical volume already"
                            : "something stands in its first sectors: a table, a file system",
                    "see what it is: blkid -p " + medium.name() + "; if nothing on it is needed,"
                            + " add --yes");
        }
        PvLabel label = PvLabel.create(LvmId.random(random), medium.bytes());
        medium.write(0, new byte[HEAD_BYTES]);
        medium.sync();
        PoolDisk.of(medium, label).areas().forEach(MetadataArea::format);
        label.write(medium);
        return label.id();
    }

    private static boolean isZero(byte[] bytes) {
        for (byte octet : bytes) {
            if (octet != 0) {
                return false;
            }
        }
        return true;
    }

    /** Makes a physical volume a disk without a label. */
    public void removeDisk(PoolDisk disk, boolean force) {
        if (!force) {
            FreeDisks.checkFree(pool, disk, "removed");
        }
        disk.medium()
                .write(
                        (long) disk.label().sector() * PvLabel.SECTOR_BYTES,
                        new byte[PvLabel.SECTOR_BYTES]);
        disk.medium().sync();
    }

    /** Takes up what a medium has grown by. @return extents added; in no group, none */
    public long extendDisk(PoolDisk disk) {
        Optional<PoolGroup> found = pool.groupOf(disk);
        long added = 0;
        if (found.isPresent()) {
            PoolGroup in = found.get();
            in.checkWhole();
            VolumeGroup group = in.group();
            PhysicalVolume pv = group.physicalVolume(disk.id()).orElseThrow();
            long room = disk.dataEndSectors() - pv.dataSectors();
            added = room / group.extentSectors() - pv.extentCount();
            if (added < 0) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        disk + " is smaller than it was",
                        "its group counts on %d extents, and %d fit"
                                .formatted(pv.extentCount(), pv.extentCount() + added),
                        "give it its size back before anything is written beyond its end");
            }
            if (added > 0 || pv.deviceSectors() != disk.sectors()) {
                commit(
                        found,
                        GroupChange.withDiskSized(
                                group, pv, disk.sectors(), pv.extentCount() + added, author));
            }
        }
        PvLabel label = disk.label().withDeviceBytes(disk.medium().bytes());
        if (found.isPresent()) {
            // The group tells the size; the label repeats it.
            Pool.noteFailure(notes, () -> label.used(true).write(disk.medium()));
        } else {
            label.write(disk.medium());
        }
        return added;
    }

    /**
     * Whether a group can have that name: for whoever does something before it makes the group.
     *
     * @throws EtherbayException INVALID, CONFLICT
     */
    public static void checkNewGroup(Pool pool, String name) {
        Names.checkGroup(name);
        if (pool.groups().stream().anyMatch(group -> group.name().equals(name))) {
            throw exists("group " + name, "etherbay vg extend " + name + " DEVICE adds to it");
        }
    }

    /**
     * Makes a group of disks that are in none.
     *
     * @param extentSectors a power of two, at least 2
     * @param policy contiguous or normal
     */
    public void createGroup(String name, List<PoolDisk> disks, long extentSectors, String policy) {
        checkNewGroup(pool, name);
        checkExtent(extentSectors);
        if (disks.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "group " + name + " would have no disk",
                    "a group has at least one",
                    "name the disks that it is to be made of");
        }
        FreeDisks.checkOnce(disks);
        List<PhysicalVolume> pvs = new ArrayList<>();
        for (PoolDisk disk : disks) {
            pvs.add(FreeDisks.joining(pool, disk, "pv" + pvs.size(), extentSectors));
        }
        String kept = GroupChange.policy(policy);
        commit(
                Optional.empty(),
                GroupChange.create(
                        name,
                        LvmId.random(random),
                        extentSectors,
                        kept.equals("inherit") ? "normal" : kept,
                        pvs,
                        author));
    }

    /** @throws EtherbayException INVALID for a size that extents cannot have */
    public static void checkExtent(long sectors) {
        if (Long.bitCount(sectors) != 1 || sectors < 2 || sectors > 1L << 25) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "extents of " + sectors * PvLabel.SECTOR_BYTES + " bytes cannot be",
                    "they have a power of two of bytes, from 1 KiB to 16 GiB",
                    "choose another size: --extent-size 4M");
        }
    }

    private static EtherbayException exists(String what, String correction) {
        return new EtherbayException(
                ErrorCode.CONFLICT, what + " is there already", "names are unique", correction);
    }

    public void extendGroup(PoolGroup in, List<PoolDisk> disks) {
        in.checkWhole();
        GroupLimits.checkMoreDisks(in.group(), disks.size());
        FreeDisks.checkOnce(disks);
        List<PhysicalVolume> added = new ArrayList<>();
        for (PoolDisk disk : disks) {
            String key = GroupChange.freeKey(in.group(), added.size());
            added.add(FreeDisks.joining(pool, disk, key, in.group().extentSectors()));
        }
        commit(Optional.of(in), GroupChange.withDisks(in.group(), added, author));
    }

    /** Takes disks out of which nothing is in use; and those that went without being told. */
    public void reduceGroup(PoolGroup in, List<PoolDisk> disks) {
        in.checkWhole();
        VolumeGroup after = in.group();
        List<PoolDisk> gone = disks.stream().filter(disk -> isGone(in, disk)).toList();
        for (PoolDisk disk : disks) {
            if (!gone.contains(disk)) {
                PhysicalVolume pv = after.physicalVolume(disk.id())
                        .orElseThrow(() -> new EtherbayException(
                                ErrorCode.NOT_FOUND,
                                disk + " is not in group " + in.name(),
                                "its disks are " + in.present().values(),
                                "see `etherbay pv list`"));
                checkNotLast(after);
                after = GroupChange.withoutDisk(after, pv, author);
            }
        }
        Pool.release(gone);
        if (after.seqno() != in.group().seqno()) {
            commit(Optional.of(in), withSeqnoAfter(in, after));
        }
    }

    /** Whether the group goes on without the disk, which does not know of it. */
    private boolean isGone(PoolGroup in, PoolDisk disk) {
        return pool.oldGroupOf(disk)
                .filter(group -> group.group().id().equals(in.group().id()))
                .isPresent();
    }

    private static void checkNotLast(VolumeGroup group) {
        if (group.physicalVolumes().size() == 1) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "group " + group.name() + " would have no disk left",
                    "a group has at least one",
                    "remove the group: etherbay vg remove " + group.name());
        }
    }

    /** Several steps count as one. */
    private VolumeGroup withSeqnoAfter(PoolGroup in, VolumeGroup after) {
        return after.seqno() == in.group().seqno() + 1
                ? after
                : GroupChange.restored(after, in.group().seqno(), author);
    }

    /**
     * Gives up disks that are missing.
     *
     * @param withVolumes also those on which volumes lie, and these volumes with them
     * @return names of the volumes that are gone
     */
    public List<String> removeMissing(PoolGroup in, boolean withVolumes) {
        in.checkChangeable();
        VolumeGroup after = in.group();
        List<String> lost = after.logicalVolumes().stream()
                .filter(lv -> !in.isWhole(lv))
                .map(LogicalVolume::name)
                .toList();
        if (!lost.isEmpty() && !withVolumes) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the missing disks of group " + in.name() + " hold volumes",
                    "what is on " + String.join(", ", lost) + " would be lost",
                    "bring the disks back: " + in.missingNames()
                            + "; or give up these volumes with them: add --force");
        }
        for (String name : lost) {
            after = GroupChange.withoutVolume(after, name, author);
        }
        for (PhysicalVolume pv : in.missing()) {
            checkNotLast(after);
            after = GroupChange.withoutDisk(
                    after, after.physicalVolume(pv.id()).orElseThrow(), author);
        }
        if (after.seqno() != in.group().seqno()) {
            commit(Optional.of(in), withSeqnoAfter(in, after));
        }
        return lost;
    }

    public void renameGroup(PoolGroup in, String name) {
        Names.checkGroup(name);
        in.checkWhole();
        if (pool.groups().stream().anyMatch(group -> group.name().equals(name))) {
            throw exists("group " + name, "choose another name");
        }
        in.group().visibleVolumes().forEach(lv -> Names.checkTogether(name, lv.name()));
        commit(Optional.of(in), GroupChange.renamed(in.group(), name, author));
    }

    /**
     * Its disks are in no group afterwards.
     *
     * @param force although it has volumes
     */
    public void removeGroup(PoolGroup in, boolean force) {
        in.checkWhole();
        if (!force && !in.group().logicalVolumes().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "group " + in.name() + " cannot be removed",
                    "it has volumes: "
                            + String.join(
                                    ", ",
                                    in.group().visibleVolumes().stream()
                                            .map(LogicalVolume::name)
                                            .toList()),
                    "remove them first: etherbay lv remove " + in.name()
                            + " NAME; or all at once: add --force");
        }
        // Those that it goes on without would bring it back, as it was with them.
        List<PoolDisk> left = new ArrayList<>(in.present().values());
        pool.orphans().stream().filter(disk -> isGone(in, disk)).forEach(left::add);
        Pool.release(left);
    }

    /** Sets the tags of a group, or of one of its volumes. */
    public void tag(PoolGroup in, Optional<String> volume, List<String> tags) {
        tags.forEach(Names::checkTag);
        in.checkWhole();
        volume.ifPresent(in.group()::need);
        commit(Optional.of(in), GroupChange.withTags(in.group(), volume, tags, author));
    }

    /** Puts an old version in force again, as a new one. */
    public void restoreGroup(PoolGroup in, VolumeGroup old) {
        in.checkChangeable();
        if (!old.name().equals(in.name())) {
            checkNewGroup(pool, old.name());
        }
        for (PhysicalVolume pv : old.physicalVolumes()) {
            Optional<PoolDisk> disk = pool.disk(pv.id());
            boolean elsewhere = disk.flatMap(pool::groupOf)
                    .filter(group -> !group.group().id().equals(in.group().id()))
                    .isPresent();
            // Marked as in a group, and nothing here tells in which: that may be on another disk.
            boolean unknown = disk.filter(found -> found.label().isUsed())
                    .filter(_ -> in.group().physicalVolume(pv.id()).isEmpty())
                    .filter(found -> pool.oldGroupOf(found).isEmpty())
                    .isPresent();
            if (disk.isEmpty() || elsewhere || unknown) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "version %d of group %s cannot be put in force"
                                .formatted(old.seqno(), in.name()),
                        "its disk " + pv.id() + " (was "
                                + EtherbayException.shown(pv.deviceHint()) + ") is "
                                + (disk.isEmpty() ? "missing" : "in another group now"),
                        "name the disk with --device, or choose another version");
            }
        }
        commit(Optional.of(in), GroupChange.restored(old, in.group().seqno(), author));
    }

    /** @return the volume as it is now in the group */
    public LogicalVolume createVolume(PoolGroup in, String name, VolumeRequest request) {
        Names.checkVolume(in.name(), name);
        in.checkWhole();
        VolumeGroup group = in.group();
        if (group.find(name).isPresent()) {
            throw exists("volume " + in.name() + "/" + name, "choose another name");
        }
        GroupLimits.checkOneMoreVolume(group);
        checkStripes(request, group);
        Allocation room = room(in, request.disks());
        VolumeSize size = request.size();
        long wanted = size.sign() == '-' ? 0 : size.extents(group, room.freeExtents());
        List<Segment.Striped> segments = room.find(
                List.of(),
                rounds(wanted, request.stripeCount(), size),
                request.stripeCount(),
                request.stripeSectors(),
                inForce(request.policy(), group));
        LogicalVolume lv = new LogicalVolume(
                name,
                LvmId.random(random),
                List.of("READ", "WRITE", "VISIBLE"),
                request.tags(),
                request.policy().equals("inherit")
                        ? Optional.empty()
                        : Optional.of(request.policy()),
                author.nowS(),
                author.host(),
                GroupChange.merged(List.copyOf(segments)));
        commit(Optional.of(in), GroupChange.withVolume(group, lv, author));
        return lv;
    }

    /** A stripe that is larger than an extent would leave stripes that are not whole. */
    private static void checkStripes(VolumeRequest request, VolumeGroup group) {
        if (request.stripeCount() > 1 && request.stripeSectors() > group.extentSectors()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "stripes of " + request.stripeSectors() * PvLabel.SECTOR_BYTES
                            + " bytes cannot be in group " + group.name(),
                    "its extents have %d bytes, and a stripe lies in one"
                            .formatted(group.extentSectors() * PvLabel.SECTOR_BYTES),
                    "choose smaller ones: --stripe-size 64K");
        }
    }

    /**
     * Zeroes the beginning of a volume, where a file system or a table of whoever had its extents
     * before would be taken for its own; durable.
     *
     * @param in its group, before or after it was made
     */
    public static void zeroHead(PoolGroup in, LogicalVolume lv) {
        ExtentMap map = ExtentMap.of(in, lv);
        Set<Medium> written = new HashSet<>();
        long sectors = Math.min(HEAD_BYTES / PvLabel.SECTOR_BYTES, map.sectors());
        for (long sector = 0; sector < sectors; sector++) {
            ExtentMap.Run run = map.runAt(sector);
            long off = sector - run.firstSector();
            LvmId pv = map.pvs().get(run.disk(run.stripeAt(off)));
            Medium medium = in.present().get(pv).medium();
            long at = run.diskSector(off);
            medium.write(at * PvLabel.SECTOR_BYTES, new byte[PvLabel.SECTOR_BYTES]);
            written.add(medium);
        }
        written.forEach(Medium::sync);
    }

    private static String inForce(String policy, VolumeGroup group) {
        return policy.equals("inherit") ? group.allocation() : policy;
    }

    private Allocation room(PoolGroup in, List<String> names) {
        List<String> keys = new ArrayList<>();
        for (String name : names) {
            PoolDisk disk = pool.diskAt(name)
                    .filter(found -> in.group().physicalVolume(found.id()).isPresent())
                    .orElseThrow(() -> new EtherbayException(
                            ErrorCode.NOT_FOUND,
                            EtherbayException.shown(name) + " is not in group " + in.name(),
                            "its disks are " + in.present().values(),
                            "name one of these, or none"));
            keys.add(in.group().physicalVolume(disk.id()).orElseThrow().key());
        }
        return new Allocation(in.group(), pv -> !in.isMissing(pv), keys);
    }

    /** Whole rounds of the stripes; of a part of what there is, no more than that. */
    private static long rounds(long extents, int stripeCount, VolumeSize size) {
        long more = size.isPart() ? 0 : stripeCount - 1L;
        long rounded = (extents + more) / stripeCount * stripeCount;
        if (rounded <= 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a volume of no size cannot be",
                    "it has at least one extent, and there may be none left",
                    "ask for more: --size 10G");
        }
        return rounded;
    }

    /** Larger by a size with a plus, or up to one without. @return the volume as it is now */
    public LogicalVolume extendVolume(PoolGroup in, String name, VolumeRequest request) {
        in.checkWhole();
        VolumeGroup group = in.group();
        GroupChange.checkMine(group, name, "resized", author);
        LogicalVolume lv = group.need(name);
        Segment.Striped last = (Segment.Striped) lv.segments().getLast();
        Allocation room = room(in, request.disks());
        long asked = request.size().extents(group, room.freeExtents());
        boolean adds = request.size().sign() == '+'
                || request.size().kind() == VolumeSize.Kind.PERCENT_FREE;
        long added = adds ? asked : asked - lv.extentCount();
        if (request.size().sign() == '-' || added <= 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "volume " + in.name() + "/" + name + " would not grow",
                    "it has " + lv.extentCount() + " extents",
                    "name a larger size, or what to add: --size +10G");
        }
        String policy = request.policy().equals("inherit")
                ? lv.allocation().orElse(group.allocation())
                : request.policy();
        List<Segment> segments = new ArrayList<>(lv.segments());
        segments.addAll(room.find(
                lv.segments(),
                rounds(added, last.areas().size(), request.size()),
                last.areas().size(),
                last.stripeSectors(),
                policy));
        VolumeGroup after = GroupChange.withSegments(group, name, segments, author);
        commit(Optional.of(in), after);
        return after.need(name);
    }

    /** Smaller by a size with a minus, or down to one without. @return the volume as it is now */
    public LogicalVolume reduceVolume(PoolGroup in, String name, VolumeSize size) {
        in.checkWhole();
        VolumeGroup group = in.group();
        GroupChange.checkMine(group, name, "resized", author);
        LogicalVolume lv = group.need(name);
        long asked = size.extents(group, group.freeExtents());
        long left = size.sign() == '-' ? lv.extentCount() - asked : asked;
        List<Segment> kept = GroupChange.cut(lv, left);
        long keptCount = kept.isEmpty() ? 0 : kept.getLast().end();
        if (size.sign() == '+' || keptCount == 0 || keptCount >= lv.extentCount()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "volume " + in.name() + "/" + name + " would not become smaller",
                    "it has %d extents, and would have %d"
                            .formatted(lv.extentCount(), Math.max(left, keptCount)),
                    "name a smaller size, or what to take: --size -1G");
        }
        VolumeGroup after = GroupChange.withSegments(group, name, kept, author);
        commit(Optional.of(in), after);
        return after.need(name);
    }

    public void renameVolume(PoolGroup in, String name, String next) {
        Names.checkVolume(in.name(), next);
        in.checkWhole();
        if (in.group().find(next).isPresent()) {
            throw exists("volume " + in.name() + "/" + next, "choose another name");
        }
        commit(Optional.of(in), GroupChange.withVolumeNamed(in.group(), name, next, author));
    }

    public void removeVolume(PoolGroup in, String name) {
        in.checkWhole();
        in.group().need(name);
        commit(Optional.of(in), GroupChange.withoutVolume(in.group(), name, author));
    }
}
