// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Points of metrics, gathered into their families by name. Labels are names and values in turn. */
final class MetricFamilies {
    private static final String PREFIX = "etherbay_";

    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, SummarySnapshot.Builder> summaries = new LinkedHashMap<>();
    private final Map<String, HistogramSnapshot.Builder> histograms = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();

    void counter(String name, String help, long value, String... labels) {
        counter(name, help, (double) value, labels);
    }

    private void counter(String name, String help, double value, String... labels) {
        if (isNew(name, labels)) {
            counters.computeIfAbsent(
                            name,
                            key -> CounterSnapshot.builder().name(PREFIX + key).help(help))
                    .dataPoint(CounterDataPointSnapshot.builder()
                            .value(value)
                            .labels(Labels.of(labels))
                            .build());
        }
    }

    void gauge(String name, String help, long value, String... labels) {
        gauge(name, help, (double) value, labels);
    }

    void gauge(String name, String help, double value, String... labels) {
        if (isNew(name, labels)) {
            gauges.computeIfAbsent(
                            name,
                            key -> GaugeSnapshot.builder().name(PREFIX + key).help(help))
                    .dataPoint(GaugeDataPointSnapshot.builder()
                            .value(value)
                            .labels(Labels.of(labels))
                            .build());
        }
    }

    /** A summary; each quantile is a pair of its rank and its value. */
    void summary(String name, String help, long count, double[][] quantiles, String... labels) {
        if (!isNew(name, labels)) {
            return;
        }
        Quantiles.Builder values = Quantiles.builder();
        for (double[] quantile : quantiles) {
            values.quantile(quantile[0], quantile[1]);
        }
        summaries
                .computeIfAbsent(
                        name,
                        key -> SummarySnapshot.builder().name(PREFIX + key).help(help))
                .dataPoint(SummaryDataPointSnapshot.builder()
                        .count(count)
                        .quantiles(values.build())
                        .labels(Labels.of(labels))
                        .build());
    }

    /**
     * A histogram.
     *
     * @param bounds the upper one of each bucket but the last
     * @param counts of each bucket, one more
     */
    void histogram(
            String name,
            String help,
            List<Double> bounds,
            List<Long> counts,
            double sum,
            String... labels) {
        if (!isNew(name, labels)) {
            return;
        }
        List<Double> all = new ArrayList<>(bounds);
        all.add(Double.POSITIVE_INFINITY);
        histograms
                .computeIfAbsent(
                        name,
                        key -> HistogramSnapshot.builder().name(PREFIX + key).help(help))
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(all, counts))
                        .sum(sum)
                        .labels(Labels.of(labels))
                        .build());
    }

    /** A format must not say one thing twice; two objects of one name are the node's trouble. */
    private boolean isNew(String name, String... labels) {
        return seen.add(name + "\0" + String.join("\0", labels));
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        counters.values().forEach(family -> all.metricSnapshot(family.build()));
        gauges.values().forEach(family -> all.metricSnapshot(family.build()));
        summaries.values().forEach(family -> all.metricSnapshot(family.build()));
        histograms.values().forEach(family -> all.metricSnapshot(family.build()));
        return all.build();
    }
}
