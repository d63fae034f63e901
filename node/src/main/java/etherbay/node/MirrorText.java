// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.mirror.CheckResult;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.SuperblockFormat;
import etherbay.mirror.SyncProgress;

import io.avaje.jsonb.Jsonb;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How a mirror stands, as text in the manner of {@code mdadm --detail}, and as a document. */
public final class MirrorText {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx", Locale.ROOT);

    private MirrorText() {}

    public static String text(MirrorDetail mirror) {
        List<String> lines = new ArrayList<>();
        lines.add(mirror.name() + ":");
        lines.add(row("Raid Level", "raid1"));
        lines.add(row(
                "Array Size",
                SizeText.R.inText(mirror.sizeSectors()).strip() + ", " + mirror.sizeSectors()
                        + " sectors"));
        lines.add(row("Raid Devices", "" + mirror.legCount()));
        lines.add(row("State", mirror.state()));
        lines.add(row("Copies", copies(mirror)));
        lines.add(row("Intent Bitmap", bitmap(mirror)));
        lines.add(row("Dirty", SizeText.R.inText(mirror.dirtySectors()).strip()));
        lines.add(row("Owner", owner(mirror)));
        lines.add(row("Creation Time", time(mirror.createdUs() / 1000)));
        lines.add(row("Update Time", time(mirror.updatedUs() / 1000)));
        lines.add(row("UUID", SuperblockFormat.text(mirror.arrayId())));
        lines.add(row("Events", Long.toUnsignedString(mirror.events())));
        SyncProgress progress = mirror.progress();
        if (progress != null) {
            lines.add(row(capital(progress.what()), progress(progress)));
        }
        SyncProgress waiting = mirror.waitingCheck();
        if (waiting != null) {
            lines.add(row(capital(waiting.what()), waiting(mirror, waiting)));
        }
        if (!mirror.check().equals(NO_CHECK)) {
            lines.add(row("Last Check", check(mirror.check())));
        }
        lines.add("");
        lines.addAll(legs(mirror));
        return String.join("\n", lines) + "\n";
    }

    public static String waiting(MirrorDetail mirror, SyncProgress check) {
        return "to go on at " + reached(check)
                + (goodCount(mirror) < 2 ? ", when a second leg is in sync" : "");
    }

    private static final CheckResult NO_CHECK = new CheckResult(false, 0, 0, List.of(), List.of());

    private static String row(String name, String value) {
        return "%18s : %s".formatted(name, value);
    }

    private static String capital(String word) {
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    private static String copies(MirrorDetail mirror) {
        long good = goodCount(mirror);
        return good + " good of " + mirror.legCount()
                + (good == 1 && mirror.legCount() > 1 ? ": ONE GOOD COPY" : "");
    }

    private static long goodCount(MirrorDetail mirror) {
        return mirror.legs().stream()
                .filter(leg ->
                        leg.standing().equals("in sync") || leg.standing().equals("trouble"))
                .count();
    }

    public static String bitmap(MirrorDetail mirror) {
        return mirror.bitmap()
                ? "internal, a bit for "
                        + SizeText.R.inText(mirror.chunkSectors()).strip()
                : "none: after a crash everything is copied; etherbay mirror grow " + mirror.name()
                        + " --bitmap adds one";
    }

    private static String owner(MirrorDetail mirror) {
        return mirror.epoch().value() == 0
                ? "nobody here (read only)"
                : "%s, epoch %s, since %s"
                        .formatted(mirror.ownerName(), mirror.epoch(), time(mirror.ownedSinceMs()));
    }

    public static String time(long ms) {
        return ms == 0
                ? "never"
                : TIME.format(Instant.ofEpochMilli(ms).atZone(ZoneId.systemDefault()));
    }

    private static String reached(SyncProgress progress) {
        double share = progress.totalSectors() == 0
                ? 1
                : (double) progress.doneSectors() / progress.totalSectors();
        return String.format(
                Locale.ROOT,
                "%.1f %% of %s",
                share * 100,
                SizeText.R.inText(progress.totalSectors()).strip());
    }

    public static String progress(SyncProgress progress) {
        String eta = progress.etaNs() < 0
                ? ""
                : ", %d s to go".formatted(progress.etaNs() / 1_000_000_000L);
        return String.format(
                Locale.ROOT,
                "%s, %.1f MB/s%s",
                reached(progress),
                progress.bytesPerSecond() / 1e6,
                eta);
    }

    public static String check(CheckResult check) {
        StringBuilder text = new StringBuilder();
        text.append(check.running() ? "so far " : "");
        text.append(
                check.differCount() == 0
                        ? "all legs are the same"
                        : check.differCount() + " sectors differ");
        if (check.mendedCount() > 0) {
            text.append(", ").append(check.mendedCount()).append(" of them mended");
        }
        if (!check.sectors().isEmpty()) {
            text.append("; the first: ")
                    .append(check.sectors().stream()
                            .limit(10)
                            .map(String::valueOf)
                            .reduce((one, other) -> one + " " + other)
                            .orElse(""));
        }
        if (!check.unreadable().isEmpty()) {
            text.append("; could not be read: ").append(String.join(", ", check.unreadable()));
        }
        return text.toString();
    }

    private static List<String> legs(MirrorDetail mirror) {
        List<String> lines = new ArrayList<>();
        lines.add("  %-6s %-4s %-11s %-20s %s".formatted("Number", "Slot", "State", "Leg", ""));
        for (MirrorDetail.LegDetail leg : mirror.legs()) {
            lines.add("  %-6d %-4s %-11s %-20s since %s%s"
                    .formatted(
                            leg.number(),
                            leg.slot() < 0 ? "-" : "" + leg.slot(),
                            leg.standing(),
                            leg.name(),
                            time(leg.sinceMs()),
                            leg.why().isEmpty() ? "" : ": " + leg.why()));
        }
        for (int slot = 0; slot < mirror.legCount(); slot++) {
            int wanted = slot;
            if (mirror.legs().stream().noneMatch(leg -> leg.slot() == wanted)) {
                lines.add("  %-6s %-4d %-11s".formatted("-", slot, "removed"));
            }
        }
        return lines;
    }

    public static String json(MirrorDetail mirror) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", mirror.name());
        fields.put("uuid", SuperblockFormat.text(mirror.arrayId()));
        fields.put("level", "raid1");
        fields.put("state", mirror.state());
        fields.put("sectors", mirror.sizeSectors());
        fields.put("raid_devices", mirror.legCount());
        fields.put("good_copies", goodCount(mirror));
        fields.put("events", mirror.events());
        fields.put("epoch", mirror.epoch().value());
        fields.put("owner", mirror.ownerName());
        fields.put("owner_id", mirror.owner().toString());
        fields.put("owned_since_ms", mirror.ownedSinceMs());
        fields.put("bitmap", mirror.bitmap());
        fields.put("chunk_bytes", mirror.chunkSectors() * 512);
        fields.put("dirty_bytes", mirror.dirtySectors() * 512);
        fields.put("copied_bytes", mirror.copiedSectors() * 512);
        fields.put("hedged_reads", mirror.hedgedCount());
        fields.put("legs", mirror.legs().stream().map(MirrorText::fields).toList());
        SyncProgress progress = mirror.progress();
        if (progress != null) {
            fields.put("progress", fields(progress));
        }
        SyncProgress waiting = mirror.waitingCheck();
        if (waiting != null) {
            fields.put("waiting_check", fields(waiting));
        }
        fields.put("check", fields(mirror.check()));
        return Jsonb.builder().build().toJson(fields);
    }

    private static Map<String, Object> fields(MirrorDetail.LegDetail leg) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", leg.name());
        fields.put("number", leg.number());
        fields.put("slot", leg.slot());
        fields.put("state", leg.standing());
        fields.put("why", leg.why());
        fields.put("since_ms", leg.sinceMs());
        fields.put("uuid", SuperblockFormat.text(leg.deviceId()));
        fields.put("host", leg.host());
        fields.put("read_errors", leg.readErrorCount());
        fields.put("read_latency_ns", leg.latencyNs());
        return fields;
    }

    private static Map<String, Object> fields(SyncProgress progress) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("what", progress.what());
        fields.put("done_bytes", progress.doneSectors() * 512);
        fields.put("total_bytes", progress.totalSectors() * 512);
        fields.put("bytes_per_second", progress.bytesPerSecond());
        fields.put("eta_ns", progress.etaNs());
        return fields;
    }

    public static Map<String, Object> fields(CheckResult check) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("running", check.running());
        fields.put("differ", check.differCount());
        fields.put("mended", check.mendedCount());
        fields.put("sectors", check.sectors());
        fields.put("unreadable", check.unreadable());
        return fields;
    }
}
