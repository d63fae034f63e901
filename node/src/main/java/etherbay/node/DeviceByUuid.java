// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Nearest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds the block device that has a UUID: a logical volume or an assembled md array by what the
 * kernel says in sysfs; a file system, swap, a btrfs disk, a leg of an array or a physical volume
 * by what {@code blkid} reads from each device that {@code /proc/partitions} lists.
 *
 * <p>Of a stack of devices that show one UUID, as the paths of a multipath disk do, the uppermost
 * is meant. A device that another one is built on is refused: to write below an array or a volume
 * group would destroy it. Legs and physical volumes that nobody holds are served: that is how a
 * mirror or a group over several nodes is made. Blocking control code.
 */
final class DeviceByUuid {
    /** Reads what is written on a device; by name, as {@code blkid -o export} prints it. */
    @FunctionalInterface
    interface Probe {
        /** Nothing for a device without a signature. */
        Map<String, String> of(Path device);
    }

    /** A device and one of the UUIDs by which it can be found. */
    private record Found(String uuid, String device, Path path, String kind) {
        String comparable() {
            return new BackingName.WithUuid(uuid).comparable();
        }

        String text() {
            return path + " (" + kind + ")";
        }
    }

    private static final String RAID_MEMBER = "linux_raid_member";
    private static final String LVM_PREFIX = "LVM-";

    /** Of a volume group or a logical volume, without dashes: lvm2's ID_LEN. */
    private static final int LVM_UUID_CHARACTERS = 32;

    private final Path sys;
    private final Path proc;
    private final Path dev;
    private final Probe probe;
    private int unreadableCount;

    /**
     * @param sys where sysfs is mounted
     * @param proc where procfs is mounted
     * @param dev where the device files are
     */
    DeviceByUuid(Path sys, Path proc, Path dev, Probe probe) {
        this.sys = sys;
        this.proc = proc;
        this.dev = dev;
        this.probe = probe;
    }

    static DeviceByUuid ofThisMachine() {
        return new DeviceByUuid(
                Path.of("/sys"), Path.of("/proc"), Path.of("/dev"), Blkid.ofThisMachine());
    }

    /**
     * The path of the only device with that UUID.
     *
     * @throws EtherbayException NOT_FOUND naming what was looked at; CONFLICT for several devices,
     *     and for one that is in use by another device
     */
    Path find(BackingName.WithUuid name) {
        String wanted = name.comparable();
        List<Found> volumes = logicalVolumes();
        List<Found> arrays = arrays();
        List<Found> known = new ArrayList<>(volumes);
        known.addAll(arrays);
        for (List<Found> some : List.of(volumes, arrays)) {
            Optional<Path> device = only(name, matches(wanted, some));
            if (device.isPresent()) {
                return device.get();
            }
        }
        refuseGroup(name, wanted, volumes);
        List<Found> signatures = signatures();
        known.addAll(signatures);
        return only(name, upperArrays(name, matches(wanted, signatures)))
                .orElseThrow(() -> notFound(name, volumes, arrays, known));
    }

    private static List<Found> matches(String wanted, List<Found> some) {
        return some.stream().filter(found -> found.comparable().equals(wanted)).toList();
    }

    /** A logical volume by its own UUID, and by that of its group with its own behind it. */
    private List<Found> logicalVolumes() {
        List<Found> volumes = new ArrayList<>();
        for (String device : Sysfs.names(sys.resolve("block"), "dm-*")) {
            Path dm = sys.resolve("block").resolve(device).resolve("dm");
            String uuid = Sysfs.line(dm.resolve("uuid"));
            // What LVM keeps below a volume has a suffix, as "-real": it is not for others.
            if (uuid.matches(LVM_PREFIX + "[0-9A-Za-z]{" + 2 * LVM_UUID_CHARACTERS + "}")) {
                Path mapped = dev.resolve("mapper").resolve(Sysfs.line(dm.resolve("name")));
                Path path = Files.exists(mapped) ? mapped : dev.resolve(device);
                String both = uuid.substring(LVM_PREFIX.length());
                String kind = "logical volume";
                volumes.add(new Found(both.substring(LVM_UUID_CHARACTERS), device, path, kind));
                volumes.add(new Found(both, device, path, kind));
            }
        }
        return volumes;
    }

    private List<Found> arrays() {
        List<Found> arrays = new ArrayList<>();
        for (String device : Sysfs.names(sys.resolve("block"), "md*")) {
            String uuid = Sysfs.line(sys.resolve("block").resolve(device).resolve("md/uuid"));
            if (!uuid.isEmpty()) {
                arrays.add(new Found(uuid, device, path(device), "md array"));
            }
        }
        return arrays;
    }

    private static void refuseGroup(BackingName.WithUuid name, String wanted, List<Found> volumes) {
        List<String> inGroup = volumes.stream()
                .filter(volume -> volume.comparable().length() == 2 * LVM_UUID_CHARACTERS)
                .filter(volume -> volume.comparable().startsWith(wanted))
                .filter(_ -> wanted.length() == LVM_UUID_CHARACTERS)
                .map(volume -> volume.path().toString())
                .toList();
        if (!inGroup.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    name + " is that of a volume group",
                    "it holds " + String.join(", ", inGroup),
                    "name one of its volumes, by path or by its own UUID: lvs -o lv_path,lv_uuid");
        }
    }

    private List<Found> signatures() {
        List<Found> signatures = new ArrayList<>();
        for (String device : Sysfs.partitions(proc)) {
            Path path = path(device);
            if (!Files.isReadable(path)) {
                unreadableCount++;
                continue;
            }
            Map<String, String> signature = probe.of(path);
            String type = signature.getOrDefault("TYPE", "unknown");
            for (String key : List.of("UUID", "UUID_SUB")) {
                String uuid = signature.getOrDefault(key, "");
                if (!uuid.isEmpty()) {
                    boolean array = key.equals("UUID") && type.equals(RAID_MEMBER);
                    String kind = array ? RAID_MEMBER : type.equals(RAID_MEMBER) ? "leg" : type;
                    signatures.add(new Found(uuid, device, path, kind));
                }
            }
        }
        return signatures;
    }

    /**
     * An array has the UUID that all its legs show. A kernel that does not tell it in sysfs still
     * tells which device is built on the legs.
     */
    private List<Found> upperArrays(BackingName.WithUuid name, List<Found> found) {
        List<Found> legs =
                found.stream().filter(one -> one.kind().equals(RAID_MEMBER)).toList();
        if (legs.isEmpty()) {
            return found;
        }
        TreeSet<String> arrays = new TreeSet<>();
        legs.forEach(leg -> arrays.addAll(holders(leg.device())));
        if (arrays.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    name + " is that of an md array that is not assembled",
                    "its legs are there: " + texts(legs),
                    "assemble it: mdadm --assemble --scan; or export one leg by its own UUID_SUB");
        }
        return arrays.stream()
                .map(array -> new Found(name.uuid(), array, path(array), "md array"))
                .toList();
    }

    /** The one of them that is meant, nothing if there is none. */
    private Optional<Path> only(BackingName.WithUuid name, List<Found> found) {
        Map<String, Found> byDevice = new LinkedHashMap<>();
        found.forEach(one -> byDevice.putIfAbsent(one.device(), one));
        List<Found> upper = byDevice.values().stream()
                .filter(one -> holders(one.device()).stream().noneMatch(byDevice::containsKey))
                .toList();
        if (upper.isEmpty()) {
            return Optional.empty();
        }
        if (upper.size() > 1) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    name + " is that of several devices",
                    "these have it: " + texts(upper),
                    "name one by its path; and give a copy a UUID of its own, as with"
                            + " tune2fs -U random");
        }
        Found device = upper.getFirst();
        SortedSet<String> holders = holders(device.device());
        if (!holders.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    device.text() + " is in use by " + String.join(", ", holders),
                    "what is written below it would destroy what it holds",
                    "export what uses it, or stop that first (mdadm --stop, vgchange -an)");
        }
        return Optional.of(device.path());
    }

    private EtherbayException notFound(
            BackingName.WithUuid name, List<Found> volumes, List<Found> arrays, List<Found> known) {
        String unread = unreadableCount == 0
                ? ""
                : "; " + unreadableCount + " of these may not be read by you";
        Map<String, Found> byUuid = new LinkedHashMap<>();
        known.forEach(one -> byUuid.putIfAbsent(one.comparable(), one));
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "no device has the " + name,
                "looked at %d logical volumes, %d md arrays and the %d devices of %s%s"
                        .formatted(
                                volumes.size() / 2,
                                arrays.size(),
                                Sysfs.partitions(proc).size(),
                                proc.resolve("partitions"),
                                unread),
                Nearest.to(name.comparable(), byUuid.keySet())
                        .map(byUuid::get)
                        .map(near -> "did you mean " + near.uuid() + " of " + near.text() + "?")
                        .orElse("see what there is: blkid; lvs -o lv_path,lv_uuid"));
    }

    private static String texts(List<Found> found) {
        return found.stream().map(Found::text).collect(Collectors.joining(", "));
    }

    /** The devices that are built on this one, whole disk or partition. */
    private SortedSet<String> holders(String device) {
        return Sysfs.names(
                sys.resolve("class/block").resolve(device.replace('/', '!')).resolve("holders"),
                "*");
    }

    private Path path(String device) {
        return Sysfs.device(dev, device);
    }
}
