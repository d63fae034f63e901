// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static java.util.stream.Collectors.toCollection;

import etherbay.admin.http.PromQuery.Match;
import etherbay.admin.http.PromQuery.Selector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a scrape has: metrics, and the labels of each of their samples. Says what of an expression
 * or a text is not among it.
 */
record MetricNames(Map<String, List<Map<String, String>>> samples) {
    /** Prometheus adds these to all that it reads. */
    static final Set<String> ADDED = Set.of("job", "instance");

    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

    /** Of samples as they are printed: {@code name{label="value"}}. */
    static MetricNames of(Set<String> printed) {
        Map<String, List<Map<String, String>>> samples = new TreeMap<>();
        samples.put("up", List.of(Map.of())); // Prometheus' own: whether it could read
        for (String sample : printed) {
            Map<String, String> labels = new HashMap<>();
            LABEL.matcher(sample)
                    .results()
                    .forEach(label -> labels.put(label.group(1), label.group(2)));
            samples.computeIfAbsent(sample.replaceFirst("\\{.*", ""), name -> new ArrayList<>())
                    .add(labels);
        }
        return new MetricNames(samples);
    }

    private Set<String> labels(String metric) {
        Set<String> labels = samples.getOrDefault(metric, List.of()).stream()
                .flatMap(one -> one.keySet().stream())
                .collect(toCollection(HashSet::new));
        labels.addAll(ADDED);
        return labels;
    }

    /** What is wrong with an expression; nothing if all that it names is there. */
    List<String> complaints(String expression) {
        PromQuery query;
        try {
            query = PromQuery.of(expression);
        } catch (IllegalArgumentException wrong) {
            return List.of(String.valueOf(wrong.getMessage()));
        }
        List<String> found = new ArrayList<>();
        for (Selector selector : query.selectors()) {
            String metric = selector.metric();
            if (!samples.containsKey(metric)) {
                found.add("no metric " + metric);
                continue;
            }
            query.grouping().stream()
                    .filter(label -> !labels(metric).contains(label))
                    .forEach(label -> found.add("%s has no label %s".formatted(metric, label)));
            selector.matches().forEach(match -> found.addAll(complaints(metric, match)));
        }
        return List.copyOf(found);
    }

    private List<String> complaints(String metric, Match match) {
        if (!labels(metric).contains(match.label())) {
            return List.of("%s has no label %s".formatted(metric, match.label()));
        } else if (ADDED.contains(match.label()) || match.value().contains("$")) {
            return List.of();
        }
        return match.values().stream()
                .filter(value -> samples.getOrDefault(metric, List.of()).stream()
                        .noneMatch(one -> value.equals(one.get(match.label()))))
                .map(value -> "%s has no %s \"%s\"".formatted(metric, match.label(), value))
                .toList();
    }

    /** The labels that the result of an expression without complaints has. */
    Set<String> resultLabels(String expression) {
        PromQuery query = PromQuery.of(expression);
        return query.left().isEmpty()
                ? labels(query.selectors().getFirst().metric())
                : query.left();
    }

    /** Labels that a text puts in, by a pattern whose first group they are, and nothing has. */
    List<String> textComplaints(String text, Pattern pattern, String expression) {
        return pattern.matcher(text)
                .results()
                .map(put -> put.group(1))
                .filter(label -> !resultLabels(expression).contains(label))
                .map(label -> "%s has no label %s".formatted(expression, label))
                .toList();
    }
}
