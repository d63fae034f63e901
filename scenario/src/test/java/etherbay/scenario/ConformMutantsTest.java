// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.initiator.conform.Finding;
import etherbay.initiator.conform.Outcome;
import etherbay.initiator.conform.Report;
import etherbay.initiator.conform.Rule;
import etherbay.initiator.conform.Suite;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A suite that finds nothing proves nothing: each mistake of a target is found, by exactly the
 * rules that are about it, and each rule finds at least one.
 */
class ConformMutantsTest {
    private static Map<String, Finding> good = Map.of();

    static List<Mutant> mutants() {
        return Stream.of(WireMutants.all(), AtaMutants.all(), StateMutants.all())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void aMistakeIsFoundByTheRulesAboutIt(Mutant mutant) {
        try (ConformRig rig = new ConformRig(mutant.setup().get())) {
            assertThat(killers(rig.run())).isEqualTo(new TreeSet<>(mutant.kills()));
        }
    }

    @Test
    void everyRuleFindsAMistake() {
        Set<String> finding = mutants().stream()
                .flatMap(mutant -> mutant.kills().stream())
                .collect(Collectors.toSet());
        assertThat(Suite.rules())
                .extracting(Rule::id)
                .allSatisfy(id -> assertThat(finding).contains(id));
    }

    @Test
    void mistakesHaveDifferentNames() {
        assertThat(mutants()).extracting(Mutant::name).doesNotHaveDuplicates();
    }

    /** Rules that fail, or report something else than of a good target. */
    private static Set<String> killers(Report report) {
        return report.findings().stream()
                .filter(finding -> finding.outcome() == Outcome.FAILED || isOtherReport(finding))
                .map(finding -> finding.rule().id())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isOtherReport(Finding finding) {
        return finding.outcome() == Outcome.REPORTED
                && !finding.got().equals(good().get(finding.rule().id()).got());
    }

    private static Map<String, Finding> good() {
        if (good.isEmpty()) {
            try (ConformRig rig = new ConformRig(ConformRig.Setup.PLAIN)) {
                good = rig.run().findings().stream()
                        .collect(Collectors.toMap(
                                finding -> finding.rule().id(), finding -> finding));
            }
        }
        return good;
    }
}
