// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

class BarTest {
    private static final String POINT = "cached, random read 4 KiB, window 64";

    @Test
    void theMedianOfTheRatiosIsHeldAgainstTheBar() {
        Comparison comparison = new Comparison();
        for (long ours : List.of(110, 130, 121)) {
            comparison.add(POINT, "etherbay", Samples.of(ours, 1_000 * ours));
            comparison.add(POINT, "vblade", Samples.of(100, 100_000));
        }

        assertThat(verdict(comparison, "1 " + POINT + ": requests/s / vblade")).satisfies(one -> {
            assertThat(one.measured()).contains(new Spread(1.21, 1.1, 1.3));
            assertThat(one.missed()).isFalse();
        });
        assertThat(verdict(comparison, "5 " + POINT + ": CPU s per million / vblade"))
                .satisfies(one -> {
                    assertThat(one.measured()).contains(new Spread(1, 1, 1));
                    assertThat(one.missed()).isTrue();
                });
        assertThat(verdict(comparison, "5 " + Bar.IDLE))
                .matches(one -> one.measured().isEmpty() && !one.missed());
    }

    @Test
    void aBarBelowIsNotReachedByMore() {
        assertThat(Bound.atMost(0.5).admits(0.5)).isTrue();
        assertThat(Bound.atMost(0.5).admits(0.51)).isFalse();
        assertThat(Bound.atLeast(1.2).aim(1.3).admits(1.2)).isTrue();
        assertThat(Bound.atLeast(1.2).aim(1.3).admits(1.19)).isFalse();
        assertThat(Bound.atLeast(1.2).aim(1.3).toText()).isEqualTo("at least 1.20 (aim 1.30)");
    }

    @Test
    void theTableSaysWhatWasReachedAndWhatNot() {
        String text = Verdict.toText(List.of(
                new Verdict("a", Bound.atLeast(1), Optional.of(new Spread(1.5, 1, 2))),
                new Verdict("bb", Bound.atLeast(2), Optional.of(new Spread(1.5, 1, 2))),
                new Verdict("c", Bound.atMost(2), Optional.empty())));

        assertThat(text.lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "a 1.50 [1.00-2.00] at least 1.00 reached",
                        "bb 1.50 [1.00-2.00] at least 2.00 NOT reached",
                        "c - at most 2.00 not measured");
    }

    /** A bar whose point no setting measures, or whose rival cannot be there, would never count. */
    @Test
    void eachBarIsOfAPointThatIsMeasuredBesideItsRival() {
        Set<String> measured = new HashSet<>();
        for (Setting setting : Setting.ALL) {
            for (Point point : setting.points()) {
                measured.add(setting.label(point) + "/vblade");
                setting.beside().forEach(name -> measured.add(setting.label(point) + "/" + name));
            }
        }

        for (Bar bar : Bar.TARGET) {
            if (bar.source() instanceof Bar.Ratio ratio) {
                assertThat(measured).contains(ratio.point() + "/" + ratio.rival());
            }
        }
    }

    @Test
    void settingsAreChosenByName() {
        assertThat(Setting.named(List.of("direct", "cached")))
                .extracting(Setting::name)
                .containsExactly("cached", "direct");
        assertThatThrownBy(() -> Setting.named(List.of("cached", "warm")))
                .hasMessageContaining("there is no setting 'warm'");
    }

    private static Verdict verdict(Comparison comparison, String what) {
        return Bar.verdicts(comparison).stream()
                .filter(one -> one.what().equals(what))
                .findFirst()
                .orElseThrow();
    }
}
