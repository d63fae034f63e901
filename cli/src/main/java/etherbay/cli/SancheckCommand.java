// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.aoe.AtaHeader;
import etherbay.base.ErrorCode;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.tools.CheckedPath;
import etherbay.initiator.tools.Checkup;
import etherbay.initiator.tools.Complaint;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.LocalPort;
import etherbay.initiator.tools.PathProbe;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code etherbay sancheck}: what really passes each path, and what is wrong. */
@Command(
        name = "sancheck",
        description = {
            "Measure every path to every disk, and say what is wrong and what to do.",
            "",
            "Sends IDENTIFY with padding, reads the first sectors, a burst; writes nothing.",
            "Exit code 0: nothing is wrong; 9: something is; 8: no disk answers."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SancheckCommand implements Callable<Integer> {
    private static final String INTERFACE_COLUMNS = "%-12s %-17s %6s%n";
    private static final String PATH_COLUMNS = "%-10s %-17s %-12s %6s %6s %6s %10s %10s%n";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    private LookOptions look = new LookOptions();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (OpenPorts ports = look.open()) {
            long waitNs = look.waitNs();
            List<FoundPath> found = ports.all().stream()
                    .flatMap(port -> port.find(DiskAddress.ALL, waitNs).stream())
                    .toList();
            List<CheckedPath> paths = CheckedPath.measure(found);
            List<Complaint> complaints = Checkup.of(paths);
            if (paths.isEmpty() && !look.json()) {
                throw LookOptions.nothingAnswers(ports);
            }
            if (look.json()) {
                out.println(JsonText.of(document(ports.all(), paths, complaints)));
            } else {
                print(out, ports.all(), paths, complaints);
            }
            out.flush();
            if (paths.isEmpty()) {
                throw LookOptions.nothingAnswers(ports);
            }
            boolean wrong =
                    complaints.stream().anyMatch(complaint -> complaint.kind().isWrong());
            return wrong ? ErrorCode.DEVIATES.exitCode() : 0;
        }
    }

    private static void print(
            PrintWriter out,
            List<LocalPort> ports,
            List<CheckedPath> paths,
            List<Complaint> complaints) {
        out.printf(INTERFACE_COLUMNS, "interface", "address", "mtu");
        ports.forEach(port -> out.printf(
                INTERFACE_COLUMNS,
                port.name(),
                port.client().mac(),
                port.client().mtu()));
        out.println();
        out.printf(
                PATH_COLUMNS,
                "disk",
                "address",
                "interface",
                "states",
                "out",
                "in",
                "lost",
                "burst");
        paths.forEach(path -> printPath(out, path));
        out.println();
        for (Complaint complaint : complaints) {
            out.printf(
                    "%s: %s%n    do: %s%n",
                    complaint.kind().isWrong() ? "WRONG" : "note",
                    complaint.what(),
                    complaint.cure());
        }
        if (complaints.stream().noneMatch(complaint -> complaint.kind().isWrong())) {
            out.println("nothing is wrong");
        }
    }

    /** Payloads are in bytes of data: what the target states, what passes to it, and back. */
    private static void printPath(PrintWriter out, CheckedPath path) {
        PathProbe.Result probe = path.probe();
        out.printf(
                PATH_COLUMNS,
                path.found().disk(),
                path.found().mac(),
                path.found().port().name(),
                bytes(path.found().statedSectors()),
                bytes(probe.outSectors()),
                bytes(probe.inSectors()),
                probe.lostCount() + "/" + probe.roundCount(),
                probe.burstLostCount() + "/" + probe.burstCount());
    }

    private static int bytes(int sectors) {
        return sectors * AtaHeader.SECTOR_BYTES;
    }

    private static Map<String, Object> document(
            List<LocalPort> ports, List<CheckedPath> paths, List<Complaint> complaints) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put(
                "interfaces",
                ports.stream().map(SancheckCommand::interfaceObject).toList());
        document.put("paths", paths.stream().map(SancheckCommand::pathObject).toList());
        document.put(
                "complaints",
                complaints.stream().map(SancheckCommand::complaintObject).toList());
        return document;
    }

    private static Map<String, Object> interfaceObject(LocalPort port) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("name", port.name());
        values.put("mac", port.client().mac().toString());
        values.put("mtu", port.client().mtu());
        return values;
    }

    private static Map<String, Object> pathObject(CheckedPath path) {
        PathProbe.Result probe = path.probe();
        Map<String, Object> values = PathText.object(path.found());
        values.put("outBytes", bytes(probe.outSectors()));
        values.put("inBytes", bytes(probe.inSectors()));
        values.put("rounds", probe.roundCount());
        values.put("lost", probe.lostCount());
        values.put("burst", probe.burstCount());
        values.put("burstLost", probe.burstLostCount());
        path.identity().ifPresent(block -> values.put("serial", block.data().serial()));
        return values;
    }

    private static Map<String, Object> complaintObject(Complaint complaint) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("kind", complaint.kind().name().toLowerCase(Locale.ROOT));
        values.put("wrong", complaint.kind().isWrong());
        values.put("what", complaint.what());
        values.put("cure", complaint.cure());
        return values;
    }
}
