// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class ReportTest {
    @Test
    void aSpreadIsTheMedianAndTheEnds() {
        assertThat(Spread.of(List.of(3.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 3));
        assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(new Spread(2.5, 1, 4));
        assertThat(Spread.of(List.of(2.0, 1.0)).toText(1)).isEqualTo("1.5 [1.0-2.0]");
    }

    @Test
    void aRatioComparesRoundWithRound() {
        List<Sample> ours =
                List.of(Samples.of(200, 100), Samples.of(100, 100), Samples.of(900, 100));
        List<Sample> theirs =
                List.of(Samples.of(100, 100), Samples.of(100, 100), Samples.of(300, 100));

        Spread ratio = Comparison.ratio(ours, theirs, one -> one.result().rate());

        assertThat(ratio).isEqualTo(new Spread(2, 1, 3));
    }

    @Test
    void theReportNamesPointServersAndRatio() {
        Comparison comparison = new Comparison();
        comparison.add("cached", "etherbay", Samples.of(200_000, 600_000_000));
        comparison.add("cached", "vblade", Samples.of(100_000, 600_000_000));

        String text = comparison.toText();

        assertThat(text.lines().map(String::strip))
                .anyMatch(line -> line.matches("etherbay +200\\.0k .* CPU 3\\.0 us/request.*"))
                .anyMatch(line ->
                        line.matches("/ vblade +requests/s 2\\.00 \\[2\\.00-2\\.00\\].* 0\\.50"));
    }

    @Test
    void jsonIsQuotedAndNested() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("a \"b\"\n", List.of(1, 2.5, true));
        value.put("c", Map.of("d", "e\\"));

        assertThat(Json.of(value))
                .isEqualTo(
                        "{\"a \\\"b\\\"\\u000a\": [1, 2.5000, true], \"c\": {\"d\": \"e\\\\\"}}");
    }

    @Test
    void aWorkloadSurvivesItsWayToAnotherProcess() {
        Workload work = new Workload(
                new Address(7, 3), true, true, true, 12, 16, 800, 1_500_000_000L, 99, 5);

        assertThat(WorkloadOptions.parse(WorkloadOptions.toLine(work))).isEqualTo(work);
    }
}
