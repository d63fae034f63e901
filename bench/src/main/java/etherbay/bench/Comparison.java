// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * What a run measured, by point and server, and the ratios between ours and each other server of
 * the same round.
 */
final class Comparison {
    private final String ours;
    private final Map<String, Map<String, List<Sample>>> samples = new LinkedHashMap<>();
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    Comparison() {
        this(Contenders.OURS);
    }

    /**
     * @param ours whose values are divided by those of the others
     */
    Comparison(String ours) {
        this.ours = ours;
    }

    /** Notes the next round of {@code server} at {@code point}. */
    void add(String point, String server, Sample sample) {
        samples.computeIfAbsent(point, name -> new LinkedHashMap<>())
                .computeIfAbsent(server, name -> new ArrayList<>())
                .add(sample);
    }

    /** Notes a value of ours that stands by itself. */
    void note(String figure, double value) {
        figures.computeIfAbsent(figure, name -> new ArrayList<>()).add(value);
    }

    /** All points, as they were measured. */
    Set<String> points() {
        return samples.keySet();
    }

    /** Who stands beside us at that point. */
    List<String> rivals(String point) {
        Map<String, List<Sample>> servers = samples.getOrDefault(point, Map.of());
        return servers.containsKey(ours)
                ? servers.keySet().stream().filter(name -> !name.equals(ours)).toList()
                : List.of();
    }

    /** Ours by theirs, round by round; nothing when one of the two was not measured. */
    Optional<Spread> ratio(String point, String rival, ToDoubleFunction<Sample> value) {
        Map<String, List<Sample>> servers = samples.getOrDefault(point, Map.of());
        List<Sample> own = servers.getOrDefault(ours, List.of());
        List<Sample> theirs = servers.getOrDefault(rival, List.of());
        return own.isEmpty() || theirs.isEmpty()
                ? Optional.empty()
                : Optional.of(ratio(own, theirs, value));
    }

    Optional<Spread> figure(String name) {
        return Optional.ofNullable(figures.get(name)).map(Spread::of);
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

    String toText() {
        StringBuilder text = new StringBuilder();
        samples.forEach((point, servers) -> {
            text.append(point).append(System.lineSeparator());
            servers.forEach((server, rounds) ->
                    text.append(Sample.toText(server, rounds)).append(System.lineSeparator()));
            rivals(point).forEach(rival -> text.append(ratios(point, rival)));
        });
        figures.forEach((name, values) ->
                text.append(String.format("%s: %s%n", name, Spread.of(values).toText(2))));
        return text.toString();
    }

    private String ratios(String point, String rival) {
        StringBuilder line = new StringBuilder(String.format("  / %-12s", rival));
        for (Measure measure : Measure.values()) {
            String value = ratio(point, rival, measure)
                    .map(spread -> measure == Measure.RATE
                            ? String.format("%-22s", spread.toText(2))
                            : String.format(Locale.ROOT, "%-8.2f", spread.median()))
                    .orElse("-");
            line.append(' ').append(measure.title()).append(' ').append(value);
        }
        return line.toString().stripTrailing() + System.lineSeparator();
    }

    List<Object> toJson() {
        List<Object> points = new ArrayList<>();
        samples.forEach((point, servers) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("point", point);
            servers.forEach((server, rounds) -> json.put(server, Sample.toJson(rounds)));
            Map<String, Object> ratios = new LinkedHashMap<>();
            rivals(point).forEach(rival -> ratios.put(rival, ratiosJson(point, rival)));
            json.put("ratios", ratios);
            points.add(json);
        });
        figures.forEach((name, values) ->
                points.add(Map.of("point", name, "value", Spread.of(values).toJson())));
        return points;
    }

    private Map<String, Object> ratiosJson(String point, String rival) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (Measure measure : Measure.values()) {
            ratio(point, rival, measure)
                    .ifPresent(spread -> json.put(measure.title(), spread.toJson()));
        }
        return json;
    }
}
