// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.aoe.Payload;
import etherbay.base.MacAddress;
import etherbay.node.settings.TableReader.Entry;
import etherbay.target.AccessRules;
import etherbay.target.AccessRules.Right;
import etherbay.target.ExportSettings;
import etherbay.target.Limits;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How an export is served, as far as one table says so: {@code [defaults]} or an {@code
 * [[export]]}. A key that is not there is empty here.
 */
record Served(
        Optional<List<String>> interfaces,
        Optional<Long> queueLength,
        Optional<Long> sectors,
        Optional<Boolean> directIo,
        Optional<Boolean> writeCache,
        Optional<Boolean> traceIo,
        Optional<Path> traceFile,
        Optional<Boolean> broadcast,
        Optional<Boolean> readOnly,
        Access access,
        Optional<Long> maxFrameAgeMs) {

    /** Who may see and use it. */
    record Access(
            Optional<List<MacAddress>> deny,
            Optional<List<MacAddress>> accept,
            Optional<Boolean> acceptsOthers,
            Optional<Map<Right, List<MacAddress>>> rights) {
        static final Access UNSAID =
                new Access(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        Access over(Access defaults) {
            return new Access(
                    deny.or(defaults::deny),
                    accept.or(defaults::accept),
                    acceptsOthers.or(defaults::acceptsOthers),
                    rights.or(defaults::rights));
        }

        AccessRules rules() {
            return new AccessRules(
                    deny.orElse(List.of()),
                    accept.orElse(List.of()),
                    acceptsOthers.orElse(accept.isEmpty()),
                    rights.orElse(Map.of()));
        }
    }

    static final String INTERFACE_DEFAULT = "eth0";

    /** Of {@code sectors}: the sector count of a request has 8 bits. */
    static final long SECTORS_MAX = Payload.SECTORS_MAX;

    /** An initiator has long given up a request of that age. */
    static final long FRAME_AGE_MS_MAX = 60_000;

    static final long NS_PER_MS = 1_000_000;

    static final Served UNSAID = new Served(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Access.UNSAID,
            Optional.empty());

    static Served read(TableReader table, AclBook acl, Problems problems) {
        return new Served(
                interfaces(table, problems),
                table.number(
                        Keys.QUEUE_LENGTH,
                        Limits.QUEUE_LENGTH_MIN,
                        Limits.QUEUE_LENGTH_MAX,
                        Limits.QUEUE_LENGTH_DEFAULT),
                table.number(Keys.SECTORS, 0, SECTORS_MAX, 0),
                table.truth(Keys.DIRECT_IO),
                table.choice(Keys.WRITE_CACHE, "on", "off"),
                table.truth(Keys.TRACE_IO),
                traceFile(table),
                table.truth(Keys.BROADCAST),
                table.truth(Keys.READ_ONLY),
                new Access(
                        acl.addresses(table, Keys.DENY),
                        acl.addresses(table, Keys.ACCEPT),
                        table.choice(Keys.POLICY, "accept", "reject"),
                        rights(table, acl)),
                table.number(
                        Keys.MAX_FRAME_AGE,
                        1,
                        FRAME_AGE_MS_MAX,
                        Limits.FRAME_AGE_NS_DEFAULT / NS_PER_MS));
    }

    static Optional<List<String>> interfaces(TableReader table, Problems problems) {
        Optional<List<Entry>> entries = table.texts(Keys.INTERFACES, INTERFACE_DEFAULT);
        if (entries.isPresent() && entries.get().isEmpty()) {
            table.problem(
                    Keys.INTERFACES,
                    "interfaces is empty",
                    "an export is served on at least one",
                    "write interfaces = [\"eth0\"], or leave it out for that");
            return Optional.empty();
        }
        return entries.map(all -> {
            all.forEach(entry -> InterfaceReader.checkPattern(entry.text(), entry.at(), problems));
            return all.stream().map(Entry::text).distinct().toList();
        });
    }

    private static Optional<Path> traceFile(TableReader table) {
        Optional<Path> file = table.path(Keys.TRACE_FILE, "/var/log/e0.0.pcap");
        file.ifPresent(path -> {
            Path folder = path.toAbsolutePath().getParent();
            if (folder == null || Files.isDirectory(path)) {
                table.problem(
                        Keys.TRACE_FILE,
                        "trace-file " + path + " cannot be written",
                        path + " is a directory",
                        "name a file in it: " + path.resolve("trace.pcap"));
            } else if (!Files.isDirectory(folder)) {
                table.problem(
                        Keys.TRACE_FILE,
                        "trace-file " + path + " cannot be written",
                        "there is no directory " + folder,
                        "name a file in a directory that is there, or make it: mkdir -p " + folder);
            }
        });
        return file;
    }

    private static Optional<Map<Right, List<MacAddress>>> rights(TableReader table, AclBook acl) {
        return table.table(Keys.RIGHTS, Keys.RIGHTS, "rights = { write = [\"hosts\"] }")
                .map(rights -> {
                    rights.refuseOthers(Keys.OF_RIGHTS);
                    Map<Right, List<MacAddress>> lists = new EnumMap<>(Right.class);
                    for (Right right : Right.values()) {
                        acl.addresses(rights, right.name().toLowerCase(Locale.ROOT))
                                .ifPresent(macs -> lists.put(right, macs));
                    }
                    return lists;
                });
    }

    /** What is not said here is taken from {@code defaults}. */
    Served over(Served defaults) {
        return new Served(
                interfaces.or(defaults::interfaces),
                queueLength.or(defaults::queueLength),
                sectors.or(defaults::sectors),
                directIo.or(defaults::directIo),
                writeCache.or(defaults::writeCache),
                traceIo.or(defaults::traceIo),
                traceFile.or(defaults::traceFile),
                broadcast.or(defaults::broadcast),
                readOnly.or(defaults::readOnly),
                access.over(defaults.access),
                maxFrameAgeMs.or(defaults::maxFrameAgeMs));
    }

    /** The settings of that address; what nobody said has the default of the program. */
    ExportSettings settings(int shelf, int slot) {
        ExportSettings base = ExportSettings.of(shelf, slot);
        return base.withQueueLength(
                        queueLength.orElse((long) base.queueLength()).intValue())
                .withSectorsMax(sectors.orElse((long) base.sectorsMax()).intValue())
                .withWriteCache(writeCache.orElse(base.writeCache()))
                .withTraceIo(traceIo.orElse(base.traceIo()))
                .withBroadcast(broadcast.orElse(base.broadcast()))
                .withReadOnly(readOnly.orElse(base.readOnly()))
                .withAccess(access.rules())
                .withFrameAgeNsMax(
                        maxFrameAgeMs.map(ms -> ms * NS_PER_MS).orElse(base.frameAgeNsMax()));
    }
}
