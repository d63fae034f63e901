// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.linux.Linux;
import etherbay.node.StateFolder;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;
import etherbay.target.StateWriter;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** {@code etherbay state}: what exports remember over restarts, shown and cleared by hand. */
@Command(
        name = "state",
        description = "Show and clear what an export remembers over restarts.",
        mixinStandardHelpOptions = true,
        subcommands = {StateCommand.Show.class, StateCommand.Clear.class})
final class StateCommand implements Runnable {
    /** What can be cleared, each by itself. */
    enum Part {
        CONFIG,
        MASKS,
        RESERVATIONS,
        FENCE,
        FLOORS,
        FAILED_SYNC;

        ExportState clear(ExportState state) {
            return switch (this) {
                case CONFIG -> state.withConfig(new byte[0]);
                case MASKS -> state.withMasks(List.of());
                case RESERVATIONS -> state.withReservations(List.of());
                case FENCE -> state.withOwners(Epoch.NONE, List.of());
                case FLOORS -> state.withFloors(List.of());
                case FAILED_SYNC -> state.withSyncTrusted();
            };
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static Path folderOf(@Nullable Path given) {
        return given == null ? StateFolder.defaultPath() : given;
    }

    private static EtherbayException nothingStored(String name, Path folder) {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "nothing is remembered of " + name,
                folder + " has no state of it: it was never served from there",
                "name the folder that it is served with: --state DIR");
    }

    @Command(
            name = "show",
            description = "Print config string, masks, reservations, fence and floors.",
            mixinStandardHelpOptions = true)
    static final class Show implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "eX.Y", description = "the export")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Option(names = "--state", paramLabel = "DIR", description = "where its state is kept")
        private @Nullable Path folder;

        @Override
        public void run() {
            Path from = folderOf(folder);
            ExportState state = FileStateStore.load(FileStateStore.fileOf(from, name))
                    .orElseThrow(() -> nothingStored(name, from));
            PrintWriter out = spec.commandLine().getOut();
            row(out, "serial", state.serial());
            row(out, "backing", state.backing());
            row(out, "incarnation", String.format(Locale.ROOT, "%016x", state.incarnation()));
            row(out, "failed sync", state.syncFailed() ? "yes: writes are refused" : "no");
            row(out, "config string", state.config());
            row(out, "masks", listed(state.masks(), "everybody is let in"));
            row(out, "reserved by", listed(state.reservations(), "nobody"));
            row(out, "epoch", state.fenced() ? state.epoch().toString() : "never fenced");
            row(out, "owners", listed(state.owners(), state.fenced() ? "nobody" : "everybody"));
            for (ExportState.Floor floor : state.floors()) {
                row(out, "floor", floor.mac() + " " + Integer.toHexString(floor.tag()));
            }
            out.flush();
        }

        private static void row(PrintWriter out, String what, String value) {
            out.printf("%-14s %s%n", what, value);
        }

        private static String listed(List<MacAddress> macs, String whenEmpty) {
            return macs.isEmpty()
                    ? whenEmpty
                    : String.join(" ", macs.stream().map(MacAddress::toString).toList());
        }
    }

    @Command(
            name = "clear",
            description = "Forget parts of it; the export must not be served meanwhile.",
            mixinStandardHelpOptions = true)
    static final class Clear implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "eX.Y", description = "the export")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "PART",
                description = "config, masks, reservations, fence, floors, failed_sync")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<Part> parts;

        @Option(names = "--state", paramLabel = "DIR", description = "where its state is kept")
        private @Nullable Path folder;

        @Option(
                names = "--yes",
                description = "yes, although a former owner may write again (fence, floors), or"
                        + " data may be lost (failed_sync)")
        private boolean yes;

        @Override
        public void run() {
            Path from = folderOf(folder);
            if (FileStateStore.load(FileStateStore.fileOf(from, name)).isEmpty()) {
                throw nothingStored(name, from);
            }
            refuseDangerous();
            Loop loop = new Loop("state", Linux.clock(), new ParkIdler(), 0);
            try (StateWriter writer = new StateWriter();
                    FileStateStore store =
                            FileStateStore.open(from, name, writer, loop.mailbox())) {
                ExportState state = store.load().orElseThrow(() -> nothingStored(name, from));
                for (Part part : parts) {
                    state = part.clear(state);
                }
                store.write(state);
            }
            spec.commandLine().getOut().println(name + ": cleared");
        }

        private void refuseDangerous() {
            boolean ownership = parts.contains(Part.FENCE) || parts.contains(Part.FLOORS);
            if (yes || !(ownership || parts.contains(Part.FAILED_SYNC))) {
                return;
            }
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "this takes a protection away from " + name,
                    ownership
                            ? "without its fence and floors a former owner can write again"
                            : "a sync failed: what was written before it may not be on the disk",
                    ownership
                            ? "make sure that no former owner runs, then say --yes"
                            : "check the disk and its file systems, then say --yes");
        }
    }
}
