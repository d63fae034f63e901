// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static java.util.stream.Collectors.toSet;

import etherbay.admin.Documents;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A dashboard in Grafana's JSON: what it asks for is there, and its panels stand in order. */
final class DashboardCheck {
    private static final int COLUMNS = 24;
    private static final String DATASOURCE = "${datasource}";
    private static final Pattern LEGEND = Pattern.compile("\\{\\{ *([^ }]*) *\\}\\}");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?(\\w+)");
    private static final Pattern VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");

    private final MetricNames names;
    private final Map<?, ?> dashboard;
    private final List<String> found = new ArrayList<>();
    private final Set<String> variables;

    private DashboardCheck(Map<?, ?> dashboard, MetricNames names) {
        this.dashboard = dashboard;
        this.names = names;
        variables = list(map(dashboard.get("templating")).get("list"))
                .map(variable -> String.valueOf(variable.get("name")))
                .collect(toSet());
    }

    static List<String> complaints(String json, MetricNames names) {
        DashboardCheck check =
                new DashboardCheck(map(Documents.read(json, "the dashboard")), names);
        check.whole();
        return check.found;
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static Stream<Map<?, ?>> list(Object value) {
        return value instanceof List<?> list ? list.stream().map(DashboardCheck::map) : Stream.of();
    }

    private void whole() {
        if (!variables.contains("datasource")) {
            found.add("no variable for the data source");
        }
        list(map(dashboard.get("templating")).get("list"))
                .filter(variable -> "query".equals(variable.get("type")))
                .forEach(this::variable);
        Set<Object> ids = new HashSet<>();
        Set<Integer> cells = new HashSet<>();
        list(dashboard.get("panels")).forEach(panel -> {
            if (panel.get("id") == null || !ids.add(panel.get("id"))) {
                found.add("two panels have the id " + panel.get("id"));
            }
            place(panel, cells);
            if (!"row".equals(panel.get("type"))) {
                panel(panel);
            }
        });
        if (ids.isEmpty()) {
            found.add("no panels");
        }
    }

    private void variable(Map<?, ?> variable) {
        String query = String.valueOf(map(variable.get("query")).get("query"));
        Matcher values = VALUES.matcher(query);
        if (!values.matches()) {
            found.add("not understood: " + query);
            return;
        }
        ask(values.group(1), "{{" + values.group(2) + "}}");
        source(variable);
    }

    private void source(Map<?, ?> holder) {
        if (!DATASOURCE.equals(map(holder.get("datasource")).get("uid"))) {
            found.add("another data source than the variable's: " + holder);
        }
    }

    private void ask(String expression, String legend) {
        VARIABLE.matcher(expression)
                .results()
                .map(used -> used.group(1))
                .filter(used -> !used.equals("__rate_interval") && !variables.contains(used))
                .forEach(used -> found.add("no variable " + used));
        List<String> wrong = names.complaints(expression);
        found.addAll(wrong.isEmpty() ? names.textComplaints(legend, LEGEND, expression) : wrong);
    }

    /** Every panel lies within the columns, and over no other. */
    private void place(Map<?, ?> panel, Set<Integer> cells) {
        Map<?, ?> place = map(panel.get("gridPos"));
        int left = number(place.get("x"));
        int top = number(place.get("y"));
        int right = left + number(place.get("w"));
        int bottom = top + number(place.get("h"));
        boolean isFree = left >= 0 && top >= 0 && left < right && right <= COLUMNS && top < bottom;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                isFree &= cells.add(y * COLUMNS + x);
            }
        }
        if (!isFree) {
            found.add("has no place: " + panel.get("title"));
        }
    }

    private static int number(Object value) {
        return value instanceof BigDecimal number ? number.intValueExact() : -1;
    }

    private void panel(Map<?, ?> panel) {
        source(panel);
        Set<Object> refIds = new HashSet<>();
        list(panel.get("targets")).forEach(target -> {
            source(target);
            if (!refIds.add(target.get("refId"))) {
                found.add("two queries of one name: " + panel.get("title"));
            }
            ask(String.valueOf(target.get("expr")), String.valueOf(target.get("legendFormat")));
        });
        if (refIds.isEmpty()) {
            found.add("asks for nothing: " + panel.get("title"));
        }
        if (found.isEmpty()) {
            columns(panel);
        }
    }

    /** Columns of a table that are named or hidden are labels of its queries. */
    private void columns(Map<?, ?> panel) {
        Set<String> columns = new HashSet<>(Set.of("Time", "Value", "__name__"));
        list(panel.get("targets"))
                .map(target -> names.resultLabels(String.valueOf(target.get("expr"))))
                .forEach(columns::addAll);
        list(panel.get("transformations"))
                .map(one -> map(one.get("options")))
                .flatMap(options -> Stream.of("excludeByName", "indexByName", "renameByName")
                        .flatMap(key -> map(options.get(key)).keySet().stream()))
                .map(String::valueOf)
                .filter(column -> !columns.contains(column))
                .forEach(column -> found.add("no column " + column + ": " + panel.get("title")));
    }
}
