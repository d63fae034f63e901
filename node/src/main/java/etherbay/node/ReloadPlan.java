// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What has to happen so that a node which serves one set of exports serves another: a value, made
 * from the two alone, that can be shown before anything is done. An export is known by its address.
 *
 * @param removed no longer served
 * @param added served anew
 * @param reopened closed and opened anew, because its backing or how it is opened differs:
 *     initiators wait a moment
 * @param live goes on serving under other settings
 * @param kept as they were; they may still move to other interfaces
 */
record ReloadPlan(
        List<ExportSpec> removed,
        List<ExportSpec> added,
        List<Change> reopened,
        List<Change> live,
        List<ExportSpec> kept) {

    /** An export before and after. */
    record Change(ExportSpec before, ExportSpec after) {
        String name() {
            return after.name();
        }
    }

    static ReloadPlan of(List<ExportSpec> before, List<ExportSpec> after) {
        Map<String, ExportSpec> former = new TreeMap<>();
        before.forEach(spec -> former.put(spec.name(), spec));
        ReloadPlan plan = new ReloadPlan(
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        for (ExportSpec spec : after) {
            ExportSpec known = former.remove(spec.name());
            if (known == null) {
                plan.added.add(spec);
            } else {
                plan.sort(new Change(known, spec));
            }
        }
        plan.removed.addAll(former.values());
        return plan;
    }

    private void sort(Change change) {
        if (change.before().equals(change.after())) {
            kept.add(change.after());
        } else if (change.before().opensAs(change.after())) {
            live.add(change);
        } else {
            reopened.add(change);
        }
    }

    /** The same, but that these are not added after all. */
    ReloadPlan without(Set<String> names) {
        List<ExportSpec> possible =
                added.stream().filter(spec -> !names.contains(spec.name())).toList();
        return new ReloadPlan(removed, possible, reopened, live, kept);
    }

    /** All that shall be served, as it shall be. */
    void forEachServed(Consumer<ExportSpec> action) {
        added.forEach(action);
        reopened.forEach(change -> action.accept(change.after()));
        live.forEach(change -> action.accept(change.after()));
        kept.forEach(action);
    }

    /** One line for each difference, as a person reads it. */
    List<String> toLines() {
        List<String> lines = new ArrayList<>();
        removed.forEach(
                spec -> lines.add("- %s: %s no longer".formatted(spec.name(), spec.backing())));
        added.forEach(spec -> lines.add("+ %s: %s on %s"
                .formatted(spec.name(), spec.backing(), String.join(", ", spec.interfaces()))));
        reopened.forEach(change ->
                lines.add("~ %s: %s (opened anew)".formatted(change.name(), differences(change))));
        live.forEach(change -> lines.add("~ %s: %s".formatted(change.name(), differences(change))));
        return lines;
    }

    private static String differences(Change change) {
        Map<String, String> before = SpecText.values(change.before());
        List<String> words = new ArrayList<>();
        SpecText.values(change.after()).forEach((key, now) -> {
            String then = before.getOrDefault(key, "");
            if (!then.equals(now)) {
                words.add("%s %s -> %s".formatted(key, then, now));
            }
        });
        return String.join("; ", words);
    }
}
