// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code bench nbd} measured: the {@link Comparison}, in which "load" is all that runs at the
 * initiator's end, what our attach has of it, and which bars are reached.
 */
final class NbdResults {
    private final Comparison comparison = new Comparison();
    private final Map<NbdPoint, Map<String, List<Sample>>> samples = new LinkedHashMap<>();
    private final Map<NbdPoint, List<Double>> attachNs = new LinkedHashMap<>();
    private final String ours;
    private final String theirs;

    NbdResults(String ours, String theirs) {
        this.ours = ours;
        this.theirs = theirs;
    }

    /**
     * Notes the next round of {@code server}.
     *
     * @param run what fio saw
     * @param serverCpuNs of the process that has the file
     * @param attachCpuNs of ours beside the load; 0 where there is none
     */
    void add(NbdPoint point, String server, FioRun run, long serverCpuNs, long attachCpuNs) {
        Sample sample = new Sample(run.result(), serverCpuNs, run.cpuNs() + attachCpuNs);
        comparison.add(point.name(), server, sample);
        samples.computeIfAbsent(point, _ -> new LinkedHashMap<>())
                .computeIfAbsent(server, _ -> new ArrayList<>())
                .add(sample);
        if (server.equals(ours)) {
            attachNs.computeIfAbsent(point, _ -> new ArrayList<>())
                    .add((double) attachCpuNs / Math.max(1, run.result().requestCount()));
        }
    }

    /** Of each round our rate by theirs; nothing where one of them was not measured. */
    Optional<Spread> ratio(NbdPoint point) {
        List<Sample> us = rounds(point, ours);
        List<Sample> them = rounds(point, theirs);
        return us.isEmpty() || them.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        Comparison.ratio(us, them, sample -> sample.result().rate()));
    }

    private List<Sample> rounds(NbdPoint point, String server) {
        return samples.getOrDefault(point, Map.of()).getOrDefault(server, List.of());
    }

    /** Whether the median ratio is at least the point's bar; nothing where there is none. */
    Optional<Boolean> reached(NbdPoint point) {
        return point.ratioMin() == 0
                ? Optional.empty()
                : ratio(point).map(ratio -> ratio.median() >= point.ratioMin());
    }

    String toText() {
        StringBuilder text = new StringBuilder(comparison.toText(ours, theirs));
        text.append(String.format("%n(load: fio, and our attach where it runs)%n"));
        attachNs.forEach((point, perRequest) -> text.append(String.format(
                Locale.ROOT,
                "%-34s attach CPU %.1f us/request%n",
                point.name(),
                Spread.of(perRequest).median() / 1e3)));
        for (NbdPoint point : samples.keySet()) {
            reached(point)
                    .ifPresent(reached -> text.append(String.format(
                            Locale.ROOT,
                            "%-34s at least %.2f of %s: %s%n",
                            point.name(),
                            point.ratioMin(),
                            theirs,
                            reached ? "reached" : "NOT reached")));
        }
        return text.toString();
    }

    /** The points of the comparison, each with what is known of it beside. */
    List<Object> toJson() {
        List<Object> points = new ArrayList<>();
        List<NbdPoint> order = List.copyOf(samples.keySet());
        List<Object> compared = comparison.toJson(ours, theirs);
        for (int index = 0; index < order.size(); index++) {
            NbdPoint point = order.get(index);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("compared", compared.get(index));
            List<Double> attach = attachNs.getOrDefault(point, List.of());
            if (!attach.isEmpty()) {
                List<Double> micros = attach.stream().map(ns -> ns / 1e3).toList();
                json.put("attachCpuUsPerRequest", Spread.of(micros).toJson());
            }
            reached(point).ifPresent(reached -> {
                json.put("ratioMin", point.ratioMin());
                json.put("reached", reached);
            });
            points.add(json);
        }
        return points;
    }
}
