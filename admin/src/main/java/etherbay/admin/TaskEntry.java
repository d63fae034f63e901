// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Trouble;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One task, as {@link Tasks} keeps it and its file says it. Owned by the lock of the registry. */
final class TaskEntry {
    static final int LOG_LINES_MAX = 100;
    private static final int LINE_LENGTH_MAX = 500;

    final long number;
    final String kind;
    final String object;
    final String actor;
    final long startedMs;
    final boolean cancellable;

    /** Whether another part does the work, and this only shows it. */
    final boolean isObserved;

    final Map<String, String> arguments;
    final Deque<String> log = new ArrayDeque<>();
    Map<String, String> saved = Map.of();
    String state = "running";
    long done;
    long total;
    String unit = "";
    long etaSeconds = -1;
    long endedMs;

    @Nullable
    Trouble trouble;

    // What only a running process knows.
    boolean isCancelled;

    @Nullable
    Thread thread;

    long toldNs;
    long begunNs;
    long begunDone;

    TaskEntry(long number, Begin begin, long startedMs, boolean cancellable, boolean isObserved) {
        this.number = number;
        this.kind = begin.kind();
        this.object = begin.object();
        this.actor = begin.actor();
        this.arguments = Map.copyOf(begin.arguments());
        this.startedMs = startedMs;
        this.cancellable = cancellable;
        this.isObserved = isObserved;
    }

    /** What a task is begun with. */
    record Begin(String kind, String object, Map<String, String> arguments, String actor) {}

    String id() {
        return "t" + number;
    }

    boolean isActive() {
        return state.equals("running") || state.equals("waiting");
    }

    void addLog(String line) {
        log.addLast(line.substring(0, Math.min(line.length(), LINE_LENGTH_MAX)));
        if (log.size() > LOG_LINES_MAX) {
            log.removeFirst();
        }
    }

    Task view() {
        return new Task(
                id(),
                kind,
                object,
                state,
                done,
                total,
                unit,
                etaSeconds,
                startedMs,
                endedMs,
                actor,
                cancellable && isActive(),
                new ArrayList<>(log),
                trouble);
    }

    /** The text of its file. */
    String text() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("version", 1);
        fields.put("number", number);
        fields.put("kind", kind);
        fields.put("object", object);
        fields.put("state", state);
        fields.put("done", done);
        fields.put("total", total);
        fields.put("unit", unit);
        fields.put("startedMs", startedMs);
        fields.put("endedMs", endedMs);
        fields.put("actor", actor);
        fields.put("cancellable", cancellable);
        fields.put("observed", isObserved);
        fields.put("arguments", arguments);
        fields.put("saved", saved);
        fields.put("log", new ArrayList<>(log));
        fields.put("trouble", trouble);
        return Documents.json(fields);
    }

    /** Reads a file's text; null when it says no task. */
    static @Nullable TaskEntry read(String text) {
        if (!(Documents.read(text, "a task's file") instanceof Map<?, ?> fields)
                || !(fields.get("number") instanceof BigDecimal number)) {
            return null;
        }
        Begin begin = new Begin(
                text(fields, "kind"),
                text(fields, "object"),
                texts(fields, "arguments"),
                text(fields, "actor"));
        TaskEntry entry = new TaskEntry(
                number.longValue(),
                begin,
                number(fields, "startedMs"),
                Boolean.TRUE.equals(fields.get("cancellable")),
                Boolean.TRUE.equals(fields.get("observed")));
        entry.saved = texts(fields, "saved");
        entry.state = text(fields, "state");
        entry.done = number(fields, "done");
        entry.total = number(fields, "total");
        entry.unit = text(fields, "unit");
        entry.endedMs = number(fields, "endedMs");
        if (fields.get("log") instanceof List<?> lines) {
            lines.forEach(line -> entry.addLog(String.valueOf(line)));
        }
        if (fields.get("trouble") instanceof Map<?, ?> why) {
            entry.trouble = new Trouble(
                    text(why, "code"),
                    text(why, "message"),
                    text(why, "cause"),
                    text(why, "correction"));
        }
        return entry;
    }

    private static String text(Map<?, ?> fields, String key) {
        return fields.get(key) instanceof String text ? text : "";
    }

    private static long number(Map<?, ?> fields, String key) {
        return fields.get(key) instanceof BigDecimal number ? number.longValue() : 0;
    }

    private static Map<String, String> texts(Map<?, ?> fields, String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (fields.get(key) instanceof Map<?, ?> map) {
            map.forEach((name, value) -> texts.put(String.valueOf(name), String.valueOf(value)));
        }
        return texts;
    }
}
