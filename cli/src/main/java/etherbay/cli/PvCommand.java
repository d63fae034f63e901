// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.volume.VolumeStore;
import etherbay.volume.Pool;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** {@code etherbay pv}: disks that volume groups are made of, as LVM2 has them. */
@Command(
        name = "pv",
        description = "Physical volumes: the disks that volume groups are made of (LVM2's format).",
        mixinStandardHelpOptions = true,
        subcommands = {
            PvCommand.Create.class,
            PvCommand.Show.class,
            PvCommand.Display.class,
            PvCommand.Extend.class,
            PvCommand.Remove.class
        })
final class PvCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }

    @Command(
            name = "create",
            description = "Make disks physical volumes.",
            mixinStandardHelpOptions = true)
    static final class Create extends VolumeVerb.Losing {
        @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "a disk, or a file")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> disks;

        @Option(
                names = "--force",
                description = "although it belongs to a group, or has a label that is damaged")
        private boolean force;

        @Override
        public void run() {
            for (String disk : disks) {
                store(disks).createDisk(place(disk), yes(), force);
                say("physical volume \"%s\" created".formatted(disk));
            }
        }
    }

    /** Prints some or all of them. */
    abstract static class Report extends VolumeVerb.Report {
        @Parameters(
                arity = "0..*",
                paramLabel = "DEVICE",
                description = "only these (default: all that are found)")
        private List<String> disks = new ArrayList<>();

        /** Those that were named, or all. */
        final List<PvRow> rows(Pool pool) {
            List<PvRow> all = PvRow.of(pool, units());
            if (disks.isEmpty()) {
                return all;
            }
            List<PoolDisk> wanted = disks.stream().map(name -> need(pool, name)).toList();
            return all.stream()
                    .filter(row -> row.disk().filter(wanted::contains).isPresent())
                    .toList();
        }

        final Pool look() {
            return look(disks);
        }
    }

    private static PoolDisk need(Pool pool, String name) {
        return VolumeVerb.diskAt(pool, name)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        EtherbayException.shown(name) + " is no physical volume",
                        "it has no label that can be used",
                        "make it one: etherbay pv create " + EtherbayException.shown(name)));
    }

    @Command(
            name = "list",
            description = "Print the table that pvs prints.",
            mixinStandardHelpOptions = true)
    static final class Show extends Report {
        @Override
        public void run() {
            try (Pool pool = look()) {
                List<PvRow> rows = rows(pool).stream()
                        .sorted(Comparator.comparing(PvRow::name))
                        .toList();
                list(PvRow.REPORT, rows);
            }
        }
    }

    @Command(
            name = "display",
            description = "Print what pvdisplay prints.",
            mixinStandardHelpOptions = true)
    static final class Display extends Report {
        @Override
        public void run() {
            try (Pool pool = look()) {
                display(PvRow.REPORT, rows(pool), PvRow::lines);
            }
        }
    }

    /** One disk after the other, each under the lock of the group that it is in. */
    private static void eachInGroup(
            VolumeVerb verb, List<String> disks, BiConsumer<VolumeStore.Session, PoolDisk> work) {
        VolumeStore store = verb.store(disks);
        for (String name : disks) {
            Optional<String> group;
            try (Pool pool = store.look()) {
                group = VolumeVerb.diskAt(pool, name).flatMap(pool::groupOf).map(PoolGroup::name);
            }
            verb.changeDisks(store, group.stream().toList(), session -> {
                PoolDisk disk = VolumeVerb.disk(session, name);
                if (!session.pool().groupOf(disk).map(PoolGroup::name).equals(group)) {
                    throw new EtherbayException(
                            ErrorCode.CONFLICT,
                            disk + " was put into another group, or taken out of one, just now",
                            "somebody else is at work",
                            "see `etherbay pv list`, and try again");
                }
                work.accept(session, disk);
                return disk;
            });
        }
    }

    @Command(
            name = "extend",
            description = "Take up what disks have grown by, as pvresize does.",
            mixinStandardHelpOptions = true)
    static final class Extend extends VolumeVerb {
        @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "the disk that has grown")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> disks;

        @Override
        public void run() {
            eachInGroup(this, disks, (session, disk) -> {
                long added = session.changes().extendDisk(disk);
                say("physical volume \"%s\" changed: %s"
                        .formatted(disk, added == 0 ? "no extents more" : added + " extents more"));
            });
        }
    }

    @Command(
            name = "remove",
            description = "Make physical volumes of no group plain disks.",
            mixinStandardHelpOptions = true)
    static final class Remove extends VolumeVerb.Losing {
        @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "the disk")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> disks;

        @Option(names = "--force", description = "although it belongs to a group")
        private boolean force;

        @Override
        public void run() {
            eachInGroup(this, disks, (session, disk) -> {
                Optional<PoolGroup> in = session.pool().groupOf(disk);
                requireYes(
                        disk + " would be a physical volume no more",
                        in.map(group -> "group " + group.name() + " would lack it, and all that its"
                                        + " volumes have there would be lost")
                                .orElse("its label would be gone"));
                in.ifPresent(group -> group.group()
                        .physicalVolume(disk.id())
                        .map(group.group()::volumesOn)
                        .orElse(List.of())
                        .forEach(lv -> session.requireUnused(group, lv)));
                session.changes().removeDisk(disk, force);
                say("label of physical volume \"%s\" removed".formatted(disk));
            });
        }
    }
}
