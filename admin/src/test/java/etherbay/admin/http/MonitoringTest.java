// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.Reports;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The dashboards and alert rules of {@code docs/monitoring}: all that they name is in what a node
 * prints that has one of everything.
 */
@Timeout(60)
final class MonitoringTest {
    private static final Path DOCS =
            Path.of(System.getProperty("etherbay.home", "..")).toAbsolutePath().resolve("docs");
    private static final Pattern VERB = Pattern.compile("\\betherbay ([a-z-]+)");

    private static MetricNames names = new MetricNames(Map.of());

    @BeforeAll
    static void scrape(@TempDir Path folder) throws Exception {
        try (ApiLab lab = new ApiLab(folder)) {
            lab.node().parts = oneOfEverything();
            lab.failTask("volume-copy", "volume vg/lv");
            lab.parts().watch().look();
            String text = lab.unix("GET", "/metrics", "").text();
            names = MetricNames.of(MetricsTest.parse(text).keySet());
        }
    }

    private static Reports.Parts oneOfEverything() {
        return Reports.healthy()
                .exports(Reports.export(
                        "e0.0",
                        100,
                        false,
                        null,
                        true,
                        Reports.initiator("02:00:00:00:00:09", true)))
                .rogues(new Rogue("e0.0", "eth0", "02:66", "02:01", 0, Reports.NOW_MS, 5))
                .disks(Reports.disk("e1.0", "silent"), Reports.disk("e2.0", "fenced"))
                .mirrors(
                        Reports.mirror(
                                "vm1",
                                Reports.progress("resync", 10, 1000),
                                Reports.leg("e1.0", "in sync", "a")),
                        Reports.mirror(
                                "vm2",
                                Reports.progress("recover", 10, 1000),
                                Reports.leg("e2.0", "in sync", "a")),
                        Reports.mirror("vm3", "fenced by node2", null));
    }

    private static String document(String name) throws IOException {
        return Files.readString(DOCS.resolve(name));
    }

    private static List<String> complaints(String name, String text) {
        return name.endsWith(".json")
                ? DashboardCheck.complaints(text, names)
                : AlertCheck.complaints(text, names);
    }

    @ParameterizedTest
    @ValueSource(strings = {"overview.json", "exports.json", "mirrors.json", "alerts.yml"})
    void allThatItNamesIsThere(String name) throws IOException {
        assertThat(complaints(name, document("monitoring/" + name))).isEmpty();
        assertThat(document("monitoring.md")).contains("(monitoring/" + name + ")");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "overview.json; etherbay_healthy{; etherbay_healthier{; no metric etherbay_health",
                "overview.json; quantile=\\\"0.99; quantile=\\\"0.9; has no quantile \"0.9\"",
                "overview.json; {{instance}}; {{node}}; has no label node",
                "overview.json; rate(; rates(; no function rates",
                "overview.json; \"id\": 3,; \"id\": 2,; two panels have the id 2",
                "overview.json; \"x\": 4,; \"x\": 3,; has no place",
                "overview.json; uid\": \"${datasource}; uid\": \"mine; another data source",
                "exports.json; (job, instance, export); (job, instance, mirror); label mirror",
                "exports.json; $export; $exports; no variable exports",
                "mirrors.json; , mirror); , mirrors); has no label mirrors",
                "mirrors.json; \"disk\": \"Disk\"; \"dsk\": \"Disk\"; no column dsk",
                "alerts.yml; etherbay_export_up; etherbay_export_down; no metric etherbay_export_d",
                "alerts.yml; \"silent\"; \"silence\"; has no state \"silence\"",
                "alerts.yml; resync|recover; resync|rebuild; has no pass \"rebuild\"",
                "alerts.yml; $labels.mirror }}; $labels.leg }}; has no label leg",
                "alerts.yml; $value; $values; not understood",
                "alerts.yml; summary:; sumary:; lacks summary",
                "alerts.yml; severity: info; severity: bad; no severity that is known",
                "alerts.yml; for: 1h; fore: 1h; has an unknown key fore",
                "alerts.yml; for: 1h; for: long; no duration",
                "alerts.yml; EtherbayLinkDown; EtherbayRogue; no name for one alert",
                "alerts.yml; > 60; > 60); not understood"
            })
    void aWrongNameIsFound(String name, String right, String wrong, String complaint)
            throws IOException {
        String text = document("monitoring/" + name);
        assertThat(text).contains(right);
        assertThat(complaints(name, text.replace(right, wrong)))
                .anyMatch(found -> found.contains(complaint));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: b: c",
                "a: \"b\"",
                "a: {b}",
                "a: b # c",
                "a: - b",
                "a:",
                "a: b\na: c",
                "a: b\n   c: d",
                "- a: b\n- c",
                "a: |\n  b",
                "\ta: b"
            })
    void whatYamlMayReadOtherwiseIsRefused(String text) {
        assertThatThrownBy(() -> RuleFile.read(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theCommandOfAnAlertIsAVerb() throws IOException {
        Path verbs = DOCS.resolveSibling("cli/src/main/java/etherbay/cli");
        String rules = AlertCheck.rules(document("monitoring/alerts.yml")).toString();
        List<String> named = VERB.matcher(rules)
                .results()
                .map(verb -> Arrays.stream(verb.group(1).split("-", -1))
                        .map(part ->
                                part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1))
                        .collect(Collectors.joining("", "", "Command.java")))
                .toList();
        assertThat(named)
                .hasSizeGreaterThan(10)
                .allSatisfy(file -> assertThat(verbs.resolve(file)).exists());
    }

    @Test
    void theJobIsCalledAsTheScrapeConfigurationSays() throws IOException {
        assertThat(document("monitoring.md")).contains("job_name: etherbay\n");
        for (String name : List.of("overview.json", "alerts.yml")) {
            assertThat(document("monitoring/" + name).replace("\\", ""))
                    .contains("up{job=\"etherbay\"}");
        }
    }
}
