// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Path;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Traffic;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A thing of a report that has a name, and what of it stands still while only traffic flows: two
 * are the same for a watcher when the still parts are equal.
 *
 * @param kind "export", "interface", "rogue", "disk", "mirror", "volume", "peer",
 *     "guest"
 * @param object the record of the report
 * @param still the same record with what traffic moves set to zero
 */
public record ReportObject(String kind, String name, Record object, Record still) {

    /** {@code mirror vm1}, as events and health name it. */
    public String title() {
        return kind + " " + name;
    }

    /** All things of a report by their titles, in its order. */
    public static Map<String, ReportObject> all(NodeReport report) {
        Map<String, ReportObject> all = new LinkedHashMap<>();
        report.exports().forEach(it -> put(all, "export", it.name(), it, still(it)));
        report.interfaces().forEach(it -> put(all, "interface", it.name(), it, it));
        report.rogues().forEach(it -> put(all, "rogue", rogueName(it), it, still(it)));
        report.disks().forEach(it -> put(all, "disk", it.name(), it, still(it)));
        report.mirrors().forEach(it -> put(all, "mirror", it.name(), it, it));
        report.volumes().forEach(it -> put(all, "volume", it.name(), it, it));
        report.peers().forEach(it -> put(all, "peer", it.name(), it, still(it)));
        report.guests().forEach(it -> put(all, "guest", it.name(), it, it));
        return all;
    }

    private static void put(
            Map<String, ReportObject> all, String kind, String name, Record object, Record still) {
        all.put(kind + " " + name, new ReportObject(kind, name, object, still));
    }

    private static String rogueName(Rogue rogue) {
        return "%s %s %s".formatted(rogue.export(), rogue.interfaceName(), rogue.theirs());
    }

    private static Export still(Export it) {
        return new Export(
                it.name(),
                it.origin(),
                it.backing(),
                it.sectors(),
                it.writeCache(),
                it.readOnly(),
                it.traceIo(),
                it.syncFailed(),
                0,
                0,
                it.warnings(),
                it.interfaces(),
                it.access(),
                it.initiators().stream().map(ReportObject::still).toList(),
                Traffic.NONE,
                NodeReport.Times.NONE,
                NodeReport.Times.NONE,
                it.trouble());
    }

    private static Initiator still(Initiator it) {
        return new Initiator(
                it.mac(), it.interfaceName(), it.firstMs(), 0, it.neverFlushes(), 0, Traffic.NONE);
    }

    private static Rogue still(Rogue it) {
        return new Rogue(
                it.export(), it.interfaceName(), it.theirs(), it.ours(), it.firstMs(), 0, 0);
    }

    private static Disk still(Disk it) {
        return new Disk(
                it.name(),
                it.origin(),
                it.state(),
                it.sectors(),
                it.nbd(),
                it.paths().stream()
                        .map(path -> new Path(
                                path.interfaceName(), path.mac(), path.state(), 0, 0, 0, 0))
                        .toList(),
                it.trouble());
    }

    private static Peer still(Peer it) {
        return new Peer(
                it.name(),
                it.address(),
                it.state(),
                it.health(),
                it.version(),
                it.sinceMs(),
                0,
                it.certificateEndsMs(),
                it.trouble());
    }
}
