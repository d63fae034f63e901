// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.node.ExportSpec;
import etherbay.node.Node;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.node.StateFolder;
import etherbay.target.AccessRules;
import etherbay.target.ExportSettings;
import etherbay.target.Limits;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code etherbay export}: one disk in one line, with vblade's letters; serves until stopped. */
@Command(
        name = "export",
        description = "Serve a file, a block device or a logical volume as an ATA over Ethernet"
                + " disk.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ExportCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "SHELF", description = "0 to 65534, not 4095")
    private int shelf;

    @Parameters(index = "1", paramLabel = "SLOT", description = "0 to 254")
    private int slot;

    @Parameters(
            index = "2",
            paramLabel = "IFACE",
            description = "a NIC, or unix:PATH for a segment; several with commas")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String interfaces;

    @Parameters(
            index = "3",
            paramLabel = "PATH",
            description = "a file, a block device, VG/LV, nbd://... of an NBD server, or e1.0 of an"
                    + " AoE target; before it delay:..., faulty:..., trace: or read-only:"
                    + " to try an outage")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String path;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private DeviceOptions devices;

    @Option(
            names = {"-b", "--queue-length"},
            paramLabel = "N",
            description = "active requests, also advertised (default ${DEFAULT-VALUE})")
    private int queueLength = Limits.QUEUE_LENGTH_DEFAULT;

    @Option(
            names = {"-d", "--direct"},
            description = "past the page cache (default for block devices)")
    private boolean direct;

    @Option(names = "--buffered", description = "through the page cache (default for files)")
    private boolean buffered;

    @Option(
            names = {"-s", "--sync"},
            description = "write cache off: durable before it is acknowledged")
    private boolean sync;

    @Option(
            names = {"-r", "--read-only"},
            description = "take no writes")
    private boolean readOnly;

    @Option(
            names = {"-m", "--accept"},
            paramLabel = "MAC",
            split = ",",
            description = "serve only these addresses; repeat or separate with commas")
    private List<String> accept = new ArrayList<>();

    @Option(
            names = {"-o", "--offset"},
            paramLabel = "SECTORS",
            description = "first sector of PATH that is served")
    private long offsetSectors;

    @Option(
            names = {"-l", "--length"},
            paramLabel = "SECTORS",
            description = "sectors served (default: all up to the end)")
    private long lengthSectors;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "where config string, masks, reservations and epochs are kept")
    private @Nullable Path state;

    @Option(names = "--force", description = "serve even if another box serves this address")
    private boolean force;

    @Option(names = "--trace-io", description = "log each frame of the export")
    private boolean traceIo;

    @Option(
            names = "--trace-file",
            paramLabel = "FILE",
            description = "--trace-io, and into a capture file for tshark; when it has 256 MiB it"
                    + " becomes FILE.1, in place of the one before")
    private @Nullable Path traceFile;

    @Option(
            names = "--write-log",
            paramLabel = "FILE",
            hidden = true,
            description = "append (epoch, MAC, lba, sectors, checksum) of each executed write")
    private @Nullable Path writeLog;

    @Override
    public Integer call() throws InterruptedException {
        ExportSpec export = exportSpec();
        NodeOptions options = new NodeOptions(export.name(), force, Optional.ofNullable(writeLog));
        PrintWriter out = spec.commandLine().getOut();
        try (StopSignal stop = new StopSignal();
                Node node = Node.start(settings(export), options, out::println)) {
            stop.await(node.failure());
        }
        return 0;
    }

    private NodeSettings settings(ExportSpec export) {
        return new NodeSettings(
                StateFolder.orDefault(state),
                devices.over(ways()).places(),
                List.of(),
                List.of(export));
    }

    private ExportSpec exportSpec() {
        if (direct && buffered) {
            throw new ParameterException(
                    spec.commandLine(), "-d and --buffered exclude each other");
        }
        Optional<Boolean> directIo = direct || buffered ? Optional.of(direct) : Optional.empty();
        ExportSettings settings = ExportSettings.of(shelf, slot)
                .withQueueLength(queueLength)
                .withWriteCache(!sync)
                .withReadOnly(readOnly)
                .withTraceIo(traceIo || traceFile != null)
                .withAccess(AccessRules.accepting(
                        accept.stream().map(ExportCommand::mac).toList()));
        return new ExportSpec(
                settings,
                ways(),
                devices.over(ways()).disk(path),
                Optional.ofNullable(traceFile),
                directIo,
                offsetSectors,
                lengthSectors);
    }

    private List<String> ways() {
        return List.of(interfaces.split(","));
    }

    private static MacAddress mac(String text) {
        MacAddress mac = MacAddress.parse(text)
                .orElseThrow(() -> invalidMac(text, "it is not six hexadecimal octets"));
        if (mac.isGroup()) {
            throw invalidMac(text, "a group address is nobody's own");
        }
        return mac;
    }

    private static EtherbayException invalidMac(String text, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is not the address of an initiator",
                why,
                "give it as in 02:00:00:00:00:01; `ip link` on the initiator shows it");
    }
}
