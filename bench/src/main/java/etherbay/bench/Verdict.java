// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A bar and what was measured against it; its median counts.
 *
 * @param what is held against the bound
 * @param measured nothing when this run did not measure it
 */
record Verdict(String what, Bound bound, Optional<Spread> measured) {
    /** Measured, and not within its bound. */
    boolean missed() {
        return measured.filter(value -> !bound.admits(value.median())).isPresent();
    }

    private String outcome() {
        return measured.isEmpty() ? "not measured" : missed() ? "NOT reached" : "reached";
    }

    /** A table of them. */
    static String toText(List<Verdict> verdicts) {
        int widest = verdicts.stream().mapToInt(one -> one.what.length()).max().orElse(1);
        StringBuilder text = new StringBuilder();
        for (Verdict verdict : verdicts) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-" + widest + "s  %-18s  %-25s %s%n",
                    verdict.what,
                    verdict.measured.map(value -> value.toText(2)).orElse("-"),
                    verdict.bound.toText(),
                    verdict.outcome()));
        }
        return text.toString();
    }

    static List<Object> toJson(List<Verdict> verdicts) {
        return verdicts.stream().<Object>map(Verdict::toJson).toList();
    }

    private Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("what", what);
        json.putAll(bound.toJson());
        measured.ifPresent(value -> {
            json.put("measured", value.toJson());
            json.put("reached", !missed());
        });
        return json;
    }
}
