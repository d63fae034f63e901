// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code etherbay lv}: volumes that are cut out of groups, as LVM2 has them. */
@Command(
        name = "lv",
        description = "Logical volumes: disks that are cut out of volume groups (LVM2's format).",
        mixinStandardHelpOptions = true,
        subcommands = {
            LvCreateCommand.class,
            LvCommand.Show.class,
            LvCommand.Display.class,
            LvCommand.Extend.class,
            LvCommand.Reduce.class,
            LvCommand.Rename.class,
            LvCommand.Remove.class,
            LvCommand.Tag.class
        })
final class LvCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }

    /** Which extents a volume gets. */
    enum Policy {
        INHERIT,
        NORMAL,
        CONTIGUOUS;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The media of disks of a pool, whatever of their names is used; others as they are. */
    static List<String> media(VolumeStore.Session session, List<String> names) {
        return names.stream()
                .map(name -> VolumeVerb.diskAt(session.pool(), name)
                        .map(PoolDisk::name)
                        .orElse(name))
                .toList();
    }

    /** Prints some or all of them. */
    abstract static class Report extends VolumeVerb.Report {
        @Parameters(
                arity = "0..*",
                paramLabel = "VG[/LV]",
                description =
                        "only these: groups, or VG LV, or VG/LV (default: all that are found)")
        private List<String> names = new ArrayList<>();

        @Option(
                names = {"-a", "--all"},
                description = "also volumes that are parts of others")
        private boolean all;

        final List<LvRow> rows(Pool pool) {
            List<LvRow> rows = new ArrayList<>();
            if (names.isEmpty()) {
                return LvRow.of(pool.groups(), all, units());
            }
            for (List<String> name : split(pool)) {
                PoolGroup group = pool.need(name.getFirst());
                List<LvRow> found = LvRow.of(List.of(group), all || name.size() > 1, units());
                Optional<LogicalVolume> only = name.size() > 1
                        ? Optional.of(group.group().need(name.getLast()))
                        : Optional.empty();
                found.stream()
                        .filter(row -> only.isEmpty() || row.lv().equals(only.get()))
                        .forEach(rows::add);
            }
            return rows;
        }

        /**
         * {@code VG LV} is one volume, as for the verbs that change one, unless these are groups.
         */
        private List<List<String>> split(Pool pool) {
            boolean oneVolume = names.size() == 2
                    && !String.join("", names).contains("/")
                    && !isGroupOnly(pool, names.getLast());
            return oneVolume
                    ? List.of(names)
                    : names.stream()
                            .map(name -> VolumeName.parts(List.of(name)))
                            .toList();
        }

        private boolean isGroupOnly(Pool pool, String name) {
            return pool.groups().stream().anyMatch(group -> group.name().equals(name))
                    && pool.need(names.getFirst()).group().find(name).isEmpty();
        }
    }

    @Command(
            name = "list",
            description = "Print the table that lvs prints.",
            mixinStandardHelpOptions = true)
    static final class Show extends Report {
        @Override
        public void run() {
            try (Pool pool = look(List.of())) {
                List<LvRow> rows = rows(pool).stream()
                        .sorted(Comparator.comparing((LvRow row) -> row.in().name())
                                .thenComparing(row -> row.lv().name()))
                        .toList();
                list(LvRow.REPORT, rows);
            }
        }
    }

    @Command(
            name = "display",
            description = "Print what lvdisplay prints; with --json also where the extents lie.",
            mixinStandardHelpOptions = true)
    static final class Display extends Report {
        @Override
        public void run() {
            try (Pool pool = look(List.of())) {
                List<LvRow> rows = rows(pool);
                if (json()) {
                    Map<String, Object> kinds = new LinkedHashMap<>();
                    kinds.put("lv", LvRow.REPORT.objects(rows, true));
                    kinds.put("seg", SegRow.REPORT.objects(SegRow.of(rows), true));
                    say(LvmReport.document(kinds));
                } else {
                    display(rows, LvRow::lines);
                }
            }
        }
    }

    private static String resized(PoolGroup group, LogicalVolume before, LogicalVolume after) {
        return "logical volume \"%s/%s\" resized from %s (%d extents) to %s (%d extents)"
                .formatted(
                        group.name(),
                        after.name(),
                        VolumeVerb.size(group, before),
                        before.extentCount(),
                        VolumeVerb.size(group, after),
                        after.extentCount());
    }

    @Command(
            name = "extend",
            description = "Make a volume larger, also while it is served.",
            mixinStandardHelpOptions = true)
    static final class Extend extends VolumeVerb {
        @Parameters(arity = "1..2", paramLabel = "VG/LV", description = "the volume")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> names;

        @Mixin
        private SizeOption size = new SizeOption();

        @Option(names = "--alloc", paramLabel = "POLICY", description = "as of lv create")
        private Policy policy = Policy.INHERIT;

        @Option(
                names = "--on",
                paramLabel = "DEVICE",
                split = ",",
                description = "take the new extents from these disks only")
        private List<String> disks = new ArrayList<>();

        @Override
        public void run() {
            VolumeName name = VolumeName.of(spec(), names);
            VolumeSize wanted = size.size(spec());
            change(store(disks), name.group(), session -> {
                PoolGroup group = session.group(name.group());
                LogicalVolume before = group.group().need(name.volume());
                LogicalVolume after = session.changes()
                        .extendVolume(
                                group,
                                name.volume(),
                                VolumeRequest.of(wanted)
                                        .with(policy.text(), media(session, disks)));
                say(resized(group, before, after));
                return after;
            });
        }
    }

    @Command(
            name = "reduce",
            description = "Make a volume smaller: what is behind its new end is lost.",
            mixinStandardHelpOptions = true)
    static final class Reduce extends VolumeVerb.Losing {
        @Parameters(arity = "1..2", paramLabel = "VG/LV", description = "the volume")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> names;

        @Mixin
        private SizeOption size = new SizeOption();

        @Override
        public void run() {
            VolumeName name = VolumeName.of(spec(), names);
            VolumeSize wanted = size.size(spec());
            change(store(List.of()), name.group(), session -> {
                PoolGroup group = session.group(name.group());
                LogicalVolume before = group.group().need(name.volume());
                requireYes(
                        "volume " + name + " would become smaller",
                        "what lies behind its new end would be lost; a file system on it is to be"
                                + " made smaller before");
                session.requireUnused(group, before);
                LogicalVolume after = session.changes().reduceVolume(group, name.volume(), wanted);
                say(resized(group, before, after));
                return after;
            });
        }
    }

    @Command(
            name = "rename",
            description = "Give a volume another name; it must not be in use.",
            mixinStandardHelpOptions = true)
    static final class Rename extends VolumeVerb {
        @Parameters(arity = "2..3", paramLabel = "VG/LV NEW", description = "and its new name")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> names;

        @Override
        public void run() {
            VolumeName name = VolumeName.of(spec(), names.subList(0, names.size() - 1));
            List<String> next = VolumeName.parts(List.of(names.getLast()));
            if (next.size() > 1 && !next.getFirst().equals(name.group())) {
                throw new ParameterException(
                        spec().commandLine(), "A volume stays in its group: " + name.group());
            }
            change(store(List.of()), name.group(), session -> {
                PoolGroup group = session.group(name.group());
                session.requireUnused(group, group.group().need(name.volume()));
                session.changes().renameVolume(group, name.volume(), next.getLast());
                return name;
            });
            say("logical volume \"%s\" renamed to \"%s\"".formatted(name, next.getLast()));
        }
    }

    @Command(
            name = "remove",
            description = "Remove a volume: what is on it is lost.",
            mixinStandardHelpOptions = true)
    static final class Remove extends VolumeVerb.Losing {
        @Parameters(arity = "1..2", paramLabel = "VG/LV", description = "the volume")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> names;

        @Override
        public void run() {
            VolumeName name = VolumeName.of(spec(), names);
            change(store(List.of()), name.group(), session -> {
                PoolGroup group = session.group(name.group());
                give(session, group, group.group().need(name.volume()), "removed");
                session.changes().removeVolume(group, name.volume());
                return name;
            });
            say("logical volume \"%s\" removed".formatted(name.volume()));
        }
    }

    @Command(
            name = "tag",
            description = "Add tags to a volume, and take tags away.",
            mixinStandardHelpOptions = true)
    static final class Tag extends VolumeVerb {
        @Parameters(arity = "1..2", paramLabel = "VG/LV", description = "the volume")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> names;

        @Mixin
        private TagOptions tags = new TagOptions();

        @Override
        public void run() {
            tags.check(spec());
            VolumeName name = VolumeName.of(spec(), names);
            change(store(List.of()), name.group(), session -> {
                PoolGroup group = session.group(name.group());
                LogicalVolume volume = group.group().need(name.volume());
                session.changes()
                        .tag(group, Optional.of(name.volume()), tags.applied(volume.tags()));
                return name;
            });
            say("logical volume \"%s\" changed".formatted(name));
        }
    }
}
