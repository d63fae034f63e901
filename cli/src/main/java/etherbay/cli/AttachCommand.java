// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.AttachedDisk;
import etherbay.node.NbdFront;

import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** {@code etherbay attach}: an AoE disk for NBD clients, until a signal ends the process. */
@Command(
        name = "attach",
        description = {
            "Use an AoE disk without a kernel driver: serve it over NBD.",
            "",
            "  etherbay attach e1.0 --if eth1 --nbd unix:/run/e1.0",
            "  qemu-system-x86_64 ... -drive file=nbd+unix:///?socket=/run/e1.0,format=raw",
            "",
            "A target that is away for less than --fail-after is waited for. Ends with SIGTERM,",
            "when all that was asked is done."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class AttachCommand implements Callable<Integer> {
    private static final double NS = 1e9;

    /** Seconds, or {@code never}. */
    static final class FailAfter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            if (text.equals("never")) {
                return RemoteDiskSettings.NEVER;
            }
            double seconds;
            try {
                seconds = Double.parseDouble(text);
            } catch (NumberFormatException notANumber) {
                throw new TypeConversionException("'" + text + "' is not seconds, nor `never`");
            }
            long least = RemoteDiskSettings.FAIL_AFTER_NS_MIN;
            if (!(seconds * NS >= least && seconds < 1e6)) {
                throw new TypeConversionException(
                        "'" + text + "' is not from " + least / NS + " to 1000000 seconds");
            }
            return (long) (seconds * NS);
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(paramLabel = "eX.Y", description = "the disk: shelf X, slot Y")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String disk;

    @Option(
            names = "--if",
            paramLabel = "IFACE",
            split = ",",
            description = "NICs, or unix:PATH for a segment; each is a way to the disk (default"
                    + " ${DEFAULT-VALUE})",
            defaultValue = "eth0")
    @SuppressWarnings("NullAway.Init") // picocli sets the default
    private List<String> interfaces;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private NbdOptions nbd;

    @Option(
            names = {"-r", "--read-only"},
            description = "take no writes")
    private boolean readOnly;

    @Option(
            names = "--fail-after",
            paramLabel = "SECONDS",
            converter = FailAfter.class,
            description = "how long the disk may be silent before requests fail, or `never`"
                    + " (default 5)")
    private long failAfterNs = RemoteDiskSettings.DEFAULT.failAfterNs();

    @Option(
            names = "--frame-life",
            paramLabel = "MS",
            description = "how long a frame can travel in this network, for targets without floors"
                    + " (default 1000)")
    private long frameLifeMs = RemoteDiskSettings.DEFAULT.frameLifeNs() / 1_000_000;

    @Option(
            names = "--queue-length",
            paramLabel = "N",
            description = "requests under way on one way at most (default 128; never more than the"
                    + " target's buffers)")
    private int windowCount = RemoteDiskSettings.DEFAULT.windowCountMax();

    @Option(
            names = "--sectors",
            paramLabel = "N",
            description = "sectors in a frame at most (default what MTU and target carry)")
    private int sectors = RemoteDiskSettings.DEFAULT.payloadSectorsMax();

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "how long to look for the disk at the start (default 5)")
    private double waitSeconds = 5;

    @Override
    public Integer call() throws InterruptedException {
        NbdFront.Options front = nbd.front(readOnly)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "Missing required option: '--nbd=ADDRESS'"));
        Counters counters = new Counters();
        try (StopSignal stop = new StopSignal();
                AttachedDisk attached = AttachedDisk.open(options(), counters);
                NbdFront served = NbdFront.serve(
                        attached.loop(), attached.disk(), disk, front, counters)) {
            PrintWriter out = spec.commandLine().getOut();
            describe(attached.disk().status(), out);
            out.printf("nbd serves %s at %s%n", disk, served.address());
            out.flush();
            PrintWriter err = spec.commandLine().getErr();
            attached.report(what -> {
                err.println(what);
                err.flush();
            });
            attached.start();
            stop.await(attached.failure());
            attached.stop(served::close);
        }
        return 0;
    }

    private AttachedDisk.Options options() {
        require(frameLifeMs > 0 && frameLifeMs <= 60_000, "--frame-life is 1 to 60000 ms");
        require(windowCount > 0 && windowCount <= 1024, "--queue-length is 1 to 1024");
        require(sectors > 0 && sectors <= 255, "--sectors is 1 to 255");
        require(waitSeconds > 0 && waitSeconds <= 1e6, "--wait is more than 0 seconds");
        return new AttachedDisk.Options(
                DiskAddress.parse(disk),
                interfaces,
                new RemoteDiskSettings(failAfterNs, frameLifeMs * 1_000_000, windowCount, sectors),
                (long) (waitSeconds * NS));
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), otherwise);
        }
    }

    private static void describe(DiskStatus status, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s: %.3f GB, serial %s, model %s%n",
                status.address(),
                status.sectors() * 512 / 1e9,
                status.serial(),
                status.model());
        for (DiskStatus.PathStatus path : status.paths()) {
            out.printf(
                    "  %s by %s: %s, %d bytes a frame%n",
                    path.mac(), path.port(), path.standing(), path.sectors() * 512);
        }
        if (!status.durable()) {
            out.println("  durability unknown: the target does not say when a write is on its"
                    + " disk; neither FLUSH nor FUA is offered");
        }
    }
}
