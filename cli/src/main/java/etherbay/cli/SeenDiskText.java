// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.aoe.IdentifyData;
import etherbay.initiator.Durability;
import etherbay.initiator.tools.SeenDisk;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A disk that was found, as aoe-stat of aoetools prints it, at length, and as JSON. */
final class SeenDiskText {
    /** What answers is up; what does not is not found. */
    private static final String STATE = "up";

    private SeenDiskText() {}

    /** The line of aoe-stat, for drivers that tell the payload, to the last blank. */
    static String line(SeenDisk disk) {
        return "%10s %15s %10s %-5s %-14s"
                .formatted(
                        disk.disk(),
                        StatTable.size(disk.sectors()),
                        disk.interfaces(),
                        disk.payloadBytes(),
                        STATE);
    }

    /** What --long adds below it. */
    static String details(SeenDisk disk) {
        StringBuilder text = new StringBuilder();
        disk.identity().ifPresent(block -> {
            IdentifyData data = block.data();
            detail(text, "model", data.model() + ", firmware " + data.firmware());
            detail(text, "serial", data.serial());
            detail(text, "durability", Durability.of(data).word());
            data.vendor().ifPresent(ours -> {
                detail(text, "incarnation", hex(ours.incarnation()));
                detail(text, "epoch", Long.toUnsignedString(ours.epoch()));
            });
        });
        disk.paths()
                .forEach(path -> detail(
                        text,
                        "path",
                        "%s %s, %d buffers, %d sectors"
                                .formatted(
                                        path.port().name(),
                                        path.mac(),
                                        path.config().bufferCount(),
                                        path.statedSectors())));
        return text.toString().stripTrailing();
    }

    private static void detail(StringBuilder text, String what, String value) {
        text.append("%10s %-12s %s%n".formatted("", what, value));
    }

    static Map<String, Object> object(SeenDisk disk) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("disk", disk.disk().toString());
        values.put("sectors", disk.sectors());
        values.put("interfaces", disk.interfaces());
        values.put("payloadBytes", disk.payloadBytes());
        values.put("state", STATE);
        disk.identity().ifPresent(block -> {
            IdentifyData data = block.data();
            values.put("serial", data.serial());
            values.put("model", data.model());
            values.put("firmware", data.firmware());
            values.put("durability", Durability.of(data).word());
            data.vendor().ifPresent(ours -> {
                values.put("incarnation", hex(ours.incarnation()));
                values.put("epoch", Long.toUnsignedString(ours.epoch()));
            });
        });
        values.put("paths", disk.paths().stream().map(PathText::object).toList());
        return values;
    }

    /** As {@code etherbay state show} prints it. */
    static String hex(long incarnation) {
        return String.format(Locale.ROOT, "%016x", incarnation);
    }
}
