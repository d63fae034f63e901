// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.initiator.DiskAddress;
import etherbay.nbd.NbdUri;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.held.HeldSpec;
import etherbay.node.settings.ExportReader.Asked;
import etherbay.node.settings.HeldReader.AskedHeld;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Disks that two would write, or that one initiator of this machine would reach twice, as far as
 * names alone tell; what they do not tell shows when the disks are opened.
 */
final class DiskClashes {
    /** Who writes a part of a disk. */
    private record Writer(String who, boolean isExport, TableReader table, long from, long end) {}

    /** Who reaches an AoE disk. */
    private record Reach(
            String who, TableReader table, List<String> interfaces, boolean sharesIt) {}

    private final Map<Object, List<Writer>> writers = new HashMap<>();
    private final Map<DiskAddress, List<Reach>> reaches = new HashMap<>();
    private final Map<String, TableReader> served = new HashMap<>();

    void check(Asked asked) {
        ExportSpec spec = asked.spec();
        String key = asked.table().has(Keys.PATH) ? Keys.PATH : Keys.UUID;
        served.putIfAbsent(spec.name(), asked.table());
        for (Reach reach : reaches.getOrDefault(DiskAddress.parse(spec.name()), List.of())) {
            if (!reach.sharesIt()) {
                refuseOwn(asked.table(), Keys.SHELF, spec.name(), reach.table());
            }
        }
        if (spec.backing().bare() instanceof BackingName.AtAoe at) {
            checkReach(at.address(), at.interfaces(), asked.table(), key, spec.name(), true);
        }
        if (!spec.takesNoWrites()) {
            long end = spec.lengthSectors() == 0
                    ? Long.MAX_VALUE
                    : spec.offsetSectors() + spec.lengthSectors();
            Writer writer = new Writer(spec.name(), true, asked.table(), spec.offsetSectors(), end);
            checkWriter(spec.backing(), writer, key);
        }
    }

    void check(AskedHeld asked) {
        TableReader table = asked.table();
        switch (asked.spec()) {
            case HeldSpec.Disk disk ->
                checkHeldReach(disk.address(), disk.interfaces(), asked, Keys.ADDRESS);
            case HeldSpec.Mirror mirror -> {
                for (String leg : mirror.legs()) {
                    BackingName name = BackingName.ofPath(leg);
                    if (name.bare() instanceof BackingName.AtAoe at) {
                        checkHeldReach(at.address(), mirror.interfaces(), asked, Keys.LEGS);
                    } else if (!mirror.readOnly()) {
                        checkWriter(name, whole(mirror, table), Keys.LEGS);
                    }
                }
            }
            case HeldSpec.Volume volume -> {
                if (!volume.readOnly()) {
                    BackingName name = BackingName.ofPath(volume.name());
                    checkWriter(name, whole(volume, table), Keys.PATH);
                }
            }
        }
    }

    private static Writer whole(HeldSpec spec, TableReader table) {
        return new Writer("the " + spec.key(), false, table, 0, Long.MAX_VALUE);
    }

    private void checkWriter(BackingName disk, Writer writer, String key) {
        List<Writer> others = writers.computeIfAbsent(identity(disk), _ -> new ArrayList<>());
        others.stream()
                .filter(other -> other.from() < writer.end() && writer.from() < other.end())
                .findFirst()
                .ifPresent(other -> refuseSecond(disk, other, writer, key));
        others.add(writer);
    }

    private static void refuseSecond(BackingName disk, Writer other, Writer writer, String key) {
        boolean exports = other.isExport() && writer.isExport();
        writer.table()
                .problem(
                        key,
                        disk + (exports ? " is exported" : " is used") + " twice for writing",
                        Clashes.place(other.table(), writer.table())
                                + (other.isExport() ? " exports it as " : " uses it as ")
                                + other.who()
                                + (exports
                                        ? ", and initiators would overwrite each other's data"
                                        : ", and the two would overwrite each other's data"),
                        exports
                                ? "name both interfaces in one export, set read-only = true in all"
                                        + " but one, or keep them apart with offset and length"
                                : "leave out one of them, or set read-only = true in one");
    }

    private void checkHeldReach(
            DiskAddress address, List<String> interfaces, AskedHeld asked, String key) {
        TableReader own = served.get(address.toString());
        if (own != null) {
            refuseOwn(asked.table(), key, address.toString(), own);
        }
        checkReach(
                address, interfaces, asked.table(), key, "the " + asked.spec().key(), false);
    }

    private static void refuseOwn(
            TableReader table, String key, String address, TableReader other) {
        table.problem(
                key,
                address + " is served by this node itself",
                Clashes.place(other, table) + " says so, and a node is no initiator of its own",
                "name the disk behind it, or give one of the two another address");
    }

    /**
     * @param sharesIt exports reach an AoE disk together
     */
    private void checkReach(
            DiskAddress address,
            List<String> interfaces,
            TableReader table,
            String key,
            String who,
            boolean sharesIt) {
        List<Reach> others = reaches.computeIfAbsent(address, _ -> new ArrayList<>());
        others.stream()
                .filter(other -> !(sharesIt && other.sharesIt()))
                .filter(other -> other.interfaces().stream().anyMatch(interfaces::contains))
                .findFirst()
                .ifPresent(other -> table.problem(
                        key,
                        address + " is used twice by one interface",
                        Clashes.place(other.table(), table) + " uses it as " + other.who()
                                + ", and two at a time would take each other's writes for dead"
                                + " ones",
                        "leave out one of them, or reach the disk by another interface"));
        others.add(new Reach(who, table, interfaces, sharesIt));
    }

    /** Equal for names of one disk, as far as the names alone tell. */
    private static Object identity(BackingName backing) {
        return switch (backing) {
            case BackingName.AtPath(Path path) -> realPath(path);
            case BackingName.AtNbd(NbdUri uri) -> uri;
            case BackingName.AtAoe at -> at;
            case BackingName.WithUuid with -> with.comparable();
            case BackingName.Decorated(var _, BackingName bare) -> identity(bare);
        };
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException notThere) {
            return path.toAbsolutePath().normalize();
        }
    }
}
