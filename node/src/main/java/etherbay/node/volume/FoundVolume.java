// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.FileLock;
import etherbay.node.BackingName;
import etherbay.volume.ExtentMap;
import etherbay.volume.LogicalVolume;
import etherbay.volume.LvmId;
import etherbay.volume.Pool;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeGroup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A volume that can be served, as its group's metadata tells at one moment.
 *
 * @param name {@code VG/LV}
 * @param group UUID of its group
 * @param writable whether its metadata lets it be written
 * @param disks what holds each disk that the map names, in its order
 * @param members what holds each disk of the group that is there: where changes of it show
 */
public record FoundVolume(
        String name,
        LvmId group,
        LvmId id,
        ExtentMap map,
        boolean writable,
        List<BackingName> disks,
        List<BackingName> members) {
    public FoundVolume {
        disks = List.copyOf(disks);
        members = List.copyOf(members);
    }

    /** Tells it from other volumes for good. */
    public String identity() {
        return "lvm " + group + " " + id;
    }

    /**
     * The volume of that name; empty when there is no such group. Blocks.
     *
     * @throws EtherbayException NOT_FOUND for a group that has no such volume, and what {@link
     *     ExtentMap#of} throws
     */
    public static Optional<FoundVolume> byName(VolumePlaces places, String group, String volume) {
        if (!VolumeGroup.isName(group)) {
            return Optional.empty();
        }
        try (Pool pool = places.open(false)) {
            Optional<FoundVolume> found = in(pool, group, volume);
            if (found.isPresent() || pool.warnings().isEmpty()) {
                return found;
            }
        }
        // What could not be used may have been half of a change.
        try (FileLock _ = VolumeLocks.ofThisUser().group(group);
                Pool pool = places.open(false)) {
            return in(pool, group, volume);
        }
    }

    private static Optional<FoundVolume> in(Pool pool, String group, String volume) {
        if (pool.groups().stream().noneMatch(found -> found.name().equals(group))) {
            return Optional.empty();
        }
        PoolGroup in = pool.need(group);
        return Optional.of(of(in, in.group().need(volume)));
    }

    /** The volume with that UUID, or that of its group and its own in one; empty for none. */
    public static Optional<FoundVolume> byUuid(VolumePlaces places, BackingName.WithUuid name) {
        String wanted = name.comparable();
        try (Pool pool = places.open(false)) {
            for (PoolGroup in : pool.groups()) {
                String group = in.group().id().letters();
                for (LogicalVolume volume : in.group().logicalVolumes()) {
                    String own = volume.id().letters();
                    if (wanted.equals(own) || wanted.equals(group + own)) {
                        return Optional.of(of(in, volume));
                    }
                }
            }
            return Optional.empty();
        }
    }

    /**
     * The same volume as it is now, on the disks that it was found on, and on others. Read while
     * nobody changes its group: half of a change would look like the end of it.
     *
     * @return empty when it is gone
     */
    public Optional<FoundVolume> again(VolumePlaces places) {
        String groupName = name.substring(0, name.indexOf('/'));
        try (FileLock _ = VolumeLocks.ofThisUser().group(groupName)) {
            return byUuid(
                    places.with(members), new BackingName.WithUuid(group.letters() + id.letters()));
        }
    }

    private static FoundVolume of(PoolGroup in, LogicalVolume volume) {
        ExtentMap map = ExtentMap.of(in, volume);
        List<BackingName> disks = new ArrayList<>();
        for (LvmId pv : map.pvs()) {
            disks.add(place(in.present().get(pv)));
        }
        List<BackingName> members =
                in.present().values().stream().map(FoundVolume::place).toList();
        String name = in.name() + "/" + volume.name();
        checkActive(name, in);
        return new FoundVolume(
                name, in.group().id(), volume.id(), map, volume.isWritable(), disks, members);
    }

    private static BackingName place(PoolDisk disk) {
        return BackingName.ofPath(disk.name());
    }

    /** A group of which device-mapper has something active is LVM2's. */
    private static void checkActive(String name, PoolGroup in) {
        DeviceMapper mapper = DeviceMapper.ofThisMachine();
        for (PoolDisk disk : in.present().values()) {
            mapper.userOf(Path.of(disk.name())).ifPresent(device -> {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "volume " + name + " cannot be served from its disks",
                        "the kernel's " + device + " is built on " + disk,
                        "let the kernel have it all: lvchange -ay " + name
                                + "; then the same command serves /dev/" + name);
            });
        }
    }
}
