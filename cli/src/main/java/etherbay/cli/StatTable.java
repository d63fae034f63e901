// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import io.avaje.jsonb.Jsonb;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The status of one process, made readable; size and payload are written as aoe-stat does. */
final class StatTable {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final long SECTORS_TO_BYTES_IN_THOUSANDTHS_OF_MB = 512_000;

    private final Map<String, Object> status;
    private final Map<String, Object> counters;

    StatTable(String document) {
        status = object(Jsonb.builder().build().type(Object.class).fromJson(document));
        counters = object(status.get("counters"));
    }

    void print(PrintWriter out) {
        out.printf(
                "process %s since %s, state in %s%n",
                status.get("pid"), time(status.get("startedMs")), status.get("stateFolder"));
        out.printf(
                "%10s %15s %-6s %-14s %10s %10s %8s %8s  %s%n",
                "export",
                "size",
                "cache",
                "flags",
                "reads",
                "writes",
                "errors",
                "dropped",
                "interfaces");
        list(status.get("exports")).forEach(export -> printExport(out, object(export)));
        printInitiators(out);
        printWarnings(out);
        printLosses(out);
        printRogues(out);
    }

    private void printExport(PrintWriter out, Map<String, Object> export) {
        String name = String.valueOf(export.get("name"));
        List<String> flags = new ArrayList<>();
        addIf(flags, export, "readOnly", "read-only");
        addIf(flags, export, "traceIo", "trace");
        addIf(flags, export, "syncFailed", "FAILED-SYNC");
        String interfaces = list(export.get("interfaces")).stream()
                .map(StatTable::object)
                .map(place -> place.get("name") + " " + whole(place.get("payloadBytes")) + " "
                        + (isTrue(place, "up") ? "up" : "down"))
                .collect(Collectors.joining(", "));
        out.printf(
                "%10s %15s %-6s %-14s %10d %10d %8d %8d  %s%n",
                name,
                size(whole(export.get("sectors"))),
                isTrue(export, "writeCache") ? "on" : "off",
                flags.isEmpty() ? "-" : String.join(",", flags),
                count(name, "reads"),
                count(name, "writes"),
                count(name, "failed.ios"),
                droppedBy(name),
                interfaces);
    }

    /** Who used what, and how long it took of late. */
    private void printInitiators(PrintWriter out) {
        String line = "%10s %17s %-8s %10s %10s %8s %8s %8s %9s %9s  %s%n";
        boolean first = true;
        for (Object each : list(status.get("exports"))) {
            Map<String, Object> export = object(each);
            for (Object one : list(export.get("initiators"))) {
                if (first) {
                    out.printf(
                            line,
                            "export",
                            "initiator",
                            "by",
                            "reads",
                            "writes",
                            "flushes",
                            "errors",
                            "repeats",
                            "read p99",
                            "write p99",
                            "last seen");
                    first = false;
                }
                Map<String, Object> initiator = object(one);
                Map<String, Object> traffic = object(initiator.get("traffic"));
                out.printf(
                        line,
                        export.get("name"),
                        initiator.get("mac"),
                        initiator.get("interfaceName"),
                        whole(traffic.get("reads")),
                        whole(traffic.get("writes")),
                        isTrue(initiator, "neverFlushes") ? "NONE" : whole(traffic.get("flushes")),
                        whole(traffic.get("errors")),
                        whole(initiator.get("retransmits")),
                        p99(traffic.get("readLatency")),
                        p99(traffic.get("writeLatency")),
                        time(initiator.get("lastMs")));
            }
        }
    }

    /** Of the last ten seconds. */
    private static String p99(Object latency) {
        Map<String, Object> told = object(latency);
        return whole(told.get("count")) == 0
                ? "-"
                : String.format(Locale.ROOT, "%.3fms", whole(told.get("p99Us")) / 1000.0);
    }

    private static void addIf(
            List<String> flags, Map<String, Object> export, String key, String flag) {
        if (isTrue(export, key)) {
            flags.add(flag);
        }
    }

    private long count(String export, String counter) {
        return whole(counters.getOrDefault("export." + export + "." + counter, 0L));
    }

    private long droppedBy(String export) {
        String prefix = "export." + export + ".dropped.";
        return counters.entrySet().stream()
                .filter(counter -> counter.getKey().startsWith(prefix))
                .mapToLong(counter -> whole(counter.getValue()))
                .sum();
    }

    private void printWarnings(PrintWriter out) {
        for (Object each : list(status.get("exports"))) {
            Map<String, Object> export = object(each);
            for (Object warning : list(export.get("warnings"))) {
                out.printf("warning: %s: %s%n", export.get("name"), warning);
            }
        }
    }

    private void printLosses(PrintWriter out) {
        out.println("dropped, refused and failed, by reason");
        boolean none = true;
        for (Map.Entry<String, Object> counter : counters.entrySet()) {
            String name = counter.getKey();
            boolean loss =
                    name.contains("dropped") || name.contains("refused") || name.contains("failed");
            if (loss && whole(counter.getValue()) > 0) {
                out.printf("%12d  %s%n", whole(counter.getValue()), name);
                none = false;
            }
        }
        if (none) {
            out.printf("%12s  nothing%n", "");
        }
    }

    private void printRogues(PrintWriter out) {
        List<?> rogues = list(status.get("rogues"));
        if (rogues.isEmpty()) {
            return;
        }
        out.println("OTHER BOXES THAT SERVE OUR ADDRESSES");
        for (Object each : rogues) {
            Map<String, Object> rogue = object(each);
            out.printf(
                    "%12s  on %s: %s answers for it, and so do we as %s; since %s, last %s%n",
                    rogue.get("export"),
                    rogue.get("interface"),
                    rogue.get("theirs"),
                    rogue.get("ours"),
                    time(rogue.get("firstMs")),
                    time(rogue.get("lastMs")));
        }
    }

    /** Decimal gigabytes with three places, cut off: {@code 1.073GB}. */
    static String size(long sectors) {
        long thousandths = sectors * SECTORS_TO_BYTES_IN_THOUSANDTHS_OF_MB / 1_000_000_000L;
        return String.format(Locale.ROOT, "%d.%03dGB", thousandths / 1000, thousandths % 1000);
    }

    private static String time(Object ms) {
        return TIME.format(Instant.ofEpochMilli(whole(ms)).atZone(ZoneId.systemDefault()));
    }

    private static boolean isTrue(Map<String, Object> object, String key) {
        return Boolean.TRUE.equals(object.get(key));
    }

    private static long whole(Object number) {
        return number instanceof Number some ? some.longValue() : 0;
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    /** A JSON object by its keys, in its order. */
    private static Map<String, Object> object(Object value) {
        Map<String, Object> object = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> object.put(String.valueOf(key), each));
        }
        return object;
    }
}
