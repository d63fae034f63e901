// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code bench target} says at its end: the table, the bars, JSON, a chart.
 *
 * @param run how it was run, for whoever wants to run it again
 */
record TargetReport(Comparison comparison, Map<String, Object> machine, Map<String, Object> run) {
    String toText() {
        return comparison.toText();
    }

    /** The bars, and what was measured against them. */
    List<Verdict> bars() {
        return Bar.verdicts(comparison);
    }

    /** For programs; the bars apart. */
    Map<String, Object> toJson() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", "target");
        all.putAll(run);
        all.put("machine", machine);
        all.put("points", comparison.toJson());
        return all;
    }

    void writeSvg(Path file) throws IOException {
        Files.writeString(file, chart().toSvg());
    }

    /** Speeds of all points, then whatever else has a bar. */
    BarChart chart() {
        List<BarChart.Group> groups = new ArrayList<>();
        for (String point : comparison.points()) {
            group(point, Measure.RATE).ifPresent(groups::add);
        }
        for (String point : comparison.points()) {
            for (Measure measure : Measure.values()) {
                if (measure != Measure.RATE) {
                    group(point, measure).ifPresent(groups::add);
                }
            }
        }
        String footer = "%s, %s cores, load average before: %s; %s; %s rounds"
                .formatted(
                        machine.get("cpu"),
                        machine.get("cores"),
                        machine.get("loadBefore"),
                        machine.get("network"),
                        run.get("rounds"));
        return new BarChart("etherbay / others, in the same run", footer, groups);
    }

    /** Of what is not a speed only what has a bar. */
    private Optional<BarChart.Group> group(String point, Measure measure) {
        List<BarChart.Column> columns = new ArrayList<>();
        for (String rival : comparison.rivals(point)) {
            Bar.Ratio ratio = new Bar.Ratio(point, rival, measure);
            Optional<Bound> bound = Bar.bound(ratio);
            ratio.in(comparison)
                    .filter(value -> measure == Measure.RATE || bound.isPresent())
                    .ifPresent(value -> columns.add(new BarChart.Column(rival, value, bound)));
        }
        String label = measure == Measure.RATE ? point : point + ", " + measure.title();
        return columns.isEmpty()
                ? Optional.empty()
                : Optional.of(new BarChart.Group(label, columns));
    }
}
