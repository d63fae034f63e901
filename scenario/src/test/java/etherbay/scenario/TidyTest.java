// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The rules of the house: proven on examples that break them, held against our sources. */
class TidyTest {
    private static final TidyTree OURS =
            TidyTree.read(Path.of(System.getProperty("etherbay.home", "..")).toAbsolutePath());

    static List<TidyRule> rules() {
        return Stream.of(
                        TidyLayers.rules(),
                        TidyForm.rules(),
                        TidyCalls.rules(),
                        TidyDocuments.rules())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void ourSourcesKeepTheRule(TidyRule rule) {
        assertThat(rule.findings().apply(OURS)).as(rule.name()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void anExampleThatBreaksTheRuleIsFound(TidyRule rule) {
        assertThat(rule.findings().apply(rule.bad())).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void anExampleThatKeepsTheRulePasses(TidyRule rule) {
        assertThat(rule.findings().apply(rule.good())).isEmpty();
    }

    @Test
    void theWholeProjectIsLookedAt() {
        assertThat(OURS.modules().toList())
                .contains("base", "cli", "scenario")
                .hasSizeGreaterThan(8);
        assertThat(OURS.javaPaths().count()).isGreaterThan(40);
        assertThat(OURS.shellPaths().toList()).contains("etherbay", "dev", ".ci/run");
    }

    @Test
    void theRatchetDoesNotLetALineStayThatIsNotNeeded() {
        assertThat(TidyForm.ratchetFindings(Map.of("a", 70), Map.of("a", 80))).hasSize(1);
        assertThat(TidyForm.ratchetFindings(Map.of(), Map.of("a", 80))).hasSize(1);
        assertThat(TidyForm.ratchetFindings(Map.of("a", 80), Map.of("a", 80))).isEmpty();
        assertThat(TidyForm.ratchetFindings(Map.of("a", 81), Map.of("a", 80))).hasSize(1);
    }

    @Test
    void codeIsTextWithoutCommentsAndStrings() {
        String code = TidyJava.code("a(\"x\\\"//\"); // b\nc('\"'); /* d\n */ e();");
        assertThat(code.lines().map(String::strip))
                .containsExactly("a(       );", "c(   );", "e();");
    }
}
