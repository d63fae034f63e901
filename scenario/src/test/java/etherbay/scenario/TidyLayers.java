// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.scenario.TidyRule.Pair;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Which module may know which: the table of docs/ARCHITECTURE.md, enforced. */
final class TidyLayers {
    private static final Set<String> ANYTHING = Set.of("*");

    /** What the sources of a module may import besides itself. Tests may use {@code sim} too. */
    private static final Map<String, Set<String>> NEEDS = Map.ofEntries(
            Map.entry("base", Set.of()),
            Map.entry("linux", Set.of("base")),
            Map.entry("aoe", Set.of("base")),
            Map.entry("target", Set.of("base", "aoe")),
            Map.entry("initiator", Set.of("base", "aoe")),
            Map.entry("mirror", Set.of("base")),
            Map.entry("volume", Set.of("base")),
            Map.entry("nbd", Set.of("base")),
            Map.entry("guest", Set.of("base", "mirror")),
            Map.entry("admin", Set.of("base")),
            Map.entry("sim", Set.of("base")),
            Map.entry("node", ANYTHING),
            Map.entry("cluster", ANYTHING),
            Map.entry("cli", ANYTHING),
            Map.entry("scenario", ANYTHING),
            Map.entry("systest", ANYTHING),
            Map.entry("bench", ANYTHING));

    private static final Set<String> TOPS = Set.of("cli", "scenario", "systest", "bench");
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^\\s*import\\s+(?:static\\s+)?etherbay\\.([a-z]+)\\.");
    private static final Pattern DEPENDENCY = Pattern.compile(
            "<dependency>(?:(?!</dependency>).)*<artifactId>etherbay-([a-z]+)</artifactId>"
                    + "(?:(?!</dependency>).)*</dependency>",
            Pattern.DOTALL);

    private TidyLayers() {}

    static List<TidyRule> rules() {
        return List.of(imports(), dependencies(), natives(), documented(), decided());
    }

    private static TidyRule imports() {
        String path = "target/src/main/java/etherbay/target/X.java";
        return new TidyRule(
                "a module imports only from the modules below it",
                TidyLayers::importFindings,
                TidyTree.of(path, "import etherbay.aoe.AoeHeader;"),
                TidyTree.of(path, "import etherbay.initiator.RemoteDisk;"));
    }

    private static List<String> importFindings(TidyTree tree) {
        List<String> found = new ArrayList<>();
        tree.javaPaths().filter(path -> path.contains("/src/")).forEach(path -> {
            List<String> seen = IMPORT.matcher(TidyJava.code(tree.text(path)))
                    .results()
                    .map(match -> match.group(1))
                    .distinct()
                    .toList();
            for (String other : seen) {
                if (!mayUse(TidyTree.moduleOf(path), other, TidyTree.isTest(path))) {
                    found.add("%s: imports etherbay.%s: ask for a seam of base instead"
                            .formatted(path, other));
                }
            }
        });
        return found;
    }

    private static TidyRule dependencies() {
        return new TidyRule(
                "a module's POM names only modules below it",
                TidyLayers::dependencyFindings,
                TidyTree.of("aoe/pom.xml", dependency("base", "")),
                TidyTree.of("aoe/pom.xml", dependency("linux", "<scope>test</scope>")));
    }

    private static String dependency(String module, String scope) {
        return "<dependency><artifactId>etherbay-%s</artifactId>%s</dependency>"
                .formatted(module, scope);
    }

    private static List<String> dependencyFindings(TidyTree tree) {
        List<String> found = new ArrayList<>();
        tree.paths(path -> path.endsWith("/pom.xml")).forEach(path -> {
            List<MatchResult> all =
                    DEPENDENCY.matcher(tree.text(path)).results().toList();
            for (MatchResult match : all) {
                boolean test = match.group().contains("<scope>test</scope>");
                if (!mayUse(TidyTree.moduleOf(path), match.group(1), test)) {
                    found.add("%s: depends on etherbay-%s".formatted(path, match.group(1)));
                }
            }
        });
        return found;
    }

    private static boolean mayUse(String module, String other, boolean test) {
        Set<String> needs = NEEDS.getOrDefault(module, Set.of());
        boolean upwards = TOPS.contains(other) && !TOPS.contains(module);
        return module.equals(other)
                || (test && other.equals("sim"))
                || needs.contains(other)
                || (needs.equals(ANYTHING) && !upwards);
    }

    private static TidyRule natives() {
        return TidyRule.banned(
                "native code is called in linux only",
                "\\bLinker\\b|\\bSymbolLookup\\b|\\.\\s*reinterpret\\s*\\(",
                "give linux a class with the call, behind a seam of base",
                path -> !TidyTree.moduleOf(path).equals("linux"),
                new Pair(
                        "target/src/main/java/etherbay/target/X.java",
                        "/** Not the Linker. */ memory.asSlice(0, 8);",
                        "memory.reinterpret(8);"));
    }

    private static TidyRule documented() {
        String pom = "<module>base</module>";
        return new TidyRule(
                "every module stands in the table of docs/ARCHITECTURE.md",
                tree -> tree.modules()
                        .filter(module ->
                                !tree.text("docs/ARCHITECTURE.md").contains("| `" + module + "` |"))
                        .map(module -> "docs/ARCHITECTURE.md: no row for module `" + module + "`")
                        .toList(),
                TidyTree.of("pom.xml", pom, "docs/ARCHITECTURE.md", "| `base` | - |"),
                TidyTree.of("pom.xml", pom, "docs/ARCHITECTURE.md", "base"));
    }

    private static TidyRule decided() {
        String pom = "<module>teapot</module>";
        return new TidyRule(
                "a module that the design did not foresee has a decision record",
                tree -> tree.modules()
                        .filter(module -> !NEEDS.containsKey(module))
                        .filter(module -> tree.paths(path -> path.startsWith("docs/decisions/"))
                                .noneMatch(path ->
                                        tree.text(path).contains("module `" + module + "`")))
                        .map(module -> "docs/decisions: nothing decides module `" + module + "`")
                        .toList(),
                TidyTree.of("pom.xml", pom, "docs/decisions/0042-tea.md", "A module `teapot`."),
                TidyTree.of("pom.xml", pom, "docs/decisions/0042-tea.md", "Tea is nice."));
    }
}
