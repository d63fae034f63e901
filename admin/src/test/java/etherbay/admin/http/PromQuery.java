// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which names an expression of PromQL uses: as much of the language as ours are written in. A word
 * that is no function, operator or grouping is a metric; what is not understood is refused.
 *
 * @param grouping labels behind {@code by}, {@code on} and the like
 * @param left labels that the result has, empty for those of the first selector
 */
record PromQuery(List<Selector> selectors, Set<String> grouping, Set<String> left) {
    private static final Set<String> FUNCTIONS = Set.of(
            "changes",
            "count",
            "deriv",
            "increase",
            "max",
            "min",
            "rate",
            "sum",
            "time",
            "topk",
            "vector");
    private static final Set<String> OPERATORS = Set.of("and", "or", "unless");
    private static final Set<String> GROUPINGS = Set.of("by", "on", "group_left");

    private static final Pattern TOKEN = Pattern.compile("""
            (?<space>\\s+)\
            |(?<word>[a-z_][a-z0-9_]*)\
            |(?<braces>\\{[^{}]*\\})\
            |(?<range>\\[(?:\\d+[smhd]|\\$__rate_interval)\\])\
            |(?<open>\\()|(?<close>\\))\
            |\\d+(?:\\.\\d+)?|==|!=|<=|>=|[-+*/<>,]""");
    private static final Pattern LABELS = Pattern.compile("\\s*\\(([a-z_, ]*)\\)");
    private static final Pattern MATCH =
            Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"\\\\]*)\"(?:,|$)");

    /** A metric, and what its labels have to be. */
    record Selector(String metric, List<Match> matches) {}

    /** One of those. */
    record Match(String label, String operator, String value) {
        /** The values that have to be there for this to find something. */
        List<String> values() {
            return operator.equals("=~") ? Arrays.asList(value.split("\\|", -1)) : List.of(value);
        }
    }

    /** Reads an expression; {@link IllegalArgumentException} where it is not understood. */
    static PromQuery of(String text) {
        return new Reader(text).read();
    }

    private static final class Reader {
        private final String text;
        private final Matcher token;
        private final List<Selector> selectors = new ArrayList<>();
        private final Set<String> grouping = new LinkedHashSet<>();
        private final Set<String> left = new LinkedHashSet<>();
        private int at;

        Reader(String text) {
            this.text = text;
            token = TOKEN.matcher(text);
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException(
                    "not understood: \"%s\" of %s".formatted(text.substring(at), text));
        }

        PromQuery read() {
            int depth = 0;
            boolean isAfterMetric = false;
            while (at < text.length()) {
                if (!token.region(at, text.length()).lookingAt()) {
                    throw wrong();
                }
                at = token.end();
                boolean isMetric = false;
                if (token.group("word") != null) {
                    isMetric = word(token.group("word"));
                } else if (token.group("braces") != null) {
                    if (!isAfterMetric) {
                        throw wrong();
                    }
                    matches(token.group("braces"));
                } else if (token.group("open") != null) {
                    depth++;
                } else if (token.group("close") != null) {
                    depth--;
                }
                if (depth < 0) {
                    throw wrong();
                }
                isAfterMetric = isMetric;
            }
            if (depth != 0 || text.isBlank()) {
                throw wrong();
            }
            return new PromQuery(selectors, grouping, left);
        }

        /** Whether it is a metric. */
        private boolean word(String word) {
            boolean isCall = text.startsWith("(", at);
            if (GROUPINGS.contains(word)) {
                labels(word);
                return false;
            } else if (isCall) {
                if (!FUNCTIONS.contains(word)) {
                    throw new IllegalArgumentException("no function " + word + " in " + text);
                }
                return false;
            } else if (OPERATORS.contains(word) || FUNCTIONS.contains(word)) {
                return false; // an aggregation may have its labels first
            }
            selectors.add(new Selector(word, List.of()));
            return true;
        }

        private void labels(String word) {
            Matcher list = LABELS.matcher(text).region(at, text.length());
            if (!list.lookingAt()) {
                throw wrong();
            }
            at = list.end();
            for (String label : list.group(1).split(",", -1)) {
                if (!label.isBlank()) {
                    grouping.add(label.strip());
                    if (word.equals("by")) {
                        left.add(label.strip());
                    }
                }
            }
        }

        private void matches(String braces) {
            String inside = braces.substring(1, braces.length() - 1);
            Matcher one = MATCH.matcher(inside);
            List<Match> all = new ArrayList<>();
            int end = 0;
            while (end < inside.length()) {
                if (!one.region(end, inside.length()).lookingAt()) {
                    throw wrong();
                }
                all.add(new Match(one.group(1), one.group(2), one.group(3)));
                end = one.end();
            }
            selectors.set(selectors.size() - 1, new Selector(selectors.getLast().metric(), all));
        }
    }
}
