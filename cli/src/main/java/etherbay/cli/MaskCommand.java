// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.Durability;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.IdentityBlock;
import etherbay.initiator.tools.MaskList;
import etherbay.node.settings.SettingsFile;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.List;

/** {@code etherbay mask}: whom a target answers at all. */
@Command(
        name = "mask",
        description = {
            "Show and edit the list of addresses that a disk answers.",
            "",
            "An empty list lets everybody in. A list is no protection against who lies about his",
            "address. MAC: as in 02:00:00:00:00:01, or a name of /etc/ethers."
        },
        mixinStandardHelpOptions = true,
        subcommands = {MaskCommand.Read.class, MaskCommand.Add.class, MaskCommand.Remove.class})
final class MaskCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** What they share: the disk, and how the list is printed. */
    abstract static class Verb implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Mixin
        private DiskOptions disk = new DiskOptions();

        abstract MaskList.Answer act(FoundPath path);

        final PrintWriter err() {
            return spec.commandLine().getErr();
        }

        @Override
        public void run() {
            try (OpenPorts ports = disk.open()) {
                FoundPath path = disk.find(ports);
                MaskList.Answer answer = act(path);
                MacList.print(
                        spec.commandLine().getOut(),
                        path,
                        disk.json(),
                        answer.listed(),
                        "its mask list is empty: everybody is let in");
                if (answer.mayGoOn()) {
                    err().println("warning: an answer carries no more addresses than these;"
                            + " the list may go on");
                }
            }
        }
    }

    @Command(name = "read", description = "Print it.", mixinStandardHelpOptions = true)
    static final class Read extends Verb {
        @Override
        MaskList.Answer act(FoundPath path) {
            return MaskList.read(path);
        }
    }

    /** Those that change it. */
    abstract static class Edit extends Verb {
        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "MAC",
                description = "an address, or a name of /etc/ethers")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private List<String> macs;

        @Option(names = "--yes", description = "yes, even if this machine is shut out")
        private boolean yes;

        final MaskList.Answer edit(FoundPath path, boolean add) {
            List<MacAddress> wanted = MacList.parse(macs, SettingsFile.ETHERS);
            MacAddress own = path.port().client().mac();
            List<MacAddress> before = MaskList.read(path).listed();
            List<MacAddress> after = MaskList.after(before, add, wanted);
            if (MaskList.shutsOut(after, own)) {
                MacList.requireYes(
                        yes,
                        MacList.shutOut(
                                path.disk() + " would not answer this machine any more",
                                "%s of %s would not be on its mask list"
                                        .formatted(own, path.port().name())),
                        err());
            }
            return MaskList.edit(path, add, wanted);
        }

        final boolean isYes() {
            return yes;
        }
    }

    @Command(
            name = "add",
            description = "Let these in, and, if the list is empty, nobody else.",
            mixinStandardHelpOptions = true)
    static final class Add extends Edit {
        @Override
        MaskList.Answer act(FoundPath path) {
            return edit(path, true);
        }
    }

    @Command(
            name = "remove",
            description = "Take these off the list; the last one leaves it empty.",
            mixinStandardHelpOptions = true)
    static final class Remove extends Edit {
        @Override
        MaskList.Answer act(FoundPath path) {
            boolean vblade = IdentityBlock.find(path)
                    .filter(block -> Durability.isVblade(block.data()))
                    .isPresent();
            if (vblade) {
                MacList.requireYes(
                        isYes(),
                        new EtherbayException(
                                ErrorCode.CONFLICT,
                                path.disk() + " is served by vblade, which may die of this",
                                "vblade 25 overruns a buffer when an address is taken off its list",
                                "start that vblade anew, its list is empty then; or say --yes"),
                        err());
            }
            return edit(path, false);
        }
    }
}
