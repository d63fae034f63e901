// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.NodeReport;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Traffic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What each export did in the last second, from the counters of two reports. One that did nothing
 * is left out, except once after it did something, so that its curve comes down. Owned by the
 * thread of the watch.
 */
final class Rates {
    /** Less than a period of the watch less than a second, so that it is one in two looks. */
    private static final long PERIOD_MS = 900;

    private final Map<String, Traffic> before = new HashMap<>();
    private Set<String> moved = new HashSet<>();
    private long beforeMs;

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
            long queued) {}

    /** Whether a second has passed since the last {@link #live}. */
    boolean isDue(NodeReport report) {
        return report.atMs() - beforeMs >= PERIOD_MS || report.atMs() < beforeMs;
    }

    Live live(NodeReport report) {
        long elapsedMs = Math.max(1, report.atMs() - beforeMs);
        boolean isFirst = beforeMs == 0;
        List<Rate> rates = new ArrayList<>();
        Set<String> nowMoved = new HashSet<>();
        Map<String, Traffic> now = new HashMap<>();
        for (Export export : report.exports()) {
            Traffic former = before.get(export.name());
            now.put(export.name(), export.traffic());
            if (former == null || isFirst) {
                continue;
            }
            Rate rate = rate(export, former, elapsedMs);
            boolean moves = requests(export.traffic()) != requests(former) || rate.queued() > 0;
            if (moves) {
                nowMoved.add(export.name());
            }
            if (moves || moved.contains(export.name())) {
                rates.add(rate);
            }
        }
        before.clear();
        before.putAll(now);
        moved = nowMoved;
        beforeMs = report.atMs();
        return new Live(report.atMs(), rates);
    }

    private static long requests(Traffic traffic) {
        return traffic.reads() + traffic.writes() + traffic.flushes() + traffic.errors();
    }

    private static Rate rate(Export export, Traffic before, long elapsedMs) {
        Traffic now = export.traffic();
        return new Rate(
                export.name(),
                perSecond(before.reads(), now.reads(), elapsedMs),
                perSecond(before.writes(), now.writes(), elapsedMs),
                perSecond(before.readBytes(), now.readBytes(), elapsedMs),
                perSecond(before.writtenBytes(), now.writtenBytes(), elapsedMs),
                now.readLatency().p50Us(),
                now.readLatency().p99Us(),
                now.readLatency().p999Us(),
                now.writeLatency().p50Us(),
                now.writeLatency().p99Us(),
                now.writeLatency().p999Us(),
                export.queued());
    }

    /** Counters begin anew with the export; then what they say is what happened. */
    private static long perSecond(long before, long now, long elapsedMs) {
        long count = now >= before ? now - before : now;
        return Math.round(count * 1000.0 / elapsedMs);
    }
}
