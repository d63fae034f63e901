// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A file of alert rules: keys that Prometheus knows, names that are there, words for a person. */
final class AlertCheck {
    private static final Set<String> SEVERITIES = Set.of("critical", "warning", "info");
    private static final Set<String> ANNOTATIONS = Set.of("summary", "description", "command");
    private static final Pattern DURATION = Pattern.compile("\\d+[smhd]");
    private static final Pattern NAME = Pattern.compile("Etherbay[A-Za-z]+");
    private static final Pattern LABEL = Pattern.compile("\\$labels\\.([A-Za-z_]+)");
    private static final Pattern TEMPLATE = Pattern.compile("\\{\\{(.*?)\\}\\}");
    private static final Pattern KNOWN_TEMPLATE =
            Pattern.compile(" (\\$labels\\.[a-z_]+|\\$value|\\$value \\| humanizePercentage) ");

    private final MetricNames names;
    private final List<String> found = new ArrayList<>();
    private final Set<Object> alerts = new HashSet<>();

    private AlertCheck(MetricNames names) {
        this.names = names;
    }

    static List<String> complaints(String yaml, MetricNames names) {
        AlertCheck check = new AlertCheck(names);
        check.keys("the file", map(RuleFile.read(yaml)), Set.of("groups"), Set.of());
        Set<Object> groups = new HashSet<>();
        groups(yaml).forEach(group -> {
            check.keys("a group", group, Set.of("name", "rules"), Set.of("interval"));
            if (!groups.add(group.get("name"))) {
                check.found.add("two groups are called " + group.get("name"));
            }
        });
        rules(yaml).forEach(check::rule);
        return check.found;
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<Map<?, ?>> list(Object value) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(item -> maps.add(map(item)));
        }
        return maps;
    }

    private static List<Map<?, ?>> groups(String yaml) {
        return list(map(RuleFile.read(yaml)).get("groups"));
    }

    /** All rules of a file, in its order. */
    static List<Map<?, ?>> rules(String yaml) {
        List<Map<?, ?>> rules = new ArrayList<>();
        groups(yaml).forEach(group -> rules.addAll(list(group.get("rules"))));
        return rules;
    }

    private void keys(Object what, Map<?, ?> map, Set<String> needed, Set<String> others) {
        needed.stream()
                .filter(key -> !map.containsKey(key))
                .forEach(key -> found.add("%s lacks %s".formatted(what, key)));
        map.keySet().stream()
                .filter(key -> !needed.contains(key) && !others.contains(key))
                .forEach(key -> found.add("%s has an unknown key %s".formatted(what, key)));
    }

    private void rule(Map<?, ?> rule) {
        String name = String.valueOf(rule.get("alert"));
        keys(name, rule, Set.of("alert", "expr", "labels", "annotations"), Set.of("for"));
        if (!NAME.matcher(name).matches() || !alerts.add(name)) {
            found.add("is no name for one alert: " + name);
        }
        if (!DURATION.matcher(String.valueOf(rule.containsKey("for") ? rule.get("for") : "0s"))
                .matches()) {
            found.add("%s has no duration behind for".formatted(name));
        }
        Map<?, ?> labels = map(rule.get("labels"));
        keys(name, labels, Set.of("severity"), Set.of());
        if (!SEVERITIES.contains(String.valueOf(labels.get("severity")))) {
            found.add("%s has no severity that is known".formatted(name));
        }
        Map<?, ?> annotations = map(rule.get("annotations"));
        keys(name, annotations, ANNOTATIONS, Set.of());
        String expression = String.valueOf(rule.get("expr"));
        List<String> wrong = names.complaints(expression);
        found.addAll(wrong);
        if (wrong.isEmpty()) {
            annotations.values().forEach(text -> text(expression, String.valueOf(text)));
        }
    }

    private void text(String expression, String text) {
        found.addAll(names.textComplaints(text, LABEL, expression));
        TEMPLATE.matcher(text)
                .results()
                .map(template -> template.group(1))
                .filter(inside -> !KNOWN_TEMPLATE.matcher(inside).matches())
                .forEach(inside -> found.add("not understood: {{" + inside + "}}"));
    }
}
