// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.node.ExportSpec;
import etherbay.node.held.HeldSpec;
import etherbay.node.settings.ExportReader.Asked;
import etherbay.node.settings.HeldReader.AskedHeld;

import org.tomlj.TomlPosition;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each table may say alone and no two may say together, whether they stand in one text or in
 * two. The one that comes later has the problem.
 */
final class Clashes {
    private final Map<String, TableReader> byName = new HashMap<>();
    private final Map<Path, TableReader> byTraceFile = new HashMap<>();
    private final Map<String, TableReader> byNbd = new HashMap<>();
    private final DiskClashes disks = new DiskClashes();

    /** Notes every table that cannot be beside one that was checked before it. */
    void check(List<Asked> exports, List<AskedHeld> held) {
        for (Asked asked : exports) {
            checkAddress(asked);
            checkTraceFile(asked);
            disks.check(asked);
        }
        for (AskedHeld asked : held) {
            checkName(asked);
            checkNbd(asked);
            disks.check(asked);
        }
    }

    /** Where another table stands, as a person finds it who reads {@code from}. */
    static String place(TableReader other, TableReader from) {
        TomlPosition at = other.at();
        int line = at == null ? 1 : at.line();
        int column = at == null ? 1 : at.column();
        return other.file().equals(from.file())
                ? "the one in line " + line
                : "the one at %s:%d:%d".formatted(other.file(), line, column);
    }

    private void checkAddress(Asked asked) {
        ExportSpec spec = asked.spec();
        TableReader other = byName.putIfAbsent(spec.name(), asked.table());
        if (other != null) {
            asked.table()
                    .problem(
                            Keys.SHELF,
                            spec.name() + " is there twice",
                            place(other, asked.table())
                                    + " has this address, and it is one disk to initiators"
                                    + " whatever the interface",
                            "choose another shelf or slot; for two paths to one disk name both"
                                    + " interfaces in one export");
        }
    }

    private void checkTraceFile(Asked asked) {
        asked.spec().traceFile().ifPresent(file -> {
            TableReader other =
                    byTraceFile.putIfAbsent(file.toAbsolutePath().normalize(), asked.table());
            if (other != null) {
                asked.table()
                        .problem(
                                Keys.TRACE_FILE,
                                "trace-file " + file + " is there twice",
                                place(other, asked.table())
                                        + " writes it, and two would tear each other's frames",
                                "give each export a file of its own");
            }
        });
    }

    private void checkName(AskedHeld asked) {
        HeldSpec spec = asked.spec();
        TableReader other = byName.putIfAbsent(spec.key(), asked.table());
        if (other != null) {
            asked.table()
                    .problem(
                            nameKey(spec),
                            "the " + spec.key() + " is there twice",
                            place(other, asked.table()) + " has it already",
                            "leave out one of them; all interfaces and all that is said of it"
                                    + " belong into one table");
        }
    }

    static String nameKey(HeldSpec spec) {
        return switch (spec) {
            case HeldSpec.Disk _ -> Keys.ADDRESS;
            case HeldSpec.Mirror _ -> Keys.NAME;
            case HeldSpec.Volume _ -> Keys.PATH;
        };
    }

    private void checkNbd(AskedHeld asked) {
        asked.spec().front().ifPresent(front -> {
            String address = front.address().toString();
            TableReader other = byNbd.putIfAbsent(address, asked.table());
            if (other != null) {
                asked.table()
                        .problem(
                                Keys.NBD,
                                "nbd = " + Value.quoted(address) + " is there twice",
                                place(other, asked.table()) + " is offered there",
                                "give each an address of its own");
            }
        });
    }
}
