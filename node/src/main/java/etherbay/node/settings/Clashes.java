// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.nbd.NbdUri;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.settings.ExportReader.Asked;

import org.tomlj.TomlPosition;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What each export may do alone and no two may do together. */
final class Clashes {
    private final Map<String, Asked> byName = new HashMap<>();
    private final Map<Path, Asked> byTraceFile = new HashMap<>();
    private final Map<Object, List<Asked>> writersByBacking = new HashMap<>();
    private final Problems problems;

    private Clashes(Problems problems) {
        this.problems = problems;
    }

    /** Notes every export that cannot be beside one that stands before it. */
    static void check(List<Asked> exports, Problems problems) {
        Clashes clashes = new Clashes(problems);
        for (Asked asked : exports) {
            clashes.checkAddress(asked);
            clashes.checkTraceFile(asked);
            clashes.checkBacking(asked);
        }
    }

    private static String place(Asked asked) {
        TomlPosition at = asked.table().at();
        return "the one in line " + (at == null ? 1 : at.line());
    }

    private void checkAddress(Asked asked) {
        Asked other = byName.putIfAbsent(asked.spec().name(), asked);
        if (other != null) {
            asked.table()
                    .problem(
                            Keys.SHELF,
                            asked.spec().name() + " is there twice",
                            place(other) + " has this address, and it is one disk to initiators"
                                    + " whatever the interface",
                            "choose another shelf or slot; for two paths to one disk name both"
                                    + " interfaces in one export");
        }
    }

    private void checkTraceFile(Asked asked) {
        asked.spec().traceFile().ifPresent(file -> {
            Asked other = byTraceFile.putIfAbsent(file.toAbsolutePath().normalize(), asked);
            if (other != null) {
                asked.table()
                        .problem(
                                Keys.TRACE_FILE,
                                "trace-file " + file + " is there twice",
                                place(other) + " writes it, and two would tear each other's frames",
                                "give each export a file of its own");
            }
        });
    }

    private void checkBacking(Asked asked) {
        ExportSpec spec = asked.spec();
        if (spec.takesNoWrites()) {
            return;
        }
        List<Asked> writers =
                writersByBacking.computeIfAbsent(identity(spec.backing()), _ -> new ArrayList<>());
        writers.stream()
                .filter(other -> overlap(other.spec(), spec))
                .findFirst()
                .ifPresent(other -> problems.add(
                        asked.table().at(asked.table().has(Keys.PATH) ? Keys.PATH : Keys.UUID),
                        spec.backing() + " is exported twice for writing",
                        place(other) + " exports it as " + other.spec().name()
                                + ", and initiators would overwrite each other's data",
                        "name both interfaces in one export, set read-only = true in all but one,"
                                + " or keep them apart with offset and length"));
        writers.add(asked);
    }

    private static boolean overlap(ExportSpec a, ExportSpec b) {
        return a.offsetSectors() < end(b) && b.offsetSectors() < end(a);
    }

    private static long end(ExportSpec spec) {
        return spec.lengthSectors() == 0
                ? Long.MAX_VALUE
                : spec.offsetSectors() + spec.lengthSectors();
    }

    /** Equal for names of one disk, as far as the names alone tell. */
    private static Object identity(BackingName backing) {
        return switch (backing) {
            case BackingName.AtPath(Path path) -> realPath(path);
            case BackingName.AtNbd(NbdUri uri) -> uri;
            case BackingName.AtAoe at -> at;
            case BackingName.WithUuid with -> with.comparable();
            case BackingName.Decorated(var _, BackingName bare) -> identity(bare);
        };
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException notThere) {
            return path.toAbsolutePath().normalize();
        }
    }
}
