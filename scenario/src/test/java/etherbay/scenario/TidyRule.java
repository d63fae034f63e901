// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One rule of the house: what it finds in a tree, and a pair of made-up projects that prove it, one
 * that keeps it and one that breaks it.
 */
record TidyRule(
        String name, Function<TidyTree, List<String>> findings, TidyTree good, TidyTree bad) {

    @Override
    public String toString() {
        return name;
    }

    /**
     * A pattern that no Java code may contain (comments and strings do not count).
     *
     * @param instead what to write in its place, shown with each finding
     * @param scope the paths it holds for
     */
    static TidyRule banned(
            String name, String pattern, String instead, Predicate<String> scope, Pair examples) {
        Pattern compiled = Pattern.compile(pattern);
        return new TidyRule(
                name,
                tree -> {
                    List<String> found = new ArrayList<>();
                    tree.javaPaths().filter(scope).forEach(path -> {
                        String code = TidyJava.code(tree.text(path));
                        find(found, path, code, compiled, instead);
                    });
                    return found;
                },
                TidyTree.of(examples.path, examples.good),
                TidyTree.of(examples.path, examples.bad));
    }

    /** Adds a line for each match: path, line number, what it is, what to write instead. */
    static void find(
            List<String> found, String path, String text, Pattern pattern, String instead) {
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            long line = 1
                    + text.substring(0, matcher.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            found.add("%s:%d: %s: %s".formatted(path, line, matcher.group().strip(), instead));
        }
    }

    /** Two lines of code in one file: the first keeps the rule, the second breaks it. */
    record Pair(String path, String good, String bad) {}
}
