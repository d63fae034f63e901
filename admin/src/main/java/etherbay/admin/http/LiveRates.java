// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.NodeReport;
import etherbay.admin.Rates;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What each export did in the last second, for those who watch. One that did nothing is left out,
 * except once after it did something, so that its curve comes down. Owned by the thread of the
 * watch.
 */
final class LiveRates {
    /** Less than a period of the watch less than a second, so that it is one in two looks. */
    private static final long PERIOD_MS = 900;

    private Set<String> moved = new HashSet<>();
    private @Nullable NodeReport before;

    /** The message {@code live}. */
    public record Live(long atMs, List<Rate> exports) {}

    /** One export's second; latencies are those of the last ten. */
    public record Rate(
            String name,
            long readIops,
            long writeIops,
            long readBytesPerSecond,
            long writeBytesPerSecond,
            long readP50Us,
            long readP99Us,
            long readP999Us,
            long writeP50Us,
            long writeP99Us,
            long writeP999Us,
            long queued) {
        static Rate of(Rates.Export export) {
            Rates.Flow flow = export.flow();
            return new Rate(
                    export.name(),
                    Math.round(flow.reads()),
                    Math.round(flow.writes()),
                    Math.round(flow.readBytes()),
                    Math.round(flow.writtenBytes()),
                    flow.readLatency().p50Us(),
                    flow.readLatency().p99Us(),
                    flow.readLatency().p999Us(),
                    flow.writeLatency().p50Us(),
                    flow.writeLatency().p99Us(),
                    flow.writeLatency().p999Us(),
                    export.queued());
        }
    }

    /** Whether a second has passed since the last {@link #live}. */
    boolean isDue(NodeReport report) {
        NodeReport last = before;
        return last == null
                || report.atMs() - last.atMs() >= PERIOD_MS
                || report.atMs() < last.atMs();
    }

    Live live(NodeReport report) {
        NodeReport last = before;
        before = report;
        Set<String> nowMoved = new HashSet<>();
        List<Rate> rates = new ArrayList<>();
        if (last != null) {
            for (Rates.Export export : Rates.between(last, report).exports()) {
                boolean moves = moves(export);
                if (moves) {
                    nowMoved.add(export.name());
                }
                if (moves || moved.contains(export.name())) {
                    rates.add(Rate.of(export));
                }
            }
        }
        moved = nowMoved;
        return new Live(report.atMs(), rates);
    }

    private static boolean moves(Rates.Export export) {
        Rates.Flow flow = export.flow();
        return flow.requests() + flow.flushes() + flow.errors() > 0 || export.queued() > 0;
    }
}
