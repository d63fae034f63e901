// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.node.BackingName;
import etherbay.node.LocalDisk;
import etherbay.node.NbdFront;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code etherbay nbd serve}: a file or a disk; serves until a signal ends the process. */
@Command(
        name = "serve",
        description = "Serve a file, a block device or a logical volume over NBD.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class NbdServeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(
            paramLabel = "PATH",
            description = "a file, a block device, VG/LV, nbd://... of an NBD server, or e1.0 of an"
                    + " AoE target; before it delay:..., faulty:..., trace: or read-only:"
                    + " to try an outage")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String path;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private NbdOptions nbd;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private DeviceOptions devices;

    @Option(
            names = {"-r", "--read-only"},
            description = "take no writes")
    private boolean readOnly;

    @Option(
            names = {"-d", "--direct"},
            description = "past the page cache (default for block devices)")
    private boolean direct;

    @Option(names = "--buffered", description = "through the page cache (default for files)")
    private boolean buffered;

    @Override
    public Integer call() throws InterruptedException {
        NbdFront.Options options = nbd.front(readOnly)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "Missing required option: '--nbd=ADDRESS'"));
        if (direct && buffered) {
            throw new ParameterException(
                    spec.commandLine(), "-d and --buffered exclude each other");
        }
        BackingName name = devices.disk(path);
        Optional<Boolean> directIo = direct || buffered ? Optional.of(direct) : Optional.empty();
        Counters counters = new Counters();
        PrintWriter out = spec.commandLine().getOut();
        try (StopSignal stop = new StopSignal();
                LocalDisk disk = LocalDisk.open(
                        "nbd",
                        name,
                        new LocalDisk.Options(readOnly, directIo, devices.places()),
                        counters);
                NbdFront front = NbdFront.serve(
                        disk.loop(), disk.device(), disk.toString(), options, counters)) {
            name.warnings().forEach(warning -> out.println("warning: " + warning));
            out.printf("nbd serves %s at %s%n", disk, front.address());
            out.flush();
            disk.start();
            try {
                stop.await(disk.failure());
            } finally {
                disk.stop(front::close);
            }
        }
        return 0;
    }
}
