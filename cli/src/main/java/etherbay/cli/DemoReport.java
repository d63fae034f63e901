// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The steps of a demo as they are made: runs each, measures its time, and renders all as a table or
 * as JSON. A step that throws is the last one. One thread.
 */
final class DemoReport {
    /** A step that is over; of a failed one {@code seen} are the error's first words. */
    private record Step(String name, String title, long durationMs, boolean ok, DemoSeen seen) {}

    private final List<Step> steps = new ArrayList<>();
    private final DemoProgress progress;
    private final long startNs = System.nanoTime();
    private Optional<EtherbayException> failure = Optional.empty();

    DemoReport(DemoProgress progress) {
        this.progress = progress;
    }

    /**
     * Runs one step.
     *
     * @param name stable, for programs
     * @param title for people
     * @throws EtherbayException what {@code body} throws; the report then holds the failed step
     */
    void step(String name, String title, Supplier<DemoSeen> body) {
        progress.begin(title);
        long stepNs = System.nanoTime();
        try {
            DemoSeen seen = body.get();
            steps.add(new Step(name, title, millisSince(stepNs), true, seen));
        } catch (EtherbayException failed) {
            failure = Optional.of(failed);
            DemoSeen seen = DemoSeen.of("FAILED: " + firstLine(failed));
            steps.add(new Step(name, title, millisSince(stepNs), false, seen));
            throw failed;
        } finally {
            progress.end();
        }
    }

    /** Tells what the step does now. */
    void say(String words) {
        progress.say(words);
    }

    private static String firstLine(EtherbayException failed) {
        return String.valueOf(failed.getMessage()).lines().findFirst().orElse("");
    }

    /**
     * One line per step: its seconds; the longest time between two records by the guest's clock and
     * by ours, in seconds; what was resynced; errors; and what was seen. Then the verdict; ends
     * with a line feed.
     */
    String table() {
        int titleWidth =
                steps.stream().mapToInt(step -> step.title.length()).max().orElse(0);
        String format = "%-" + titleWidth + "s  %7s  %9s  %11s  %8s  %6s  %s%n";
        StringBuilder table = new StringBuilder();
        table.append(format.formatted(
                "step", "seconds", "guest gap", "outside gap", "resynced", "errors", "seen"));
        for (Step step : steps) {
            DemoSeen seen = step.seen;
            table.append(format.formatted(
                    step.title,
                    seconds(step.durationMs),
                    seen.number(DemoSeen.GUEST_GAP_MS).map(DemoReport::gap).orElse("-"),
                    seen.number(DemoSeen.OUTSIDE_GAP_MS).map(DemoReport::gap).orElse("-"),
                    seen.number(DemoSeen.RESYNCED_BYTES).map(DemoReport::bytes).orElse("-"),
                    seen.number(DemoSeen.ERROR_COUNT).map(DemoReport::errors).orElse("-"),
                    seen.words()));
        }
        String verdict = failure.isEmpty() ? "every step was right" : "the last step failed";
        return table.append("%n%d steps in %s s: %s.%n"
                        .formatted(steps.size(), seconds(millisSince(startNs)), verdict))
                .toString();
    }

    private static String gap(long ms) {
        return String.format(Locale.ROOT, "%.2f s", ms / 1000.0);
    }

    private static String bytes(long bytes) {
        return bytes == 0
                ? "0"
                : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }

    private static String errors(long count) {
        return count == 0 ? "none" : "" + count;
    }

    /** One JSON object on one line, without a line feed. */
    String json() {
        List<Object> list = new ArrayList<>();
        for (Step step : steps) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", step.name);
            fields.put("title", step.title);
            fields.put("ok", step.ok);
            fields.put("durationMs", step.durationMs);
            fields.put("seen", step.seen.words());
            fields.put("measured", step.seen.measured());
            list.add(fields);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("ok", failure.isEmpty());
        all.put("durationMs", millisSince(startNs));
        all.put("steps", list);
        failure.ifPresent(error -> all.put("failure", fieldsOf(error)));
        return JsonText.of(all);
    }

    private static Map<String, Object> fieldsOf(EtherbayException error) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("code", error.code().name());
        fields.put("message", String.valueOf(error.getMessage()));
        fields.put("why", error.why());
        fields.put("correction", error.correction());
        return fields;
    }

    private static long millisSince(long sinceNs) {
        return (System.nanoTime() - sinceNs) / 1_000_000;
    }

    private static String seconds(long durationMs) {
        return String.format(Locale.ROOT, "%.1f", durationMs / 1000.0);
    }
}
