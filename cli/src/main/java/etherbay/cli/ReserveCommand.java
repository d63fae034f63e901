// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.MacAddress;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.Reservation;
import etherbay.node.settings.SettingsFile;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code etherbay reserve}: who may read and write a disk. */
@Command(
        name = "reserve",
        description = {
            "Show, take and give back the reservation of a disk.",
            "",
            "While it is reserved nobody else may read or write it. It has no end by itself.",
            "MAC: as in 02:00:00:00:00:01, or a name of /etc/ethers; without one it is the address",
            "of the interface."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            ReserveCommand.Read.class,
            ReserveCommand.Set.class,
            ReserveCommand.Force.class,
            ReserveCommand.Release.class
        })
final class ReserveCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** What they share: the disk, and how the holders are printed. */
    abstract static class Verb implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Mixin
        private DiskOptions disk = new DiskOptions();

        abstract List<MacAddress> act(FoundPath path);

        final PrintWriter err() {
            return spec.commandLine().getErr();
        }

        @Override
        public void run() {
            try (OpenPorts ports = disk.open()) {
                FoundPath path = disk.find(ports);
                MacList.print(
                        spec.commandLine().getOut(),
                        path,
                        disk.json(),
                        act(path),
                        "nobody has reserved it");
            }
        }
    }

    @Command(name = "read", description = "Print who holds it.", mixinStandardHelpOptions = true)
    static final class Read extends Verb {
        @Override
        List<MacAddress> act(FoundPath path) {
            return Reservation.read(path);
        }
    }

    /** Those that reserve it for somebody. */
    abstract static class Taking extends Verb {
        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "MAC",
                description = "an address, or a name of /etc/ethers (default: our own)")
        private List<String> macs = new ArrayList<>();

        @Option(names = "--yes", description = "yes, even if this machine is shut out")
        private boolean yes;

        final List<MacAddress> wanted(FoundPath path) {
            MacAddress own = path.port().client().mac();
            List<MacAddress> wanted =
                    macs.isEmpty() ? List.of(own) : MacList.parse(macs, SettingsFile.ETHERS);
            if (!wanted.contains(own)) {
                MacList.requireYes(
                        yes,
                        MacList.shutOut(
                                path.disk() + " could not be read or written from here any more",
                                "%s of %s is not among those that it shall be reserved for"
                                        .formatted(own, path.port().name())),
                        err());
            }
            return wanted;
        }
    }

    @Command(
            name = "set",
            description = "Reserve it if it is free or ours; exit code 6 if others hold it.",
            mixinStandardHelpOptions = true)
    static final class Set extends Taking {
        @Override
        List<MacAddress> act(FoundPath path) {
            return Reservation.set(path, wanted(path));
        }
    }

    @Command(
            name = "force",
            description = "Reserve it whoever holds it; their writes fail from then on.",
            mixinStandardHelpOptions = true)
    static final class Force extends Taking {
        @Override
        List<MacAddress> act(FoundPath path) {
            return Reservation.force(path, wanted(path));
        }
    }

    @Command(
            name = "release",
            description = "Give it back; exit code 6 if others hold it.",
            mixinStandardHelpOptions = true)
    static final class Release extends Verb {
        @Option(names = "--force", description = "whoever holds it")
        private boolean force;

        @Override
        List<MacAddress> act(FoundPath path) {
            return force ? Reservation.force(path, List.of()) : Reservation.set(path, List.of());
        }
    }
}
