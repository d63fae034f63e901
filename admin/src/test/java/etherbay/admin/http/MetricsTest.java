// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.Reports;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics, read as strictly as Prometheus' text format 0.0.4 says. */
@Timeout(60)
final class MetricsTest {
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-z][a-z0-9_]*)(\\{((?:[a-z]+=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)*)})? (\\S+)");

    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private Map<String, Double> scrape() throws IOException {
        lab.parts().watch().look();
        RawAnswer answer = lab.unix("GET", "/metrics", "");
        assertThat(answer.header("Content-Type"))
                .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
        return parse(answer.text());
    }

    /** Samples by name and labels; a family has its HELP and TYPE first, and stands together. */
    static Map<String, Double> parse(String text) {
        assertThat(text).endsWith("\n");
        Map<String, Double> samples = new TreeMap<>();
        Map<String, String> types = new HashMap<>();
        Set<String> closed = new HashSet<>();
        String family = "";
        for (String line : text.lines().toList()) {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# HELP ")) {
                closed.add(family);
                family = words[2];
                assertThat(closed).doesNotContain(family);
                assertThat(words[3]).isNotBlank();
            } else if (line.startsWith("# TYPE ")) {
                assertThat(words[2]).isEqualTo(family);
                types.put(family, words[3]);
            } else {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                assertThat(sample.group(1)).as(line).startsWith(family).startsWith("etherbay_");
                assertThat(types).containsKey(family);
                boolean isCounter = "counter".equals(types.get(family));
                assertThat(family.endsWith("_total")).as(line).isEqualTo(isCounter);
                String key = line.substring(0, line.lastIndexOf(' '));
                assertThat(samples.put(key, Double.valueOf(sample.group(4))))
                        .as(line)
                        .isNull();
            }
        }
        return samples;
    }

    @Test
    void whatTheReportSaysIsThere() throws IOException {
        lab.node().parts = Reports.healthy()
                .exports(Reports.export(
                        "e0.0",
                        100,
                        false,
                        null,
                        true,
                        Reports.initiator("02:00:00:00:00:09", true)))
                .mirrors(Reports.mirror(
                        "vm1",
                        Reports.progress("resync", 10, 1000),
                        Reports.leg("e1.0", "in sync", "a"),
                        Reports.leg("e2.0", "recovering", "b")));
        Map<String, Double> samples = scrape();
        assertThat(samples)
                .containsEntry("etherbay_export_reads_total{export=\"e0.0\"}", 100.0)
                .containsEntry("etherbay_export_read_bytes_total{export=\"e0.0\"}", 409_600.0)
                .containsEntry(
                        "etherbay_export_read_latency_seconds{export=\"e0.0\",quantile=\"0.99\"}",
                        200 * 1e-6)
                .containsEntry("etherbay_export_read_latency_seconds_count{export=\"e0.0\"}", 100.0)
                .containsEntry(
                        "etherbay_export_read_duration_seconds_bucket"
                                + "{export=\"e0.0\",le=\"5.0E-5\"}",
                        200.0)
                .containsEntry(
                        "etherbay_export_read_duration_seconds_bucket"
                                + "{export=\"e0.0\",le=\"+Inf\"}",
                        1900.0)
                .containsEntry(
                        "etherbay_export_read_duration_seconds_sum{export=\"e0.0\"}", 700 * 1e-6)
                .containsEntry(
                        "etherbay_initiator_reads_total{export=\"e0.0\","
                                + "initiator=\"02:00:00:00:00:09\"}",
                        5.0)
                .containsEntry("etherbay_mirror_legs_in_sync{mirror=\"vm1\"}", 1.0)
                .containsEntry("etherbay_mirror_leg_in_sync{leg=\"e2.0\",mirror=\"vm1\"}", 0.0)
                .containsEntry(
                        "etherbay_mirror_pass_done_bytes{mirror=\"vm1\",pass=\"resync\"}", 10.0)
                .containsEntry("etherbay_health_reasons{code=\"ONE_GOOD_COPY\"}", 1.0)
                .containsEntry("etherbay_tasks{state=\"running\"}", 1.0)
                .containsEntry("etherbay_interface_dropped_frames_total{interface=\"eth0\"}", 0.0)
                .containsEntry("etherbay_node_counter_total{name=\"dropped.bad\"}", 3.0);
    }

    /** It asks by each interface in turn; its counters go on whichever it was heard on last. */
    @Test
    void anInitiatorIsOneSeriesOnHoweverManyInterfaces() throws IOException {
        NodeReport.Initiator one = Reports.initiator("02:00:00:00:00:09", true);
        List<Set<String>> series = new ArrayList<>();
        for (String heardOn : List.of("eth0", "eth1")) {
            NodeReport.Initiator heard = new NodeReport.Initiator(
                    one.mac(),
                    heardOn,
                    one.firstMs(),
                    one.lastMs(),
                    one.neverFlushes(),
                    one.retransmits(),
                    one.traffic());
            lab.node().parts = Reports.healthy()
                    .exports(Reports.export("e0.0", 100, false, null, true, heard));
            series.add(scrape().keySet());
        }
        assertThat(series.getFirst())
                .anyMatch(it -> it.startsWith("etherbay_initiator_reads_total"))
                .isEqualTo(series.getLast());
    }

    @Test
    void whatAnAlertAsksForIsThere() throws IOException {
        lab.node().parts = Reports.healthy()
                .exports(Reports.export(
                        "e0.0",
                        100,
                        false,
                        null,
                        true,
                        Reports.initiator("02:00:00:00:00:09", true)))
                .rogues(new Rogue(
                        "e0.0", "eth0", "02:66:00:00:00:01", "02:01", 0, Reports.NOW_MS, 5))
                .disks(Reports.disk("e1.0", "silent"));
        assertThat(scrape())
                .containsEntry("etherbay_export_write_cache{export=\"e0.0\"}", 1.0)
                .containsEntry(
                        "etherbay_initiator_never_flushes{export=\"e0.0\","
                                + "initiator=\"02:00:00:00:00:09\"}",
                        1.0)
                .containsEntry(
                        "etherbay_rogue_last_seen_time_seconds{export=\"e0.0\","
                                + "interface=\"eth0\",mac=\"02:66:00:00:00:01\"}",
                        Reports.NOW_MS / 1000.0)
                .containsEntry("etherbay_disk_up{disk=\"e1.0\"}", 0.0)
                .containsEntry("etherbay_disk_state{disk=\"e1.0\",state=\"silent\"}", 1.0)
                .containsEntry("etherbay_disk_state{disk=\"e1.0\",state=\"up\"}", 0.0);
    }

    @Test
    void anotherNodeIsUpOrNot() throws IOException {
        assertThat(scrape()).containsEntry("etherbay_peer_up{peer=\"node2\"}", 1.0);
        lab.node().parts =
                Reports.healthy().peers(Reports.peer("node2", "silent", Reports.TROUBLE));
        lab.parts().watch().look();
        assertThat(scrape()).containsEntry("etherbay_peer_up{peer=\"node2\"}", 0.0);
    }

    @Test
    void aDiskInTroubleIsNotUp() throws IOException {
        lab.node().parts = Reports.healthy()
                .disks(new NodeReport.Disk(
                        "e1.0", "file", "up", 0, null, List.of(), Reports.TROUBLE));
        assertThat(scrape()).containsEntry("etherbay_disk_up{disk=\"e1.0\"}", 0.0);
    }

    @Test
    void theNewestFailureOfEachKindOnEachObjectIsTold() throws Exception {
        lab.failTask("volume-copy", "volume a");
        lab.turn(5000);
        lab.failTask("volume-copy", "volume a");
        assertThat(scrape())
                .containsEntry("etherbay_tasks{state=\"failed\"}", 2.0)
                .containsEntry(
                        "etherbay_task_failed_time_seconds{kind=\"volume-copy\","
                                + "object=\"volume a\"}",
                        (Reports.NOW_MS + 5000) / 1000.0);
    }

    @Test
    void hostileNamesStayInTheirQuotes() throws IOException {
        lab.node().parts = Reports.healthy()
                .exports(Reports.export("a\"\\\nb", 1), Reports.export("a\"\\\nb", 2));
        assertThat(scrape())
                .containsEntry("etherbay_export_reads_total{export=\"a\\\"\\\\\\nb\"}", 1.0);
    }

    @Test
    void aNodeWithNothingHasMetricsToo() throws IOException {
        lab.node().parts = new Reports.Parts(
                List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
                List.of());
        assertThat(scrape()).containsEntry("etherbay_healthy", 1.0);
    }
}
