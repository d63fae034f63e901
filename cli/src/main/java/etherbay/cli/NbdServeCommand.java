// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.Loop;
import etherbay.linux.Disk;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.node.NbdFront;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** {@code etherbay nbd serve}: a file or a disk; serves until a signal ends the process. */
@Command(
        name = "serve",
        description = "Serve a file or a block device over NBD.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class NbdServeCommand implements Callable<Integer> {
    private static final long SPIN_NS = 50_000;
    private static final long QUIET_S_MAX = 30;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(paramLabel = "PATH", description = "a file or a block device")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private Path path;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private NbdOptions nbd;

    @Option(
            names = {"-r", "--read-only"},
            description = "take no writes")
    private boolean readOnly;

    @Option(
            names = {"-d", "--direct"},
            description = "past the page cache (default for block devices)")
    private boolean direct;

    @Override
    public Integer call() throws InterruptedException {
        NbdFront.Options options = nbd.front(readOnly)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "Missing required option: '--nbd=ADDRESS'"));
        Counters counters = new Counters();
        LinuxIdler idler = new LinuxIdler();
        Loop loop = new Loop("nbd", Linux.clock(), idler, SPIN_NS);
        CompletableFuture<Void> failure = new CompletableFuture<>();
        try (StopSignal stop = new StopSignal();
                Disk disk = Disk.open(path, diskOptions(), loop, idler, counters);
                NbdFront front = NbdFront.serve(loop, disk, path.toString(), options, counters)) {
            spec.commandLine().getOut().printf("nbd serves %s at %s%n", path, front.address());
            spec.commandLine().getOut().flush();
            Thread thread = loop.start((_, bug) -> failure.completeExceptionally(bug));
            stop.await(failure);
            stopLoop(loop, thread, disk, front);
        } finally {
            idler.close();
        }
        return 0;
    }

    private Disk.Options diskOptions() {
        return Disk.Options.DEFAULT
                .withDirect(direct || Disk.isBlockDevice(path))
                .withReadOnly(readOnly);
    }

    /** No client any more, nothing in flight; then the loop ends and is closed here. */
    private static void stopLoop(Loop loop, Thread thread, Disk disk, NbdFront front)
            throws InterruptedException {
        CompletableFuture<Boolean> quiet = new CompletableFuture<>();
        loop.mailbox().offer(() -> {
            front.close();
            disk.quiesce(() -> quiet.complete(true));
        });
        quiet.completeOnTimeout(false, QUIET_S_MAX, TimeUnit.SECONDS).join();
        loop.stop();
        thread.join();
        loop.adopt();
    }
}
