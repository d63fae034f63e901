// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.conform.Report;
import etherbay.initiator.conform.Suite;
import etherbay.linux.Linux;
import etherbay.node.ClientPort;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code etherbay conform}: the conformance suite against a target of any make. */
@Command(
        name = "conform",
        description = {
            "Check what an AoE target of any make does on the wire.",
            "",
            "Without --write and --masks nothing is changed, and the table says what was not",
            "run. With them the target is changed for moments and put back, also when",
            "interrupted (not after kill -9); meanwhile other users may be shut out.",
            "Exit code 0: each MUST and SHOULD that ran passed; 9: some did not."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ConformCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(paramLabel = "eX.Y", description = "the disk: shelf X, slot Y")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String disk;

    @Option(
            names = "--if",
            paramLabel = "IFACE",
            description = "a NIC, or unix:PATH for a segment (default ${DEFAULT-VALUE})")
    private String interfaceName = "eth0";

    @Option(
            names = "--write",
            description = "also run what changes config string, reservation, write cache and a few"
                    + " sectors; refused when the disk seems to be in use")
    private boolean write;

    @Option(names = "--masks", description = "also run what edits the mask list; vblade dies of it")
    private boolean masks;

    @Option(names = "--force", description = "even if the disk seems to be in use")
    private boolean force;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() {
        DiskAddress address = DiskAddress.parse(disk);
        AtomicBoolean stopped = new AtomicBoolean();
        ConformTable table = new ConformTable(spec.commandLine().getOut(), json);
        Report report;
        // The signal ends the run between two rules; what they changed is put back before that.
        try (StopSignal _ = new StopSignal(() -> stopped.set(true));
                ClientPort wire = ClientPort.open(interfaceName)) {
            long seed = Linux.clock().nanoTime() ^ Linux.clock().wallMillis() << 20;
            AoeClient client =
                    new AoeClient(wire.loop(), wire.port(), AoeClient.Patience.DEFAULT, seed);
            report = Suite.run(
                    client,
                    address,
                    new Suite.Options(
                            write,
                            masks,
                            force,
                            seed,
                            stopped::get,
                            spec.commandLine().getErr()::println,
                            table::add));
            table.end(report);
        }
        requireRestored(address, report);
        return report.conforms() ? 0 : ErrorCode.DEVIATES.exitCode();
    }

    private static void requireRestored(DiskAddress address, Report report) {
        if (!report.notRestored().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.DEVIATES,
                    address + " is not as it was before",
                    String.join("; ", report.notRestored()),
                    "put it back by hand at the target, before anybody uses the disk");
        }
    }
}
