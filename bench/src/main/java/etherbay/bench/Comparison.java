// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What a run measured, by point and server, and the ratios between servers of the same round. */
final class Comparison {
    private final Map<String, Map<String, List<Sample>>> samples = new LinkedHashMap<>();

    /** Notes the next round of {@code server} at {@code point}. */
    void add(String point, String server, Sample sample) {
        samples.computeIfAbsent(point, name -> new LinkedHashMap<>())
                .computeIfAbsent(server, name -> new ArrayList<>())
                .add(sample);
    }

    /** Of each round the value of {@code ours} by that of {@code theirs}. */
    static Spread ratio(List<Sample> ours, List<Sample> theirs, ToDoubleFunction<Sample> value) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < Math.min(ours.size(), theirs.size()); round++) {
            double base = Math.max(1e-9, value.applyAsDouble(theirs.get(round)));
            ratios.add(value.applyAsDouble(ours.get(round)) / base);
        }
        return Spread.of(ratios);
    }

    String toText(String ours, String theirs) {
        StringBuilder text = new StringBuilder();
        samples.forEach((point, servers) -> {
            text.append(point).append(System.lineSeparator());
            servers.forEach((server, rounds) ->
                    text.append(Sample.toText(server, rounds)).append(System.lineSeparator()));
            if (servers.containsKey(ours) && servers.containsKey(theirs)) {
                List<Sample> us = servers.getOrDefault(ours, List.of());
                List<Sample> them = servers.getOrDefault(theirs, List.of());
                text.append(String.format(
                        Locale.ROOT,
                        "  %-12s %-24s p50 %-8.2f p99 %-8.2f p99.9 %-8.2f CPU %.2f%n",
                        "ratio",
                        ratio(us, them, sample -> sample.result().rate()).toText(2),
                        ratio(us, them, one -> one.result().latency().p50Ns()).median(),
                        ratio(us, them, one -> one.result().latency().p99Ns()).median(),
                        ratio(us, them, one -> one.result().latency().p999Ns()).median(),
                        ratio(us, them, Sample::cpuNsPerRequest).median()));
            }
        });
        return text.toString();
    }

    List<Object> toJson(String ours, String theirs) {
        List<Object> points = new ArrayList<>();
        samples.forEach((point, servers) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("point", point);
            servers.forEach((server, rounds) -> json.put(server, Sample.toJson(rounds)));
            if (servers.containsKey(ours) && servers.containsKey(theirs)) {
                List<Sample> us = servers.getOrDefault(ours, List.of());
                List<Sample> them = servers.getOrDefault(theirs, List.of());
                json.put("ratio", ratio(us, them, one -> one.result().rate()).toJson());
                json.put("cpuRatio", ratio(us, them, Sample::cpuNsPerRequest).toJson());
            }
            points.add(json);
        });
        return points;
    }
}
