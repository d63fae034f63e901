// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Some media, and the pool of those that are there, opened anew for every command as commands do.
 * Its disks are small, and so are their extents and metadata areas.
 */
final class PoolRig {
    static final long EXTENT_SECTORS = 128;
    static final int AREA_BYTES = 32 * 1024;
    static final int DATA_OFFSET_BYTES = 64 * 1024;

    /** Ninety-five extents. */
    static final long DISK_BYTES = 6 << 20;

    private final CrashMedium.Power power;
    private final Prng prng;
    private final Map<String, CrashMedium> media = new LinkedHashMap<>();
    private final Set<String> lost = new LinkedHashSet<>();
    private long nowS = 1_800_000_000;

    PoolRig(long seed) {
        this(seed, seed);
    }

    /** @param powerSeed of what a power cut leaves; the ids come from the other one */
    PoolRig(long seed, long powerSeed) {
        power = new CrashMedium.Power(powerSeed);
        prng = new Prng(seed + 1);
    }

    /** The same disks on a power of their own; whatever its seed, new ids are the same. */
    PoolRig copy(long powerSeed) {
        PoolRig copy = new PoolRig(0, powerSeed);
        media.forEach((name, medium) -> copy.media.put(name, medium.copy(copy.power)));
        copy.lost.addAll(lost);
        copy.nowS = nowS;
        return copy;
    }

    /** With physical volumes {@code d1}, {@code d2}, ... */
    static PoolRig of(int diskCount) {
        PoolRig rig = new PoolRig(1);
        for (int number = 1; number <= diskCount; number++) {
            rig.disk("d" + number);
        }
        return rig;
    }

    CrashMedium.Power power() {
        return power;
    }

    CrashMedium blank(String name, long bytes) {
        CrashMedium medium = new CrashMedium(power, name, bytes);
        media.put(name, medium);
        return medium;
    }

    CrashMedium disk(String name) {
        return disk(name, DISK_BYTES, AREA_BYTES);
    }

    /** A physical volume with that many bytes for metadata, 0 for none. */
    CrashMedium disk(String name, long bytes, int areaBytes) {
        CrashMedium medium = blank(name, bytes);
        label(medium, areaBytes, prng);
        return medium;
    }

    static void label(CrashMedium medium, int areaBytes, Prng prng) {
        PvLabel.Range area = new PvLabel.Range(PvLabel.METADATA_OFFSET_BYTES, areaBytes);
        label(medium, areaBytes == 0 ? List.of() : List.of(area), prng);
    }

    static void label(CrashMedium medium, List<PvLabel.Range> areas, Prng prng) {
        PvLabel label = new PvLabel(
                1,
                LvmId.random(prng::nextLong),
                medium.bytes(),
                List.of(new PvLabel.Range(DATA_OFFSET_BYTES, 0)),
                areas,
                2,
                0,
                List.of());
        PoolDisk.of(medium, label).areas().forEach(MetadataArea::format);
        label.write(medium);
    }

    CrashMedium medium(String name) {
        return media.get(name);
    }

    void lose(String name) {
        lost.add(name);
    }

    void bringBack(String name) {
        lost.remove(name);
    }

    boolean isLost(String name) {
        return lost.contains(name);
    }

    List<String> names() {
        return List.copyOf(media.keySet());
    }

    Pool open() {
        return Pool.open(media.values().stream()
                .filter(medium -> !lost.contains(medium.name()))
                .toList());
    }

    VolumeGroup group(String name) {
        return open().need(name).group();
    }

    LogicalVolume volume(String group, String name) {
        return group(group).need(name);
    }

    PoolChanges change(Pool pool) {
        return new PoolChanges(pool, "host", nowS++, "test", prng::nextLong);
    }

    static List<PoolDisk> disks(Pool pool, String... names) {
        return Stream.of(names)
                .map(name -> pool.diskAt(name)
                        .orElseThrow(() -> new EtherbayException(
                                ErrorCode.NOT_FOUND, name + " is no disk", "none", "none")))
                .toList();
    }

    LvmId createDisk(String name, boolean overwrite, boolean force) {
        return PoolChanges.createDisk(medium(name), open(), overwrite, force, prng::nextLong);
    }

    void removeDisk(String name, boolean force) {
        Pool pool = open();
        change(pool).removeDisk(disks(pool, name).getFirst(), force);
    }

    long extendDisk(String name) {
        Pool pool = open();
        return change(pool).extendDisk(disks(pool, name).getFirst());
    }

    List<String> createGroup(String name, String... disks) {
        Pool pool = open();
        PoolChanges changes = change(pool);
        changes.createGroup(name, disks(pool, disks), EXTENT_SECTORS, "normal");
        return changes.notes();
    }

    List<String> extendGroup(String name, String... disks) {
        Pool pool = open();
        PoolChanges changes = change(pool);
        changes.extendGroup(pool.need(name), disks(pool, disks));
        return changes.notes();
    }

    List<String> reduceGroup(String name, String... disks) {
        Pool pool = open();
        PoolChanges changes = change(pool);
        changes.reduceGroup(pool.need(name), disks(pool, disks));
        return changes.notes();
    }

    List<String> removeMissing(String name, boolean withVolumes) {
        Pool pool = open();
        return change(pool).removeMissing(pool.need(name), withVolumes);
    }

    void renameGroup(String name, String next) {
        Pool pool = open();
        change(pool).renameGroup(pool.need(name), next);
    }

    List<String> removeGroup(String name, boolean force) {
        Pool pool = open();
        PoolChanges changes = change(pool);
        changes.removeGroup(pool.need(name), force);
        return changes.notes();
    }

    List<String> tagGroup(String name, String... tags) {
        Pool pool = open();
        PoolChanges changes = change(pool);
        changes.tag(pool.need(name), Optional.empty(), List.of(tags));
        return changes.notes();
    }

    void tagVolume(String group, String name, String... tags) {
        Pool pool = open();
        change(pool).tag(pool.need(group), Optional.of(name), List.of(tags));
    }

    /** Puts the version in force again that had that number. */
    void restoreGroup(String name, long seqno) {
        Pool pool = open();
        VolumeGroup old = pool.history(pool.need(name)).stream()
                .filter(version -> version.seqno() == seqno)
                .findFirst()
                .orElseThrow();
        change(pool).restoreGroup(pool.need(name), old);
    }

    LogicalVolume create(String group, String name, long extents) {
        return create(group, name, request("" + extents));
    }

    LogicalVolume create(String group, String name, VolumeRequest request) {
        Pool pool = open();
        return change(pool).createVolume(pool.need(group), name, request);
    }

    LogicalVolume extend(String group, String name, VolumeRequest request) {
        Pool pool = open();
        return change(pool).extendVolume(pool.need(group), name, request);
    }

    LogicalVolume reduce(String group, String name, String extents) {
        Pool pool = open();
        return change(pool).reduceVolume(pool.need(group), name, VolumeSize.ofExtents(extents));
    }

    void rename(String group, String name, String next) {
        Pool pool = open();
        change(pool).renameVolume(pool.need(group), name, next);
    }

    void remove(String group, String name) {
        Pool pool = open();
        change(pool).removeVolume(pool.need(group), name);
    }

    /** Linear, of so many extents. */
    static VolumeRequest request(String extents, String... disks) {
        return striped(extents, 1, disks);
    }

    static VolumeRequest striped(String extents, int stripeCount, String... disks) {
        return new VolumeRequest(
                VolumeSize.ofExtents(extents),
                stripeCount,
                64,
                "inherit",
                List.of(),
                List.of(disks));
    }
}
