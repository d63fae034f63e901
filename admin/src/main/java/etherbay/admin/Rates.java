// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What went on between two reports of a node, a second; what {@code etherbay top} shows. Latency
 * and queue are those of the later report.
 *
 * @param seconds between them; 0 when that is not known, and then all rates are 0
 */
public record Rates(double seconds, List<Export> exports) {
    public Rates {
        exports = List.copyOf(exports);
    }

    /** Requests and bytes a second, and how long requests took lately. */
    public record Flow(
            double reads,
            double readBytes,
            double writes,
            double writtenBytes,
            double flushes,
            double errors,
            double retransmits,
            NodeReport.Latency readLatency,
            NodeReport.Latency writeLatency) {
        /** Reads and writes together. */
        public double requests() {
            return reads + writes;
        }

        /** Read and written together. */
        public double bytes() {
            return readBytes + writtenBytes;
        }
    }

    /** @param queued requests at the disk or waiting for it, at the later moment */
    public record Export(String name, long queued, Flow flow, List<Initiator> initiators) {
        public Export {
            initiators = List.copyOf(initiators);
        }
    }

    /** One of those who use an export. */
    public record Initiator(String mac, String interfaceName, Flow flow) {}

    /**
     * The rates of what {@code after} tells of. What was not there before, or counts from zero
     * since, because the node or the export was started or the initiator had been forgotten, has
     * done all that it has counted in between.
     */
    public static Rates between(NodeReport before, NodeReport after) {
        boolean restarted = before.pid() != after.pid() || before.startedMs() != after.startedMs();
        long fromMs = restarted ? Math.max(before.atMs(), after.startedMs()) : before.atMs();
        double seconds = Math.max(0, after.atMs() - fromMs) / 1000.0;
        Map<String, NodeReport.Export> former =
                restarted ? Map.of() : byKey(before.exports(), NodeReport.Export::name);
        return new Rates(
                seconds,
                after.exports().stream()
                        .map(export -> export(former.get(export.name()), export, seconds))
                        .toList());
    }

    private static Export export(
            NodeReport.@Nullable Export former, NodeReport.Export now, double seconds) {
        Map<String, NodeReport.Initiator> formerInitiators =
                former == null ? Map.of() : byKey(former.initiators(), Rates::key);
        return new Export(
                now.name(),
                now.queued(),
                flow(
                        former == null ? null : former.traffic(),
                        now.traffic(),
                        former == null ? 0 : former.retransmits(),
                        now.retransmits(),
                        seconds),
                now.initiators().stream()
                        .map(one -> initiator(formerInitiators.get(key(one)), one, seconds))
                        .toList());
    }

    /** One that was forgotten and came again is another. */
    private static String key(NodeReport.Initiator initiator) {
        return initiator.mac() + " " + initiator.firstMs();
    }

    private static <T> Map<String, T> byKey(List<T> all, Function<T, String> key) {
        return all.stream().collect(Collectors.toMap(key, one -> one, (first, _) -> first));
    }

    private static Initiator initiator(
            NodeReport.@Nullable Initiator former, NodeReport.Initiator now, double seconds) {
        return new Initiator(
                now.mac(),
                now.interfaceName(),
                flow(
                        former == null ? null : former.traffic(),
                        now.traffic(),
                        former == null ? 0 : former.retransmits(),
                        now.retransmits(),
                        seconds));
    }

    private static Flow flow(
            NodeReport.@Nullable Traffic former,
            NodeReport.Traffic now,
            long formerRetransmits,
            long retransmits,
            double seconds) {
        NodeReport.Traffic from = former == null ? NodeReport.Traffic.NONE : former;
        return new Flow(
                rate(from, now, NodeReport.Traffic::reads, seconds),
                rate(from, now, NodeReport.Traffic::readBytes, seconds),
                rate(from, now, NodeReport.Traffic::writes, seconds),
                rate(from, now, NodeReport.Traffic::writtenBytes, seconds),
                rate(from, now, NodeReport.Traffic::flushes, seconds),
                rate(from, now, NodeReport.Traffic::errors, seconds),
                rate(formerRetransmits, retransmits, seconds),
                now.readLatency(),
                now.writeLatency());
    }

    private static double rate(
            NodeReport.Traffic from,
            NodeReport.Traffic now,
            ToLongFunction<NodeReport.Traffic> count,
            double seconds) {
        return rate(count.applyAsLong(from), count.applyAsLong(now), seconds);
    }

    /** What counts from zero again has counted all that it shows. */
    private static double rate(long from, long now, double seconds) {
        long difference = now < from ? now : now - from;
        return seconds == 0 ? 0 : difference / seconds;
    }
}
