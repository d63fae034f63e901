// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolGroup;
import etherbay.volume.Segment;
import etherbay.volume.VolumeGroup;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code etherbay vg restore}: an old version of a group's metadata is put in force again. */
@Command(
        name = "restore",
        description = "Put an old version of a group in force again, as a new one.",
        mixinStandardHelpOptions = true)
final class VgRestoreCommand extends VolumeVerb.Losing {
    @Parameters(index = "0", paramLabel = "VG", description = "the group, by its present name")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Option(
            names = "--version",
            required = true,
            paramLabel = "N",
            description = "which one: `etherbay vg history VG` lists them")
    private long version;

    @Override
    public void run() {
        VolumeStore store = store(List.of());
        String formerName;
        try (Pool pool = store.look()) {
            formerName = version(pool, pool.need(name)).name();
        }
        changeDisks(store, List.of(name, formerName), session -> {
            PoolGroup group = session.group(name);
            VolumeGroup old = version(session.pool(), group);
            List<LogicalVolume> changed = group.group().logicalVolumes().stream()
                    .filter(lv -> !isSame(group.group(), lv, old))
                    .toList();
            requireYes(
                    "group %s would be as it was in version %d".formatted(name, version),
                    lost(changed));
            // Under another name of the group no export finds its volumes either.
            List<LogicalVolume> concerned =
                    old.name().equals(name) ? changed : group.group().logicalVolumes();
            concerned.forEach(lv -> session.requireUnused(group, lv));
            session.changes().restoreGroup(group, old);
            return old;
        });
        say("volume group \"%s\" restored from version %d".formatted(formerName, version));
    }

    private VolumeGroup version(Pool pool, PoolGroup group) {
        return VgHistoryCommand.need(pool.history(group), name, version);
    }

    /** Whether a volume lies where it lay, under the name that it had. */
    private static boolean isSame(VolumeGroup now, LogicalVolume lv, VolumeGroup old) {
        Optional<LogicalVolume> before = old.logicalVolumes().stream()
                .filter(each -> each.id().equals(lv.id()))
                .findFirst();
        return before.filter(each ->
                        each.name().equals(lv.name()) && layout(old, each).equals(layout(now, lv)))
                .isPresent();
    }

    /** By the UUIDs of the disks: the keys of a group may have gone to others meanwhile. */
    private static List<String> layout(VolumeGroup group, LogicalVolume lv) {
        List<String> layout = new ArrayList<>();
        for (Segment segment : lv.segments()) {
            layout.add(segment.type() + " " + segment.firstExtent() + " " + segment.extentCount());
            if (segment instanceof Segment.Striped striped) {
                layout.add("stripes of " + striped.stripeSectors());
            }
            for (Segment.Area area : segment.areas()) {
                group.physicalVolumes().stream()
                        .filter(pv -> pv.key().equals(area.pv()))
                        .map(pv -> pv.id() + ":" + area.firstExtent() + "+" + area.extentCount())
                        .forEach(layout::add);
            }
        }
        return layout;
    }

    private static String lost(List<LogicalVolume> changed) {
        return changed.isEmpty()
                ? "no volume that is there now changes by it, but what was done since is undone"
                : "these volumes are gone, renamed or laid out otherwise by it: "
                        + changed.stream()
                                .map(LogicalVolume::name)
                                .collect(Collectors.joining(", "));
    }
}
