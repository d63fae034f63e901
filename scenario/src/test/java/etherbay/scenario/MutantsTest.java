// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Each planted bug of {@code src/test/mutants} is found by the scenario that its head names, within
 * {@link #SEED_COUNT_MAX} seeds and in the words that it expects, and the same seeds pass without
 * it.
 */
final class MutantsTest {
    private static final long SEED_COUNT_MAX = 1000;
    private static final Path ROOT =
            Path.of(System.getProperty("etherbay.home", "..")).toAbsolutePath();
    private static final Path FOLDER = ROOT.resolve("scenario/src/test/mutants");

    /** The code as it is shipped; by scenario the seed up to which it was seen to pass. */
    private static final SeedHunt SHIPPED = new SeedHunt();

    private static final Map<String, Long> PASSED_TO = new HashMap<>();

    static List<SourcePatch> patches() {
        return SourcePatch.allIn(FOLDER);
    }

    @ParameterizedTest
    @MethodSource("patches")
    void eachPlantedBugIsFound(SourcePatch patch, @TempDir Path folder) throws IOException {
        try (PatchedClasses classes = new PatchedClasses(patch, ROOT, folder)) {
            BiFunction<String, Long, String> planted = classes.hunt();
            String found = "";
            long seed = 0;
            while (found.isEmpty() && seed < SEED_COUNT_MAX) {
                found = planted.apply(patch.scenario(), ++seed);
            }
            assertThat(found)
                    .as("%s in %s with seed %d", patch.what(), patch.scenario(), seed)
                    .doesNotStartWith(SeedHunt.EXCEPTION)
                    .containsPattern(patch.message());
            System.out.printf("%s: found with seed %d (%s)%n", patch, seed, found);
            passesShipped(patch.scenario(), seed);
        }
    }

    private static void passesShipped(String scenario, long toSeed) {
        for (long seed = PASSED_TO.getOrDefault(scenario, 0L) + 1; seed <= toSeed; seed++) {
            assertThat(SHIPPED.apply(scenario, seed))
                    .as("%s with seed %d, nothing planted", scenario, seed)
                    .isEmpty();
            PASSED_TO.put(scenario, seed);
        }
    }

    @Test
    void bothEndsOfTheWireAreMutated() {
        assertThat(patches()).hasSizeGreaterThanOrEqualTo(20);
        assertThat(patches().stream().flatMap(patch -> patch.files().stream()))
                .anyMatch(file -> file.startsWith("target/"))
                .anyMatch(file -> file.startsWith("initiator/"))
                .allMatch(file -> file.contains("/src/main/java/"));
        assertThat(patches()).allMatch(patch -> Scenarios.byName().containsKey(patch.scenario()));
    }

    private static SourcePatch patch(String before, String after) {
        return SourcePatch.parse("example", """
                Nothing is wrong.
                scenario: late-duplicate
                message: .
                --- a/base/src/main/java/etherbay/base/IoQueue.java
                +++ b/base/src/main/java/etherbay/base/IoQueue.java
                @@ -1,1 +1,2 @@
                -%s
                +%s
                """.formatted(before, after));
    }

    /** That classes are patched and loaded anew is no reason to fail. */
    @Test
    void aPatchThatBreaksNothingIsNotFound(@TempDir Path folder) throws IOException {
        SourcePatch harmless = patch("package etherbay.base;", "package etherbay.base; // example");
        try (PatchedClasses classes = new PatchedClasses(harmless, ROOT, folder)) {
            BiFunction<String, Long, String> hunt = classes.hunt();
            assertThat(hunt.getClass()).isNotSameAs(SeedHunt.class);
            for (long seed = 1; seed <= 20; seed++) {
                assertThat(hunt.apply(harmless.scenario(), seed)).isEmpty();
            }
        }
    }

    @Test
    void aPatchThatNoLongerAppliesSaysWhatToDo(@TempDir Path folder) {
        String file = "base/src/main/java/etherbay/base/IoQueue.java";
        assertThatThrownBy(() -> patch("package elsewhere;", "").applied(ROOT, file))
                .hasMessageContainingAll("example.patch does not apply", "no more", "do: plant");
        assertThatThrownBy(() -> patch("    }", "").applied(ROOT, file))
                .hasMessageContainingAll("example.patch does not apply", "more than once");
        SourcePatch wrong = patch("package etherbay.base;", "package;");
        assertThatThrownBy(() -> new PatchedClasses(wrong, ROOT, folder).close())
                .hasMessageContaining("does not compile");
    }
}
