// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.Health;
import etherbay.admin.HealthRules;
import etherbay.admin.NodeReport;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Latency;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Traffic;
import etherbay.admin.Task;
import etherbay.base.LatencyBounds;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;

/**
 * A report as Prometheus reads it: names {@code etherbay_*} in base units, counters with {@code
 * _total}. Latencies are summaries: the quantiles of the last ten seconds, and the count since the
 * start; and, of exports, histograms named {@code _duration_} besides, which can be added up. Made
 * anew for each scrape.
 */
final class Metrics {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final double US = 1e-6;
    private static final List<Double> BOUNDS =
            LatencyBounds.US.stream().map(us -> us / 1e6).toList();
    private static final List<String> DISK_STATES = List.of("up", "silent", "sought", "fenced");

    private final Administration parts;

    Metrics(Administration parts) {
        this.parts = parts;
    }

    String text(NodeReport report) {
        MetricFamilies families = new MetricFamilies();
        node(families, report);
        report.exports().forEach(export -> export(families, export));
        report.interfaces().forEach(it -> {
            families.gauge(
                    "interface_up", "Whether it has a link", bit(it.up()), "interface", it.name());
            families.counter(
                    "interface_dropped_frames",
                    "Frames the kernel had no room for",
                    it.dropped(),
                    "interface",
                    it.name());
        });
        families.gauge(
                "rogues",
                "Other boxes that have answered for our addresses since the start",
                report.rogues().size());
        report.rogues().forEach(rogue -> rogue(families, rogue));
        report.disks().forEach(disk -> disk(families, disk));
        report.mirrors().forEach(mirror -> mirror(families, mirror));
        report.peers()
                .forEach(peer -> families.gauge(
                        "peer_up",
                        "Whether another node answers, and is who it should be",
                        bit(peer.state().equals("up")),
                        "peer",
                        peer.name()));
        tasks(families);
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            PrometheusTextFormatWriter.builder()
                    .setIncludeCreatedTimestamps(false)
                    .build()
                    .write(out, families.snapshots(), EscapingScheme.UNDERSCORE_ESCAPING);
            return out.toString(StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new UncheckedIOException("an array takes all", impossible);
        }
    }

    private static double bit(boolean set) {
        return set ? 1 : 0;
    }

    private void node(MetricFamilies families, NodeReport report) {
        families.gauge(
                "node_info", "Constant 1, labelled with what runs", 1, "version", report.version());
        families.gauge(
                "node_start_time_seconds",
                "When it started, since 1970",
                report.startedMs() / 1000.0);
        families.gauge(
                "node_report_time_seconds",
                "When these figures were taken, since 1970",
                report.atMs() / 1000.0);
        families.gauge("settings_generation", "Of the applied settings", report.generation());
        Health health = HealthRules.of(report, parts.clock().wallMillis());
        TreeMap<String, Integer> byCode = new TreeMap<>();
        health.reasons().forEach(reason -> byCode.merge(reason.code(), 1, Integer::sum));
        byCode.forEach((code, count) -> families.gauge(
                "health_reasons", "Reasons why it is not healthy", count, "code", code));
        families.gauge(
                "healthy",
                "Whether there is no such reason",
                bit(health.reasons().isEmpty()));
        new TreeMap<>(report.counters())
                .forEach((name, count) -> families.counter(
                        "node_counter",
                        "Counters of the node by name, since its start",
                        count,
                        "name",
                        name));
        Runtime runtime = Runtime.getRuntime();
        families.gauge(
                "process_heap_used_bytes",
                "Heap of the Java runtime in use",
                runtime.totalMemory() - runtime.freeMemory());
        families.gauge(
                "process_threads",
                "Threads of the process",
                ManagementFactory.getThreadMXBean().getThreadCount());
        families.counter(
                "events_unwritten",
                "Events that stand in no file",
                parts.events().unwrittenCount());
    }

    private static void export(MetricFamilies families, Export export) {
        String[] labels = {"export", export.name()};
        families.gauge("export_up", "Whether it is served", bit(export.trouble() == null), labels);
        families.gauge("export_size_bytes", "Its size", 512.0 * export.sectors(), labels);
        families.gauge(
                "export_queued_requests", "At the disk or waiting for it", export.queued(), labels);
        families.gauge(
                "export_sync_failed", "Whether a sync failed", bit(export.syncFailed()), labels);
        families.gauge(
                "export_write_cache",
                "Whether what is written may be in a cache until a FLUSH",
                bit(export.writeCache() && !export.readOnly()),
                labels);
        families.counter(
                "export_retransmits",
                "Frames that had been asked before",
                export.retransmits(),
                labels);
        traffic(families, "export", export.traffic(), labels);
        durations(families, "export_read_duration_seconds", export.readTimes(), labels);
        durations(families, "export_write_duration_seconds", export.writeTimes(), labels);
        for (Initiator initiator : export.initiators()) {
            // Not the interface: it is the one heard on last, and a series keeps its labels.
            String[] who = {"export", export.name(), "initiator", initiator.mac()};
            families.gauge(
                    "initiator_never_flushes",
                    "Whether it wrote and has sent no FLUSH since the start",
                    bit(initiator.neverFlushes()),
                    who);
            families.counter(
                    "initiator_retransmits",
                    "Frames that had been asked before",
                    initiator.retransmits(),
                    who);
            traffic(families, "initiator", initiator.traffic(), who);
        }
    }

    /** Told by when, not whether: who asks decides how long ago is too long ago. */
    private static void rogue(MetricFamilies families, Rogue rogue) {
        families.gauge(
                "rogue_last_seen_time_seconds",
                "When another box last answered for this address, since 1970",
                rogue.lastMs() / 1000.0,
                "export",
                rogue.export(),
                "interface",
                rogue.interfaceName(),
                "mac",
                rogue.theirs());
    }

    private static void disk(MetricFamilies families, Disk disk) {
        boolean isUp = disk.trouble() == null && disk.state().equals("up");
        families.gauge("disk_up", "Whether its target answers", bit(isUp), "disk", disk.name());
        for (String state : DISK_STATES) {
            families.gauge(
                    "disk_state",
                    "1 for the state that it is in, 0 for the others",
                    bit(disk.state().equals(state)),
                    "disk",
                    disk.name(),
                    "state",
                    state);
        }
        families.counter(
                "disk_retransmits",
                "Questions sent again",
                disk.paths().stream().mapToLong(NodeReport.Path::retransmits).sum(),
                "disk",
                disk.name());
    }

    private static void traffic(
            MetricFamilies families, String of, Traffic traffic, String... labels) {
        families.counter(of + "_reads", "Reads that ended", traffic.reads(), labels);
        families.counter(of + "_read_bytes", "Bytes read", traffic.readBytes(), labels);
        families.counter(of + "_writes", "Writes that ended", traffic.writes(), labels);
        families.counter(of + "_written_bytes", "Bytes written", traffic.writtenBytes(), labels);
        families.counter(of + "_flushes", "FLUSHes that ended well", traffic.flushes(), labels);
        families.counter(of + "_errors", "Requests that the disk failed", traffic.errors(), labels);
        latency(
                families,
                of + "_read_latency_seconds",
                traffic.reads(),
                traffic.readLatency(),
                labels);
        latency(
                families,
                of + "_write_latency_seconds",
                traffic.writes(),
                traffic.writeLatency(),
                labels);
    }

    private static void latency(
            MetricFamilies families, String name, long count, Latency latency, String... labels) {
        families.summary(
                name,
                "From the frame to its answer; quantiles of the last ten seconds",
                count,
                new double[][] {
                    {0.5, latency.p50Us() * US},
                    {0.99, latency.p99Us() * US},
                    {0.999, latency.p999Us() * US},
                    {1, latency.maxUs() * US}
                },
                labels);
    }

    private static void durations(
            MetricFamilies families, String name, NodeReport.Times times, String... labels) {
        if (!times.counts().isEmpty()) {
            families.histogram(
                    name,
                    "From the frame to its answer, since the start",
                    BOUNDS,
                    times.counts(),
                    times.sumUs() * US,
                    labels);
        }
    }

    private static void mirror(MetricFamilies families, Mirror mirror) {
        String[] labels = {"mirror", mirror.name()};
        families.gauge("mirror_up", "Whether it is held", bit(mirror.trouble() == null), labels);
        families.gauge("mirror_legs", "How many legs it should have", mirror.legCount(), labels);
        families.gauge("mirror_legs_in_sync", "How many are in sync", mirror.inSyncCount(), labels);
        families.gauge("mirror_dirty_bytes", "What the bitmap marks", mirror.dirtyBytes(), labels);
        mirror.legs()
                .forEach(leg -> families.gauge(
                        "mirror_leg_in_sync",
                        "Whether this leg is",
                        bit(leg.standing().equals("in sync")),
                        "mirror",
                        mirror.name(),
                        "leg",
                        leg.name()));
        NodeReport.Progress progress = mirror.progress();
        if (progress != null) {
            String[] pass = {"mirror", mirror.name(), "pass", progress.what()};
            families.gauge(
                    "mirror_pass_done_bytes",
                    "Of a pass that is under way",
                    progress.doneBytes(),
                    pass);
            families.gauge(
                    "mirror_pass_size_bytes",
                    "Of a pass that is under way",
                    progress.totalBytes(),
                    pass);
        }
    }

    private void tasks(MetricFamilies families) {
        TreeMap<String, Integer> byState = new TreeMap<>();
        for (String state : new String[] {"running", "waiting", "done", "failed", "cancelled"}) {
            byState.put(state, 0);
        }
        List<Task> kept = parts.tasks().list();
        for (Task task : kept) {
            byState.merge(task.state(), 1, Integer::sum);
        }
        byState.forEach((state, count) ->
                families.gauge("tasks", "Tasks that are kept, by state", count, "state", state));
        failures(families, kept);
    }

    /** The newest failure of each kind on each object; a task that failed is kept for days. */
    private static void failures(MetricFamilies families, List<Task> newestFirst) {
        for (Task task : newestFirst) {
            if (task.state().equals("failed")) {
                families.gauge(
                        "task_failed_time_seconds",
                        "When the latest such task that failed ended, since 1970",
                        task.endedMs() / 1000.0,
                        "kind",
                        task.kind(),
                        "object",
                        task.object());
            }
        }
    }
}
