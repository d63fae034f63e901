// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code etherbay vg reduce}: disks leave a group, or are given up where they are missing. */
@Command(
        name = "reduce",
        description = "Take disks out that hold nothing, or give up those that are missing.",
        mixinStandardHelpOptions = true)
final class VgReduceCommand extends VolumeVerb.Losing {
    @Parameters(index = "0", paramLabel = "VG", description = "the group")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "DEVICE", description = "its disks")
    private List<String> disks = new ArrayList<>();

    @Option(names = "--remove-missing", description = "give up the disks that are missing")
    private boolean removeMissing;

    @Option(
            names = "--force",
            description = "with --remove-missing: also the volumes that lie on them")
    private boolean force;

    @Override
    public void run() {
        if (removeMissing == !disks.isEmpty()) {
            throw new ParameterException(
                    spec().commandLine(), "Give either disks, or --remove-missing");
        }
        changeDisks(store(disks), List.of(name), session -> {
            PoolGroup group = session.group(name);
            if (removeMissing) {
                giveUp(session, group);
            } else {
                takeOut(session, group);
            }
            return name;
        });
    }

    private void takeOut(VolumeStore.Session session, PoolGroup group) {
        List<PoolDisk> leaving =
                disks.stream().map(disk -> disk(session, disk)).distinct().toList();
        session.changes().reduceGroup(group, leaving);
        leaving.forEach(
                disk -> say("removed \"%s\" from volume group \"%s\"".formatted(disk, name)));
    }

    private void giveUp(VolumeStore.Session session, PoolGroup group) {
        int missing = group.missing().size();
        if (missing == 0) {
            say("volume group \"%s\" lacks no disk".formatted(name));
            return;
        }
        List<LogicalVolume> lost = group.group().logicalVolumes().stream()
                .filter(lv -> !group.isWhole(lv))
                .toList();
        requireYes(
                "%d missing disks of group %s would be given up".formatted(missing, name),
                lost.isEmpty()
                        ? "what is on them would not be known any more if they came back"
                        : "they hold "
                                + lost.stream()
                                        .map(LogicalVolume::name)
                                        .collect(Collectors.joining(", "))
                                + ", which would be lost");
        lost.forEach(lv -> session.requireUnused(group, lv));
        session.changes()
                .removeMissing(group, force)
                .forEach(volume -> say("logical volume \"%s\" removed".formatted(volume)));
        say("removed %d missing disks from volume group \"%s\"".formatted(missing, name));
    }
}
