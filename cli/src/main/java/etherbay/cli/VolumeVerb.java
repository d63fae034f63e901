// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.BackingName;
import etherbay.node.SizeText;
import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What the verbs of {@code pv}, {@code vg} and {@code lv} share: where disks are, what is said. */
abstract class VolumeVerb implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private DeviceOptions devices;

    /** One that only looks: its options, and what it prints before the rows. */
    abstract static class Report extends VolumeVerb {
        @Option(names = "--json", description = "print LVM2's report format in JSON")
        private boolean json;

        @Option(
                names = "--units",
                paramLabel = "UNIT",
                description =
                        "of sizes: r (default; 5.00g, with < before what was rounded up), or b"
                                + " for bytes")
        private SizeText units = SizeText.R;

        final boolean json() {
            return json;
        }

        final SizeText units() {
            return units;
        }

        /** What is on the disks; the caller closes it. */
        final Pool look(List<String> disks) {
            Pool pool = store(disks).look();
            warn(pool);
            pool.groups().stream()
                    .filter(group -> !group.missing().isEmpty())
                    .forEach(this::warnMissing);
            pool.orphans().stream()
                    .filter(PvRow::isMarkedUsed)
                    .forEach(disk ->
                            warn(disk + " is marked as belonging to a group that is not there"));
            return pool;
        }

        /** As LVM2's short reports: a table, or its columns as a document. */
        final <R> void list(LvmReport<R> report, List<R> rows) {
            if (json) {
                say(report.json(rows, false));
            } else {
                report.table(rows).forEach(this::say);
            }
        }

        /** As LVM2's long reports: line after line, or a document with all fields. */
        final <R> void display(LvmReport<R> report, List<R> rows, Function<R, List<String>> lines) {
            if (json) {
                say(report.json(rows, true));
            } else {
                display(rows, lines);
            }
        }

        final <R> void display(List<R> rows, Function<R, List<String>> lines) {
            rows.forEach(row -> lines.apply(row).forEach(line -> say("  " + line)));
        }

        private void warnMissing(PoolGroup group) {
            group.missing()
                    .forEach(pv -> warn("group %s lacks its disk %s (was %s)"
                            .formatted(
                                    group.name(),
                                    pv.id(),
                                    EtherbayException.shown(pv.deviceHint()))));
        }
    }

    /** One by which something may be lost. */
    abstract static class Losing extends VolumeVerb {
        @Option(names = "--yes", description = "yes, although something is lost by it")
        private boolean yes;

        final boolean yes() {
            return yes;
        }

        /**
         * Refuses it unless the person said yes.
         *
         * @param what would happen
         * @param lost what would be lost by it
         */
        final void requireYes(String what, String lost) {
            if (!yes) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        what,
                        lost,
                        "make sure that nothing of it is needed, then add --yes");
            }
        }

        /** The same for a volume, which nobody may serve meanwhile either. */
        final void give(
                VolumeStore.Session session, PoolGroup group, LogicalVolume volume, String done) {
            requireYes(
                    "volume %s/%s would be %s".formatted(group.name(), volume.name(), done),
                    "what is on its %s would be lost".formatted(size(group, volume)));
            session.requireUnused(group, volume);
        }
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** The command that the options and parameters are those of. */
    final CommandSpec spec() {
        return spec;
    }

    final void say(String line) {
        out().println(line);
        out().flush();
    }

    final void warn(String warning) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("warning: " + warning);
        err.flush();
    }

    final void warn(Pool pool) {
        pool.warnings().forEach(this::warn);
    }

    /** @param disks that the command names itself */
    final VolumeStore store(List<String> disks) {
        return VolumeStore.of(devices.placesWith(disks));
    }

    /** One place of a physical volume, as a person writes it. */
    final BackingName place(String text) {
        return devices.place(text);
    }

    /** The command as it was typed: the metadata tells it. */
    final String typed() {
        return "etherbay "
                + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    }

    /**
     * Changes a group that is there; what the disks tell and what was noted on the way are
     * warnings.
     */
    final <T> T change(VolumeStore store, String group, VolumeStore.Work<T> work) {
        return store.change(group, typed(), session -> warned(session, work));
    }

    /** Likewise, which groups there are, and which disks are in one. */
    final <T> T changeDisks(VolumeStore store, List<String> groups, VolumeStore.Work<T> work) {
        return store.changeDisks(groups, typed(), session -> warned(session, work));
    }

    private <T> T warned(VolumeStore.Session session, VolumeStore.Work<T> work) {
        warn(session.pool());
        T done = work.run(session);
        session.changes().notes().forEach(this::warn);
        return done;
    }

    /**
     * The physical volume on a disk, whatever of its names is used.
     *
     * @throws EtherbayException NOT_FOUND for a disk that is none, CONFLICT while device-mapper has
     *     it
     */
    static PoolDisk disk(VolumeStore.Session session, String name) {
        return session.disk(diskAt(session.pool(), name).map(PoolDisk::name).orElse(name));
    }

    /** Likewise, without the locks of a change. */
    static Optional<PoolDisk> diskAt(Pool pool, String name) {
        Optional<PoolDisk> exactly = pool.diskAt(name);
        return exactly.isPresent()
                ? exactly
                : pool.disks().stream()
                        .filter(disk -> isSame(disk.name(), name))
                        .findFirst();
    }

    private static boolean isSame(String one, String other) {
        if (BackingName.AtAoe.isOne(one)) {
            return BackingName.AtAoe.parse(one, BackingName.AtAoe.INTERFACES_DEFAULT)
                    .isMeantBy(other);
        }
        try {
            return Files.isSameFile(Path.of(one), Path.of(other));
        } catch (IOException | InvalidPathException notThere) {
            return false;
        }
    }

    /** Groups of those names, or all; by name. */
    static List<PoolGroup> groups(Pool pool, List<String> names) {
        return names.isEmpty()
                ? pool.groups()
                : names.stream()
                        .map(pool::need)
                        .distinct()
                        .sorted(Comparator.comparing(PoolGroup::name))
                        .toList();
    }

    /** How large a volume is, for people. */
    static String size(PoolGroup group, LogicalVolume volume) {
        return size(group, volume.extentCount());
    }

    static String size(PoolGroup group, long extentCount) {
        return SizeText.R.inText(extentCount * group.group().extentSectors());
    }
}
