// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.aoe.ConfigHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.tools.ConfigString;
import etherbay.initiator.tools.ConfigString.Comparison;
import etherbay.initiator.tools.EscapedText;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.LocalPort;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code etherbay config}: the string that a target keeps for its users, as aoecfg has it. */
@Command(
        name = "config",
        description = {
            "Read, compare and claim the config string of a disk.",
            "",
            "What does not print is written \\xHH, a backslash as \\\\, in both directions.",
            "read, test and prefix take e1.*, e*.0 and e*.* too: a line for each disk, its",
            "shelf.slot before the string. Exit code 9: the string is another one; 6: set found",
            "one."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            ConfigCommand.Read.class,
            ConfigCommand.Test.class,
            ConfigCommand.Prefix.class,
            ConfigCommand.Set.class,
            ConfigCommand.Force.class
        })
final class ConfigCommand implements Runnable {
    /** For all answers to a wild address. */
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(500);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** What they share: the disk, and how a string is printed. */
    abstract static class Verb implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Mixin
        private DiskOptions disk = new DiskOptions();

        final DiskOptions disk() {
            return disk;
        }

        /** The string alone, as aoecfg prints that of one disk. */
        final void print(DiskAddress address, byte[] string) {
            PrintWriter out = spec.commandLine().getOut();
            String text = EscapedText.of(string);
            out.println(disk.json() ? JsonText.of(object(address, text)) : text);
            out.flush();
        }

        /** Those of many disks. */
        final void print(List<Reply> replies) {
            PrintWriter out = spec.commandLine().getOut();
            if (disk.json()) {
                out.println(JsonText.of(replies.stream()
                        .map(reply -> object(reply.disk(), textOf(reply)))
                        .toList()));
            } else {
                replies.forEach(reply -> out.printf(
                        "%d.%d\t%s%n", reply.disk().shelf(), reply.disk().slot(), textOf(reply)));
            }
            out.flush();
        }

        private static String textOf(Reply reply) {
            return EscapedText.of(reply.configString().orElseThrow());
        }

        private static Map<String, Object> object(DiskAddress address, String text) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("disk", address.toString());
            values.put("config", text);
            return values;
        }
    }

    @Command(name = "read", description = "Print it.", mixinStandardHelpOptions = true)
    static final class Read extends Verb {
        @Override
        public void run() {
            DiskAddress which = disk().wildDisk();
            try (OpenPorts ports = disk().open()) {
                if (which.isWild()) {
                    List<FoundPath> paths = ports.first().find(which, WAIT_NS);
                    print(paths.stream().map(FoundPath::reply).toList());
                    requireSome(ports, paths);
                } else {
                    print(which, disk().find(ports).configString());
                }
            }
        }
    }

    private static void requireSome(OpenPorts ports, List<FoundPath> paths) {
        if (paths.isEmpty()) {
            throw LookOptions.nothingAnswers(ports);
        }
    }

    /** Those that a target answers only if its string compares. */
    abstract static class Comparing extends Verb {
        @Parameters(index = "1", paramLabel = "STRING", description = "what it is compared with")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String string;

        abstract Comparison comparison();

        @Override
        public void run() {
            DiskAddress which = disk().wildDisk();
            byte[] wanted = ConfigString.requireFits(EscapedText.parse(string));
            try (OpenPorts ports = disk().open()) {
                if (which.isWild()) {
                    compareAll(ports, which, wanted);
                } else {
                    compareOne(ports, wanted);
                }
            }
        }

        private void compareOne(OpenPorts ports, byte[] wanted) {
            FoundPath path = disk().find(ports);
            Reply match = ConfigString.compare(path, comparison(), wanted)
                    .orElseThrow(() -> differs(
                            "the config string of " + path.disk(),
                            "it is: " + EscapedText.of(path.configString())));
            print(path.disk(), match.configString().orElse(wanted));
        }

        private void compareAll(OpenPorts ports, DiskAddress which, byte[] wanted) {
            LocalPort port = ports.first();
            List<Reply> replies =
                    ConfigString.compareAll(port, which, comparison(), wanted, WAIT_NS);
            print(replies);
            if (replies.isEmpty()) {
                List<FoundPath> paths = port.find(which, WAIT_NS);
                requireSome(ports, paths);
                throw differs(
                        "the config string of every disk of " + which,
                        paths.size() + " answer a config query, and have others");
            }
        }

        private EtherbayException differs(String what, String why) {
            boolean whole = comparison() == Comparison.WHOLE;
            return new EtherbayException(
                    ErrorCode.DEVIATES,
                    "%s %s `%s`"
                            .formatted(
                                    what,
                                    whole ? "is not" : "does not begin with",
                                    EtherbayException.shown(string)),
                    why,
                    "etherbay config read shows it; etherbay config set claims a disk that has"
                            + " none");
        }
    }

    @Command(
            name = "test",
            description = "Print it if it is STRING; else say what it is, exit code 9.",
            mixinStandardHelpOptions = true)
    static final class Test extends Comparing {
        @Override
        Comparison comparison() {
            return Comparison.WHOLE;
        }
    }

    @Command(
            name = "prefix",
            description = "Print it if it begins with STRING; else say what it is, exit code 9.",
            mixinStandardHelpOptions = true)
    static final class Prefix extends Comparing {
        @Override
        Comparison comparison() {
            return Comparison.PREFIX;
        }
    }

    /** Those that change it. */
    abstract static class Changing extends Verb {
        @Parameters(
                index = "1",
                paramLabel = "STRING",
                description = "at most " + ConfigHeader.STRING_BYTES_MAX + " bytes")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String string;

        abstract byte[] change(FoundPath path, byte[] wanted);

        @Override
        public void run() {
            byte[] wanted = ConfigString.requireFits(EscapedText.parse(string));
            try (OpenPorts ports = disk().open()) {
                FoundPath path = disk().find(ports);
                print(path.disk(), change(path, wanted));
            }
        }
    }

    @Command(
            name = "set",
            description = "Claim the disk: set STRING if there is none; exit code 6 if there is.",
            mixinStandardHelpOptions = true)
    static final class Set extends Changing {
        @Override
        byte[] change(FoundPath path, byte[] wanted) {
            return ConfigString.set(path, wanted);
        }
    }

    @Command(
            name = "force",
            description = "Set STRING, whatever it was.",
            mixinStandardHelpOptions = true)
    static final class Force extends Changing {
        @Override
        byte[] change(FoundPath path, byte[] wanted) {
            return ConfigString.force(path, wanted);
        }
    }
}
