// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.FramePool;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.base.SocketPort;
import etherbay.linux.Linux;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** {@code etherbay segment}: Ethernet segments without privileges. */
@Command(
        name = "segment",
        description = "Ethernet segments without privileges.",
        mixinStandardHelpOptions = true,
        subcommands = {SegmentCommand.Run.class})
final class SegmentCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }

    /** {@code etherbay segment run}: serves on the main thread until a signal ends the process. */
    @Command(
            name = "run",
            description = {
                "Run a learning switch that processes (unix:PATH as their interface) and QEMU",
                "guests (-netdev stream,server=off,addr.type=unix,addr.path=PATH) join."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Run implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Parameters(paramLabel = "unix:PATH", description = "the socket to listen on")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String address;

        @Option(
                names = "--mtu",
                paramLabel = "BYTES",
                description = "largest payload that passes (default ${DEFAULT-VALUE}, at most "
                        + FramePool.MTU_MAX + ")")
        private int mtuBytes = SocketPort.Settings.MTU_DEFAULT;

        @Option(
                names = "--loss",
                paramLabel = "P",
                description = "probability that a frame vanishes, 0 to 1")
        private double loss;

        @Option(
                names = "--duplicate",
                paramLabel = "P",
                description = "probability that a frame arrives twice")
        private double duplicate;

        @Option(
                names = "--reorder",
                paramLabel = "P",
                description = "probability that a frame is held back so that later ones pass it")
        private double reorder;

        @Option(
                names = "--delay-us",
                paramLabel = "N",
                description = "microseconds that every frame is delayed by")
        private long delayUs;

        @Option(
                names = "--seed",
                paramLabel = "S",
                description = "of the above chances: repeats a run (default: a new one, printed)")
        private @Nullable Long seed;

        @Option(names = "--json", description = "print JSON")
        private boolean json;

        @Override
        public void run() {
            Counters counters = new Counters();
            SegmentSwitch segment = new SegmentSwitch(settings(), Linux.clock(), counters);
            try (StopSignal _ = new StopSignal(segment::stop)) {
                printListening(segment.settings());
                segment.run();
                printCounters(counters);
            }
        }

        private SegmentSwitch.Settings settings() {
            return new SegmentSwitch.Settings(
                    PortAddress.parseUnix(address),
                    mtuBytes,
                    Impairment.Settings.of(
                            loss, duplicate, reorder, TimeUnit.MICROSECONDS.toNanos(delayUs)),
                    seed == null ? Linux.clock().nanoTime() & Integer.MAX_VALUE : seed);
        }

        private void printListening(SegmentSwitch.Settings settings) {
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.printf(
                        "{\"listening\":%s,\"mtu\":%d,\"seed\":%d}%n",
                        JsonText.quoted(settings.address().toString()),
                        settings.mtu(),
                        settings.seed());
            } else {
                out.printf(
                        "segment %s listens, MTU %d%s%n",
                        settings.address(), settings.mtu(), impairmentText(settings));
            }
            out.flush();
        }

        private static String impairmentText(SegmentSwitch.Settings settings) {
            Impairment.Settings bad = settings.impairment();
            return bad.equals(Impairment.Settings.NONE)
                    ? ""
                    : ", loss %s, duplicate %s, reorder %s, delay %d us, seed %d"
                            .formatted(
                                    bad.loss(),
                                    bad.duplicate(),
                                    bad.reorder(),
                                    TimeUnit.NANOSECONDS.toMicros(bad.delayNs()),
                                    settings.seed());
        }

        private void printCounters(Counters counters) {
            PrintWriter out = spec.commandLine().getOut();
            StringBuilder text = new StringBuilder();
            counters.snapshot()
                    .forEach((name, value) -> text.append(
                            json
                                    ? "%s%s:%d"
                                            .formatted(
                                                    text.isEmpty() ? "{" : ",",
                                                    JsonText.quoted(name),
                                                    value)
                                    : "%s %d%n".formatted(name, value)));
            out.print(json ? text + "}" + System.lineSeparator() : text.toString());
            out.flush();
        }
    }
}
