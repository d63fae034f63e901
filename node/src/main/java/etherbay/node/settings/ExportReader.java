// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.target.Limits;

import java.util.List;
import java.util.Optional;

/** Reads one table {@code [[export]]}. */
final class ExportReader {
    /** LBA has 48 bits. */
    static final long SECTORS_MAX = (1L << 48) - 1;

    /** An export, and the table that asked for it. */
    record Asked(ExportSpec spec, TableReader table) {}

    private final AclBook acl;
    private final Served defaults;
    private final Problems problems;

    ExportReader(AclBook acl, Served defaults, Problems problems) {
        this.acl = acl;
        this.defaults = defaults;
        this.problems = problems;
    }

    /** Empty if it has no usable address or backing; all its problems are noted anyway. */
    Optional<Asked> read(TableReader table) {
        table.refuseOthers(Keys.OF_EXPORT);
        Optional<Long> shelf = shelf(table);
        Optional<Long> slot = required(table, Keys.SLOT, Limits.SLOT_MAX);
        long offset = table.number(Keys.OFFSET, 0, SECTORS_MAX, 0).orElse(0L);
        long length = table.number(Keys.LENGTH, 0, SECTORS_MAX, 0).orElse(0L);
        Served served = Served.read(table, acl, problems).over(defaults);
        List<String> interfaces = served.interfaces().orElse(List.of(Served.INTERFACE_DEFAULT));
        Optional<BackingName> backing = backing(table, interfaces);
        if (shelf.isEmpty() || slot.isEmpty() || backing.isEmpty()) {
            return Optional.empty();
        }
        ExportSpec spec = new ExportSpec(
                served.settings(shelf.get().intValue(), slot.get().intValue()),
                interfaces,
                backing.get(),
                served.traceFile(),
                served.directIo(),
                offset,
                length);
        return Optional.of(new Asked(spec, table));
    }

    private static Optional<Long> shelf(TableReader table) {
        Optional<Long> shelf = required(table, Keys.SHELF, Limits.SHELF_MAX);
        if (shelf.isPresent() && shelf.get() == Limits.SHELF_FORBIDDEN) {
            table.problem(
                    Keys.SHELF,
                    "shelf = 4095 cannot be served",
                    "the Linux driver takes it for a mis-set switch and ignores the target",
                    "write another shelf from 0 to 65534");
            return Optional.empty();
        }
        return shelf;
    }

    private static Optional<Long> required(TableReader table, String key, long most) {
        if (!table.has(key)) {
            table.problem(
                    key,
                    "an [[export]] has no " + key,
                    "shelf and slot are its address, which initiators see as eX.Y",
                    "add " + key + " = 0, from 0 to " + most);
        }
        return table.number(key, 0, most, 0);
    }

    private static Optional<BackingName> backing(TableReader table, List<String> interfaces) {
        Optional<BackingName> path = table.parsed(
                Keys.PATH, "/srv/disk.img", text -> BackingName.ofPath(text, interfaces));
        Optional<BackingName> uuid = table.parsed(
                Keys.UUID, "0b11a2c3-5a5d-4e0e-9d5c-1f2e3d4c5b6a", BackingName::ofUuid);
        if (table.has(Keys.PATH) == table.has(Keys.UUID)) {
            boolean both = table.has(Keys.PATH);
            table.problem(
                    both ? Keys.UUID : Keys.PATH,
                    both ? "path and uuid exclude each other" : "an [[export]] has no path",
                    both ? "both name the disk" : "it is the disk that is served",
                    both ? "leave out one of them" : "add path = \"/srv/disk.img\", or a uuid");
            return Optional.empty();
        }
        return path.or(() -> uuid);
    }
}
