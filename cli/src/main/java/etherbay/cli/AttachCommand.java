// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.AttachedDisk;
import etherbay.node.NbdFront;
import etherbay.node.StateFolder;
import etherbay.node.device.DeviceData;
import etherbay.node.device.DeviceSettings;
import etherbay.node.device.KernelDevice;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** {@code etherbay attach}: an AoE disk for NBD clients, until a signal ends the process. */
@Command(
        name = "attach",
        description = {
            "Use an AoE disk without the kernel's aoe driver, or a mirror of some by its name:",
            "over NBD, or as a block device.",
            "",
            "  etherbay attach e1.0 --if eth1 --nbd unix:/run/e1.0",
            "  etherbay attach e1.0 --if eth1,eth2 --device",
            "  etherbay attach web --if eth1 --nbd unix:/run/web",
            "  qemu-system-x86_64 ... -drive file=nbd+unix:///?socket=/run/e1.0,format=raw",
            "",
            "A target that is away for less than --fail-after is waited for. Ends with SIGTERM,",
            "when all that was asked is done."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class AttachCommand implements Callable<Integer> {
    private static final double NS = 1e9;
    private static final double WAIT_S_MIN = 0.001;
    private static final double WAIT_S_MAX = 1e6;

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

    @Parameters(
            paramLabel = "eX.Y|NAME",
            description = "the disk: shelf X, slot Y; or a mirror, whose legs are looked for")
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
            names = "--device",
            description = {
                "a block device, /dev/etherbay/eX.Y, by the kernel's NBD driver. One that is in",
                "use when this is stopped, or killed, stays and waits; the same command takes it",
                "over"
            })
    private boolean device;

    @Option(
            names = "--take-over",
            description = "of a mirror: although another node owns it; that one is fenced first")
    private boolean takeOver;

    @Option(names = "--state", paramLabel = "DIR", description = "what remembers the device")
    private @Nullable Path state;

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
        if (!disk.matches("e[0-9]+\\.[0-9]+")) {
            return attachMirror();
        }
        require(!takeOver, "--take-over is for mirrors");
        disk = DiskAddress.parse(disk).toString(); // e01.0 is e1.0: one socket, record and link
        require(device || state == null, "--state is for --device");
        NbdFront.Options front = front();
        Counters counters = new Counters();
        try (StopSignal stop = new StopSignal();
                AttachedDisk attached = AttachedDisk.open(options(), counters);
                NbdFront served =
                        NbdFront.serve(attached.loop(), attached.disk(), disk, front, counters)) {
            PrintWriter out = spec.commandLine().getOut();
            describe(attached.disk().status(), out);
            out.printf("nbd serves %s at %s%n", disk, served.address());
            out.flush();
            Runnable tellPaths = attached.report(this::tell);
            attached.start();
            try {
                if (device) {
                    lookAfterDevice(
                            front, stop, attached.data(), attached.failure(), attached::onGrowth);
                } else {
                    stop.await(attached.failure());
                }
            } finally {
                attached.stop(served::close);
            }
            tellPaths.run();
        }
        return 0;
    }

    private int attachMirror() throws InterruptedException {
        boolean tuned = spec.commandLine().getParseResult().matchedOptions().stream()
                .anyMatch(option -> List.of(
                                "--fail-after", "--frame-life", "--queue-length", "--sectors")
                        .contains(option.longestName()));
        require(!tuned, "that option is for a disk; see `etherbay mirror assemble --help`");
        Path folder = StateFolder.orDefault(state);
        NbdFront.Options front = front();
        MirrorHold.Keeper keeper = device
                ? (stop, mirror, ended) ->
                        lookAfterDevice(front, stop, mirror.data(), ended, mirror::onGrowth)
                : MirrorHold.Keeper.PLAIN;
        return MirrorHold.run(
                spec.commandLine(),
                MirrorOptions.attached(
                        disk,
                        interfaces,
                        LookOptions.waitNs(waitSeconds, WAIT_S_MIN, WAIT_S_MAX),
                        new MirrorOptions.How(readOnly, takeOver, false),
                        folder),
                folder,
                Optional.of(front),
                keeper);
    }

    /** Where it is served: for a device alone, on a socket of its own in the state folder. */
    private NbdFront.Options front() {
        Optional<NbdFront.Options> asked = nbd.front(readOnly);
        if (asked.isPresent()) {
            boolean unix = asked.get().address() instanceof NbdAddress.Unix;
            require(unix || !device, "--device wants --nbd unix:PATH, or no --nbd at all");
            return asked.get();
        }
        require(device, "Missing required option: '--nbd=ADDRESS' or '--device'");
        require(!nbd.isIncomplete(), "--name, --tls and --tls-dir are for --nbd ADDRESS");
        Path folder = StateFolder.orDefault(state).resolve("run");
        try {
            Files.createDirectories(folder);
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "no socket in " + folder,
                    cause.toString(),
                    "see that the folder can be written to, or name another with --state");
        }
        return new NbdFront.Options(
                new NbdAddress.Unix(folder.resolve("attach-" + disk)),
                "",
                readOnly,
                TlsMode.OFF,
                Optional.empty());
    }

    private void lookAfterDevice(
            NbdFront.Options front,
            StopSignal stop,
            DeviceData data,
            CompletableFuture<Void> failure,
            Consumer<Runnable> onGrowth)
            throws InterruptedException {
        if (!(front.address() instanceof NbdAddress.Unix socket)) {
            throw new IllegalStateException("a device is made of a Unix socket");
        }
        DeviceSettings settings =
                DeviceSettings.of(disk, StateFolder.orDefault(state), socket.path(), front.name());
        try (KernelDevice made = KernelDevice.open(settings, data)) {
            onGrowth.accept(made::grow);
            tell("%s: %s is %s%s"
                    .formatted(
                            disk,
                            made.link().orElse(made.path()),
                            made.path(),
                            made.takenOver() ? ", taken over" : ""));
            CompletableFuture<Void> ended =
                    CompletableFuture.anyOf(made.gone(), failure).thenAccept(_ -> {});
            stop.await(ended);
            if (made.gone().isDone()) {
                tell(disk + ": the device was ended by another command");
            } else if (made.end()) {
                tell(disk + ": the device has ended");
            } else {
                tell(disk + ": the device is in use and stays, what it is asked waits; give the"
                        + " same command again, or umount and `etherbay nbd disconnect " + disk
                        + "`");
            }
        }
    }

    private void tell(String what) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(what);
        err.flush();
    }

    private AttachedDisk.Options options() {
        require(frameLifeMs > 0 && frameLifeMs <= 60_000, "--frame-life is 1 to 60000 ms");
        require(windowCount > 0 && windowCount <= 1024, "--queue-length is 1 to 1024");
        require(sectors > 0 && sectors <= 255, "--sectors is 1 to 255");
        return new AttachedDisk.Options(
                DiskAddress.parse(disk),
                interfaces,
                new RemoteDiskSettings(failAfterNs, frameLifeMs * 1_000_000, windowCount, sectors),
                LookOptions.waitNs(waitSeconds, WAIT_S_MIN, WAIT_S_MAX));
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
