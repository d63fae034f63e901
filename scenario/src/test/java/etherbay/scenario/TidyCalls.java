// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.scenario.TidyRule.Pair;

import java.util.List;
import java.util.Set;

/** Calls and words that our code does without, each with what stands in its place. */
final class TidyCalls {
    private static final String IN_TARGET = "target/src/main/java/etherbay/target/X.java";

    /** These modules are the world's side of the clock seam, or measure the world. */
    private static final Set<String> CLOCK_MODULES =
            Set.of("linux", "guest", "systest", "bench", "cli");

    /** A program ends itself here and nowhere else. */
    private static final Set<String> EXIT_FILES = Set.of(
            "cli/src/main/java/etherbay/cli/Main.java",
            "scenario/src/test/java/etherbay/scenario/HostileSoak.java",
            "scenario/src/test/java/etherbay/scenario/Replay.java",
            "scenario/src/test/java/etherbay/scenario/Soak.java",
            "sim/src/main/java/etherbay/sim/FuzzRun.java",
            "bench/src/main/java/etherbay/bench/Bench.java",
            "build/TestReport.java");

    /** Where a thread begins, so that whatever it throws ends here. */
    private static final Set<String> CATCH_ALL_FILES =
            Set.of("base/src/main/java/etherbay/base/Loop.java");

    private TidyCalls() {}

    static List<TidyRule> rules() {
        return List.of(
                clock(), wallClock(), chance(), sleep(), asserts(), traces(), catchAll(), exit());
    }

    private static TidyRule clock() {
        return TidyRule.banned(
                "time comes from the Clock seam",
                "\\bSystem\\s*\\.\\s*(nanoTime|currentTimeMillis)\\b",
                "take nowNs or an etherbay.base.Clock",
                path -> !CLOCK_MODULES.contains(TidyTree.moduleOf(path)),
                new Pair(IN_TARGET, "long t = clock.nanoTime();", "long t = System.nanoTime();"));
    }

    private static TidyRule wallClock() {
        return TidyRule.banned(
                "the date comes from the Clock seam",
                "\\b(Instant|Local(Date|Time|DateTime)|ZonedDateTime)\\s*\\.\\s*now\\b",
                "take Clock.wallMillis()",
                path -> !CLOCK_MODULES.contains(TidyTree.moduleOf(path)),
                new Pair(IN_TARGET, "Instant.ofEpochMilli(1)", "var i = Instant.now();"));
    }

    private static TidyRule chance() {
        return TidyRule.banned(
                "chance comes from one seed",
                "\\bnew\\s+(java\\.util\\.)?(Splittable)?Random\\b|\\bMath\\s*\\.\\s*random\\b"
                        + "|\\bThreadLocalRandom\\b",
                "take an etherbay.base.Prng",
                path -> true,
                new Pair(IN_TARGET, "new Prng(seed)", "new Random(1)"));
    }

    private static TidyRule sleep() {
        return TidyRule.banned(
                "no test sleeps",
                "\\bThread\\s*\\.\\s*sleep\\b",
                "pass the time as an argument, or wait on a condition with a bound",
                path -> TidyTree.isTest(path) && !TidyTree.moduleOf(path).equals("systest"),
                new Pair(
                        "aoe/src/test/java/etherbay/aoe/XTest.java",
                        "clock.advanceNs(5);",
                        "Thread.sleep(5);"));
    }

    private static TidyRule asserts() {
        return TidyRule.banned(
                "checks are always on",
                "(?m)^\\s*assert\\b",
                "use Check.that(condition, reason)",
                path -> true,
                new Pair(IN_TARGET, "Check.that(a > 0, \"a\");", "  assert a > 0;"));
    }

    private static TidyRule traces() {
        return TidyRule.banned(
                "no stack trace is shown to a person",
                "\\.\\s*printStackTrace\\b",
                "throw an EtherbayException with its cause and cure, or log one line",
                path -> true,
                new Pair(IN_TARGET, "throw e;", "e.printStackTrace();"));
    }

    private static TidyRule catchAll() {
        return TidyRule.banned(
                "only what is expected is caught",
                "\\bcatch\\s*\\(\\s*(final\\s+)?(Exception|Throwable|RuntimeException)\\b",
                "name the exceptions, or let them go to where the thread begins",
                path -> !CATCH_ALL_FILES.contains(path)
                        && !(TidyTree.moduleOf(path).equals("linux") && !TidyTree.isTest(path)),
                new Pair(
                        IN_TARGET,
                        "try { a(); } catch (IOException e) { b(e); }",
                        "try { a(); } catch (Exception e) { b(e); }"));
    }

    private static TidyRule exit() {
        return TidyRule.banned(
                "only a main class ends the process",
                "\\bSystem\\s*\\.\\s*exit\\b",
                "throw an EtherbayException; its code becomes the exit code",
                path -> !EXIT_FILES.contains(path),
                new Pair(IN_TARGET, "throw new EtherbayException(a, b, c, d);", "System.exit(1);"));
    }
}
