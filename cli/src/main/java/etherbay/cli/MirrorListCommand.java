// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.mirror.LegReader;
import etherbay.mirror.Superblock;
import etherbay.mirror.SuperblockFormat;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay mirror list}: which mirrors are there, by what stands on the disks. */
@Command(
        name = "list",
        description = "Print the mirrors whose legs answer, and those held by this machine.",
        mixinStandardHelpOptions = true)
final class MirrorListCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "LEG",
            description = "further places to look at: a file, a block device, VG/LV, nbd://...")
    private List<String> places = new ArrayList<>();

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private MirrorOptions options;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        List<LegReader.Outcome> seen = AttachedMirror.look(
                options.options("", places, MirrorOptions.How.READ_ONLY),
                !options.isLocal(places),
                new Counters());
        List<Map<String, Object>> rows = new ArrayList<>();
        for (LegReader.Outcome outcome : seen) {
            LegReader.Found found = outcome.found();
            EtherbayException why = outcome.why();
            if (found != null) {
                rows.add(row(found));
            } else if (why != null) {
                spec.commandLine().getErr().println(why.getMessage() + ": " + why.why());
            }
        }
        List<String> held = ControlSocket.held(options.stateFolder());
        if (json) {
            out.println(JsonText.of(Map.of("legs", rows, "held", held)));
        } else {
            print(out, rows, held);
        }
        out.flush();
    }

    private static Map<String, Object> row(LegReader.Found found) {
        Superblock superblock = found.reading().superblock();
        int role = superblock.role();
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", superblock.name());
        row.put("leg", found.part().name());
        row.put(
                "role",
                role < superblock.legCount()
                        ? "slot " + role
                        : role == Superblock.FAULTY ? "faulty" : "spare");
        row.put("state", superblock.isClean() ? "clean" : "active");
        row.put("events", superblock.events());
        row.put("sectors", superblock.sizeSectors());
        row.put(
                "owner",
                found.reading()
                        .claim()
                        .map(claim -> claim.released()
                                ? ""
                                : claim.ownerName() + " (epoch " + claim.epoch() + ")")
                        .orElse(""));
        row.put("uuid", SuperblockFormat.text(superblock.arrayId()));
        return row;
    }

    private static void print(PrintWriter out, List<Map<String, Object>> rows, List<String> held) {
        if (rows.isEmpty() && held.isEmpty()) {
            out.println("no mirror");
            return;
        }
        out.println("%-16s %-12s %-8s %-7s %8s  %s"
                .formatted("NAME", "LEG", "ROLE", "STATE", "EVENTS", "OWNER"));
        for (Map<String, Object> row : rows) {
            out.println("%-16s %-12s %-8s %-7s %8s  %s"
                    .formatted(
                            row.get("name"),
                            row.get("leg"),
                            row.get("role"),
                            row.get("state"),
                            row.get("events"),
                            row.get("owner")));
        }
        held.forEach(name -> out.println(name + " is held by a process of this machine"));
    }
}
