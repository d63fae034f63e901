// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.ControlSocket;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code etherbay mirror}: one disk on two or more legs, as md has it. */
@Command(
        name = "mirror",
        description = {
            "Mirrors: one disk on two or more others, readable by mdadm and the Linux md driver.",
            "",
            "  etherbay mirror create web e0.0 e1.0 --if eth1",
            "  etherbay attach web --if eth1 --nbd unix:/run/web",
            "  etherbay mirror detail web --if eth1"
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            MirrorCreateCommand.class,
            MirrorListCommand.class,
            MirrorCommand.Assemble.class,
            MirrorCommand.Detail.class,
            MirrorCommand.Fail.class,
            MirrorCommand.Remove.class,
            MirrorCommand.Add.class,
            MirrorCheckCommand.class,
            MirrorCheckCommand.Repair.class,
            MirrorCommand.Grow.class,
            MirrorCommand.Stop.class
        })
final class MirrorCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }

    /** A verb about one mirror. */
    abstract static class Verb implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "NAME", description = "the mirror")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli makes it
        private MirrorOptions options;

        @Option(names = "--json", description = "print one JSON document of how it stands then")
        private boolean json;

        final String name() {
            return name;
        }

        final MirrorOptions options() {
            return options;
        }

        final boolean json() {
            return json;
        }

        final PrintWriter out() {
            return spec.commandLine().getOut();
        }

        final void tell(String what) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(what);
            err.flush();
        }

        final CommandSpec spec() {
            return spec;
        }

        /** Does one thing with it, wherever it is held, and prints how it stands where asked. */
        final void change(String... words) {
            try (MirrorReach mirror = MirrorReach.open(
                    options, name, List.of(), MirrorOptions.How.PLAIN, this::tell)) {
                out().print(mirror.ask(words));
                if (json) {
                    out().print(mirror.ask("json"));
                }
                out().flush();
            }
        }
    }

    @Command(
            name = "assemble",
            description = {
                "Make a mirror of its legs, and hold it until a signal or `mirror stop`: what is",
                "missing on a leg is copied meanwhile. With --nbd it is served as by `attach`."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Assemble extends Verb {
        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "LEG",
                description = "eX.Y, a file, a block device, VG/LV, or nbd://... (default: the AoE"
                        + " disks whose superblocks have that name)")
        private List<String> legs = new ArrayList<>();

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli makes it
        private NbdOptions nbd;

        @Option(
                names = {"-r", "--read-only"},
                description = "write nothing, not even to superblocks; claim nothing")
        private boolean readOnly;

        @Option(
                names = "--take-over",
                description = "although another node owns it: that one is fenced first, and its"
                        + " guests stop")
        private boolean takeOver;

        @Option(
                names = "--force",
                description = "without legs that may know more; what may be lost is said")
        private boolean force;

        @Override
        public void run() {
            try {
                MirrorHold.run(
                        spec().commandLine(),
                        options()
                                .options(
                                        name(),
                                        legs,
                                        new MirrorOptions.How(readOnly, takeOver, force)),
                        options().stateFolder(),
                        nbd.front(readOnly),
                        MirrorHold.Keeper.PLAIN);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Command(
            name = "detail",
            description = "Print how a mirror stands: what mdadm --detail shows, and who owns it.",
            mixinStandardHelpOptions = true)
    static final class Detail extends Verb {
        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "LEG",
                description = "its legs (default: the AoE disks that have that name)")
        private List<String> legs = new ArrayList<>();

        @Override
        public void run() {
            try (MirrorReach mirror = MirrorReach.open(
                    options(), name(), legs, MirrorOptions.How.READ_ONLY, this::tell)) {
                out().print(mirror.ask(json() ? "json" : "detail"));
                out().flush();
            }
        }
    }

    /** One that names a leg. */
    abstract static class LegVerb extends Verb {
        @Parameters(index = "1", paramLabel = "LEG", description = "the leg, as `detail` names it")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String leg;

        final String leg() {
            return leg;
        }
    }

    @Command(
            name = "fail",
            description = "Call a leg faulty: it gets nothing any more, until it is added again.",
            mixinStandardHelpOptions = true)
    static final class Fail extends LegVerb {
        @Override
        public void run() {
            change("fail", leg());
        }
    }

    @Command(
            name = "remove",
            description = "Forget a faulty leg or a spare: it does not come back by itself.",
            mixinStandardHelpOptions = true)
    static final class Remove extends LegVerb {
        @Override
        public void run() {
            change("remove", leg());
        }
    }

    @Command(
            name = "add",
            description = {
                "Take a leg in: one of this mirror gets what it lacks; any other disk is written",
                "over (--yes) and filled, or kept as a spare when all slots are taken."
            },
            mixinStandardHelpOptions = true)
    static final class Add extends LegVerb {
        @Option(
                names = {"-y", "--yes"},
                description = "write over what is on it")
        private boolean yes;

        @Override
        public void run() {
            change("add", leg(), yes ? "fresh" : "known");
        }
    }

    @Command(
            name = "grow",
            description = {
                "Use all that the legs have by now; or have room for another leg; or get a",
                "write-intent bitmap, with which only what was being written is copied after a",
                "crash."
            },
            mixinStandardHelpOptions = true)
    static final class Grow extends Verb {
        @Option(names = "--legs", paramLabel = "N", description = "how many legs it is to have")
        private int legs;

        @Option(
                names = "--bitmap",
                description = "add a bitmap to a mirror that has none, where its legs have room"
                        + " before the data")
        private boolean bitmap;

        @Override
        public void run() {
            if (bitmap && legs > 0) {
                throw new ParameterException(
                        spec().commandLine(), "--bitmap and --legs are two commands");
            } else if (bitmap) {
                change("grow-bitmap");
            } else if (legs > 0) {
                change("grow-legs", "" + legs);
            } else {
                change("grow-size");
            }
        }
    }

    @Command(
            name = "stop",
            description = {
                "End the process of this machine that holds a mirror: returns when it is let go,",
                "clean, and can be assembled again."
            },
            mixinStandardHelpOptions = true)
    static final class Stop extends Verb {
        @Override
        public void run() {
            Optional<String> answer =
                    ControlSocket.ask(options().stateFolder(), name(), List.of("stop"));
            if (answer.isEmpty()) {
                throw new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "no process of this machine holds the mirror " + name(),
                        "these are held: "
                                + String.join(", ", ControlSocket.held(options().stateFolder())),
                        "see who owns it: etherbay mirror detail " + name());
            }
        }
    }
}
