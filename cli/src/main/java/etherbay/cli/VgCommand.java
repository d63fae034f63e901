// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * {@code etherbay vg}: groups of physical volumes that volumes are taken from, as LVM2 has them.
 */
@Command(
        name = "vg",
        description = "Volume groups: disks that volumes are taken from (LVM2's format).",
        mixinStandardHelpOptions = true,
        subcommands = {
            VgCommand.Create.class,
            VgCommand.Show.class,
            VgCommand.Display.class,
            VgCommand.Extend.class,
            VgReduceCommand.class,
            VgCommand.Rename.class,
            VgCommand.Remove.class,
            VgCommand.Tag.class,
            VgHistoryCommand.class,
            VgRestoreCommand.class
        })
final class VgCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }

    /** One that takes disks in, and makes those that are no physical volumes such before. */
    abstract static class Joining extends VolumeVerb.Losing {
        /**
         * Does what vgcreate and vgextend do first.
         *
         * @param check whether the rest of the command can be, before anything is written
         */
        final void createDisks(VolumeStore store, List<String> disks, Consumer<Pool> check) {
            List<String> plain;
            try (Pool pool = store.look()) {
                check.accept(pool);
                plain = disks.stream()
                        .filter(disk -> diskAt(pool, disk).isEmpty())
                        .toList();
            }
            for (String disk : plain) {
                store.createDisk(place(disk), yes(), false);
                say("physical volume \"%s\" created".formatted(disk));
            }
        }

        static List<PoolDisk> disks(VolumeStore.Session session, List<String> names) {
            return names.stream().map(name -> disk(session, name)).distinct().toList();
        }
    }

    @Command(
            name = "create",
            description = "Make a group of disks; they become physical volumes if they are none.",
            mixinStandardHelpOptions = true)
    static final class Create extends Joining {
        /** Which extents new volumes get, where they do not say it themselves. */
        enum Policy {
            NORMAL,
            CONTIGUOUS
        }

        @Parameters(index = "0", paramLabel = "VG", description = "name of the group")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "DEVICE",
                description = "its disks; --yes for one that is not empty")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> disks;

        @Option(
                names = "--extent-size",
                paramLabel = "SIZE",
                description = "what is given to volumes at a time (default 4M)")
        private String extentSize = "4M";

        @Option(
                names = "--alloc",
                paramLabel = "POLICY",
                description = "normal: wherever there is room (default); or contiguous: in one"
                        + " piece")
        private Policy policy = Policy.NORMAL;

        @Override
        public void run() {
            long extentSectors = SizeOption.sectors("--extent-size", extentSize, "M");
            PoolChanges.checkExtent(extentSectors);
            VolumeStore store = store(disks);
            createDisks(store, disks, pool -> PoolChanges.checkNewGroup(pool, name));
            changeDisks(store, List.of(name), session -> {
                session.changes()
                        .createGroup(
                                name,
                                disks(session, disks),
                                extentSectors,
                                policy.name().toLowerCase(Locale.ROOT));
                return name;
            });
            say("volume group \"%s\" created".formatted(name));
        }
    }

    /** Prints some or all of them. */
    abstract static class Report extends VolumeVerb.Report {
        @Parameters(
                arity = "0..*",
                paramLabel = "VG",
                description = "only these (default: all that are found)")
        private List<String> names = new ArrayList<>();

        final List<VgRow> rows(Pool pool) {
            return groups(pool, names).stream()
                    .map(group -> VgRow.of(group, units()))
                    .toList();
        }
    }

    @Command(
            name = "list",
            description = "Print the table that vgs prints.",
            mixinStandardHelpOptions = true)
    static final class Show extends Report {
        @Override
        public void run() {
            try (Pool pool = look(List.of())) {
                list(VgRow.REPORT, rows(pool));
            }
        }
    }

    @Command(
            name = "display",
            description = "Print what vgdisplay prints.",
            mixinStandardHelpOptions = true)
    static final class Display extends Report {
        @Override
        public void run() {
            try (Pool pool = look(List.of())) {
                display(VgRow.REPORT, rows(pool), VgRow::lines);
            }
        }
    }

    @Command(
            name = "extend",
            description = "Add disks; they become physical volumes if they are none.",
            mixinStandardHelpOptions = true)
    static final class Extend extends Joining {
        @Parameters(index = "0", paramLabel = "VG", description = "the group")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "DEVICE",
                description = "disks to add; --yes for one that is not empty")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> disks;

        @Override
        public void run() {
            VolumeStore store = store(disks);
            createDisks(store, disks, pool -> pool.need(name));
            changeDisks(store, List.of(name), session -> {
                session.changes().extendGroup(session.group(name), disks(session, disks));
                return name;
            });
            say("volume group \"%s\" extended".formatted(name));
        }
    }

    @Command(
            name = "rename",
            description = "Give a group another name; its volumes must not be in use.",
            mixinStandardHelpOptions = true)
    static final class Rename extends VolumeVerb {
        @Parameters(index = "0", paramLabel = "VG", description = "the group")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Parameters(index = "1", paramLabel = "NEW", description = "its new name")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String next;

        @Override
        public void run() {
            changeDisks(store(List.of()), List.of(name, next), session -> {
                PoolGroup group = session.group(name);
                group.group().logicalVolumes().forEach(lv -> session.requireUnused(group, lv));
                session.changes().renameGroup(group, next);
                return next;
            });
            say("volume group \"%s\" renamed to \"%s\"".formatted(name, next));
        }
    }

    @Command(
            name = "remove",
            description = "Remove a group; its disks stay physical volumes.",
            mixinStandardHelpOptions = true)
    static final class Remove extends VolumeVerb.Losing {
        @Parameters(index = "0", paramLabel = "VG", description = "the group")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Option(names = "--force", description = "although it has volumes")
        private boolean force;

        @Override
        public void run() {
            changeDisks(store(List.of()), List.of(name), session -> {
                PoolGroup group = session.group(name);
                String volumes = group.group().logicalVolumes().stream()
                        .map(LogicalVolume::name)
                        .collect(Collectors.joining(", "));
                requireYes(
                        "group " + name + " would be removed",
                        volumes.isEmpty()
                                ? "its name, its tags and its history would be lost"
                                : "what is on its volumes would be lost: " + volumes);
                group.group().logicalVolumes().forEach(lv -> session.requireUnused(group, lv));
                session.changes().removeGroup(group, force);
                return name;
            });
            say("volume group \"%s\" removed".formatted(name));
        }
    }

    @Command(
            name = "tag",
            description = "Add tags to a group, and take tags away.",
            mixinStandardHelpOptions = true)
    static final class Tag extends VolumeVerb {
        @Parameters(index = "0", paramLabel = "VG", description = "the group")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Mixin
        private TagOptions tags = new TagOptions();

        @Override
        public void run() {
            tags.check(spec());
            change(store(List.of()), name, session -> {
                PoolGroup group = session.group(name);
                session.changes()
                        .tag(group, Optional.empty(), tags.applied(group.group().tags()));
                return name;
            });
            say("volume group \"%s\" changed".formatted(name));
        }
    }
}
