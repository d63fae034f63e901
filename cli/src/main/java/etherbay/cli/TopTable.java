// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.NodeReport;
import etherbay.admin.Rates;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * What {@code etherbay top} shows: the busiest export first, its initiators below it, the busiest
 * first. Columns that matter less stand at the right, where a narrow terminal leaves them out.
 */
final class TopTable {
    private final NodeReport report;
    private final Rates rates;

    TopTable(NodeReport report, Rates rates) {
        this.report = report;
        this.rates = rates;
    }

    List<String> lines(int width) {
        List<String> lines = new ArrayList<>();
        String head = "%s  %s  over %.1f s, latency of the last 10 s"
                .formatted(report.name(), Quantity.time(report.atMs()), rates.seconds());
        lines.add(cut(EtherbayException.shown(head), width));
        if (rates.exports().isEmpty()) {
            lines.add(cut("nothing is served", width));
            return lines;
        }
        lines.addAll(table().lines(width));
        return lines;
    }

    private static String cut(String line, int width) {
        return line.length() > width ? line.substring(0, width) : line;
    }

    private Columns table() {
        Columns columns = new Columns(
                "EXPORT",
                ">IOPS",
                ">READ/s",
                ">WRITE/s",
                ">QUEUE",
                ">R p99",
                ">W p99",
                ">AGAIN/s",
                ">R p50",
                ">W p50",
                ">R p99.9",
                ">W p99.9",
                ">FLUSH/s",
                ">ERROR/s");
        for (Rates.Export export : sorted(rates.exports(), Rates.Export::flow)) {
            row(columns, export.name(), Long.toString(export.queued()), export.flow());
            sorted(export.initiators(), Rates.Initiator::flow)
                    .forEach(it -> row(
                            columns, "  " + it.mac() + " " + it.interfaceName(), "", it.flow()));
        }
        return columns;
    }

    /** By load; what is equal in that keeps its order. */
    static <T> List<T> sorted(List<T> all, Function<T, Rates.Flow> flow) {
        return all.stream()
                .sorted(Comparator.<T>comparingDouble(it -> flow.apply(it).requests())
                        .thenComparingDouble(it -> flow.apply(it).bytes())
                        .reversed())
                .toList();
    }

    private static void row(Columns columns, String name, String queued, Rates.Flow flow) {
        columns.row(
                name,
                Quantity.short3(flow.requests()),
                Quantity.short3(flow.readBytes()),
                Quantity.short3(flow.writtenBytes()),
                queued,
                latency(flow.readLatency(), NodeReport.Latency::p99Us),
                latency(flow.writeLatency(), NodeReport.Latency::p99Us),
                Quantity.short3(flow.retransmits()),
                latency(flow.readLatency(), NodeReport.Latency::p50Us),
                latency(flow.writeLatency(), NodeReport.Latency::p50Us),
                latency(flow.readLatency(), NodeReport.Latency::p999Us),
                latency(flow.writeLatency(), NodeReport.Latency::p999Us),
                Quantity.short3(flow.flushes()),
                Quantity.short3(flow.errors()));
    }

    private static String latency(
            NodeReport.Latency latency, Function<NodeReport.Latency, Long> percentile) {
        return latency.count() == 0 ? "-" : Quantity.latency(percentile.apply(latency));
    }
}
