// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.scenario.TidyRule.Pair;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How a file looks: its first line, its names, its lengths. */
final class TidyForm {
    static final String RATCHET = "scenario/src/test/resources/etherbay/scenario/ratchet.txt";
    private static final int METHOD_LINES_MAX = 60;
    private static final int FILE_LINES_MAX = 600;
    private static final int COLUMNS_MAX = 100;
    private static final String X = "aoe/src/main/java/etherbay/aoe/X.java";
    private static final String SPDX = "SPDX-License-Identifier: Apache-2.0";

    private TidyForm() {}

    static List<TidyRule> rules() {
        return List.of(licence(), columns(), leftover(), names(), packages(), lengths(), fuzzed());
    }

    private static TidyRule licence() {
        return new TidyRule(
                "every source names its licence",
                tree -> Stream.concat(tree.javaPaths(), tree.shellPaths())
                        .distinct()
                        .filter(path ->
                                tree.text(path).lines().limit(2).noneMatch(l -> l.contains(SPDX)))
                        .map(path -> path + ":1: no line " + SPDX)
                        .toList(),
                TidyTree.of(X, "// " + SPDX + "\nclass X {}"),
                TidyTree.of(X, "class X {}"));
    }

    private static TidyRule columns() {
        String wide = "x".repeat(COLUMNS_MAX);
        return new TidyRule(
                "no line is wider than " + COLUMNS_MAX + " columns",
                tree -> {
                    List<String> found = new ArrayList<>();
                    Pattern tooWide = Pattern.compile("(?m)^.{" + (COLUMNS_MAX + 1) + ",}$");
                    tree.javaPaths()
                            .forEach(path -> TidyRule.find(
                                    found, path, tree.text(path), tooWide, "break the line"));
                    return found;
                },
                TidyTree.of(X, wide + "\n" + wide),
                TidyTree.of(X, wide + "x"));
    }

    private static TidyRule leftover() {
        Pattern word = Pattern.compile("\\b(TO[D]O|FIX[M]E|XX[X])\\b");
        return new TidyRule(
                "nothing is left over",
                tree -> {
                    List<String> found = new ArrayList<>();
                    Predicate<String> any = path -> !path.equals("LICENSE");
                    tree.paths(any)
                            .forEach(path -> TidyRule.find(
                                    found,
                                    path,
                                    tree.text(path),
                                    word,
                                    "do it now or open an issue"));
                    return found;
                },
                TidyTree.of(X, "// The method todo() is fine."),
                TidyTree.of(X, "// TO" + "DO: later"));
    }

    private static TidyRule names() {
        return TidyRule.banned(
                "a type is named after its concept",
                "\\b(class|record|interface|enum)\\s+\\w+(Helper|Manager|Impl|Utils?|Ref)\\b",
                "name what it is",
                path -> true,
                new Pair(X, "class FrameQueue {}", "class FrameUtil {}"));
    }

    private static TidyRule packages() {
        return new TidyRule(
                "every package says what it is and is null-marked",
                tree -> new TreeSet<>(tree.javaPaths()
                                .filter(path -> path.contains("/src/main/"))
                                .map(path -> path.substring(0, path.lastIndexOf('/')))
                                .toList())
                        .stream()
                                .map(folder -> folder + "/package-info.java")
                                .filter(path -> !tree.text(path).contains("NullMarked")
                                        || !tree.text(path).contains("/**"))
                                .map(path -> path + ": needs Javadoc and @NullMarked")
                                .toList(),
                TidyTree.of(
                        X,
                        "",
                        "aoe/src/main/java/etherbay/aoe/package-info.java",
                        "/** A. */ @NullMarked"),
                TidyTree.of(X, ""));
    }

    /** Lengths are a ratchet: what is too long stands in a list, and the list may only shrink. */
    private static TidyRule lengths() {
        String longMethod = "class X { void a() {\n" + "int b;\n".repeat(METHOD_LINES_MAX) + "} }";
        return new TidyRule(
                "methods and files keep their length",
                tree -> ratchetFindings(tooLong(tree), ratchet(tree.text(RATCHET))),
                TidyTree.of(X, longMethod, RATCHET, "# comment\n" + X + "#a 62\n"),
                TidyTree.of(X, longMethod));
    }

    private static TidyRule fuzzed() {
        String folder = "aoe/src/test/java/etherbay/aoe/";
        return new TidyRule(
                "every fuzz target is tried on what is kept for it",
                tree -> tree.javaPaths()
                        .filter(path -> path.endsWith("Fuzz.java"))
                        .filter(path -> !fuzzTest(tree, path).contains("(" + target(path) + "."))
                        .map(path -> path + ": FuzzTest of its package does not name it")
                        .toList(),
                TidyTree.of(folder + "AFuzz.java", "", folder + "FuzzTest.java", "(AFuzz.class)"),
                TidyTree.of(folder + "AFuzz.java", "", folder + "FuzzTest.java", "(B.class)"));
    }

    private static String fuzzTest(TidyTree tree, String path) {
        return tree.text(path.substring(0, path.lastIndexOf('/')) + "/FuzzTest.java");
    }

    private static String target(String path) {
        return path.substring(path.lastIndexOf('/') + 1, path.length() - ".java".length());
    }

    /** Lines of each file and method over its limit. */
    static Map<String, Integer> tooLong(TidyTree tree) {
        Map<String, Integer> found = new TreeMap<>();
        TidyJava.methodLines(tree).forEach((method, lines) -> {
            if (lines > METHOD_LINES_MAX) {
                found.put(method, lines);
            }
        });
        Stream.concat(tree.javaPaths(), tree.shellPaths()).distinct().forEach(path -> {
            int lines = (int) tree.text(path).lines().count();
            if (lines > FILE_LINES_MAX) {
                found.put(path, lines);
            }
        });
        return found;
    }

    static List<String> ratchetFindings(
            Map<String, Integer> tooLong, Map<String, Integer> ratchet) {
        List<String> found = new ArrayList<>();
        tooLong.forEach((name, lines) -> {
            int allowed = ratchet.getOrDefault(name, 0);
            if (lines > allowed) {
                found.add("%s: %d lines: split it".formatted(name, lines));
            }
        });
        ratchet.forEach((name, allowed) -> {
            int lines = tooLong.getOrDefault(name, 0);
            if (lines < allowed) {
                found.add("%s: shorter than the ratchet says (%d, now %s): lower or delete its line"
                        .formatted(name, allowed, lines == 0 ? "short enough" : lines));
            }
        });
        return found;
    }

    private static Map<String, Integer> ratchet(String text) {
        Map<String, Integer> allowed = new TreeMap<>();
        Collection<String> lines = text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        for (String line : lines) {
            int space = line.lastIndexOf(' ');
            allowed.put(line.substring(0, space), Integer.valueOf(line.substring(space + 1)));
        }
        return allowed;
    }
}
