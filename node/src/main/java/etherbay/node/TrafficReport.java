// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.target.Export;
import etherbay.target.TrafficView;

import java.util.ArrayList;
import java.util.List;

/**
 * What exports counted, as the report of a node has it. Stateless; what is asked of an {@link
 * Export} is asked on its loop.
 */
final class TrafficReport {
    /** Of this many initiators in one call a loop tells without being held up. */
    private static final int INITIATORS_PER_CALL = 64;

    private static final int EXPORTS_PER_CALL = 16;

    private TrafficReport() {}

    /** What each counted, in their order; asked of the loop in small portions. Any other thread. */
    static List<TrafficView> ask(LoopAccess calls, List<Export> exports) {
        List<TrafficView> views = new ArrayList<>();
        while (views.size() < exports.size()) {
            List<Export> left = exports.subList(views.size(), exports.size());
            views.addAll(calls.call(() ->
                    left.stream().limit(portion(left)).map(Export::traffic).toList()));
        }
        return views;
    }

    /** How many of them, from the first on, can tell all in one call. On their loop. */
    static int portion(List<Export> left) {
        int initiatorCount = 0;
        for (int index = 0; index < Math.min(left.size(), EXPORTS_PER_CALL); index++) {
            initiatorCount += left.get(index).initiatorCount();
            if (index > 0 && initiatorCount > INITIATORS_PER_CALL) {
                return index;
            }
        }
        return Math.min(left.size(), EXPORTS_PER_CALL);
    }

    static NodeReport.Traffic traffic(TrafficView view) {
        return traffic(view.sums(), view.readLatency(), view.writeLatency());
    }

    static List<NodeReport.Initiator> initiators(TrafficView view) {
        return view.initiators().stream().map(TrafficReport::initiator).toList();
    }

    private static NodeReport.Initiator initiator(TrafficView.Initiator one) {
        return new NodeReport.Initiator(
                one.mac().toString(),
                one.interfaceName(),
                one.firstMs(),
                one.lastMs(),
                one.neverFlushes(),
                one.sums().retransmits(),
                traffic(one.sums(), one.readLatency(), one.writeLatency()));
    }

    private static NodeReport.Traffic traffic(
            TrafficView.Sums sums, TrafficView.Latency reads, TrafficView.Latency writes) {
        return new NodeReport.Traffic(
                sums.reads(),
                sums.readBytes(),
                sums.writes(),
                sums.writtenBytes(),
                sums.flushes(),
                sums.errors(),
                latency(reads),
                latency(writes));
    }

    static NodeReport.Times times(TrafficView.Times one) {
        return new NodeReport.Times(one.counts(), one.sumUs());
    }

    private static NodeReport.Latency latency(TrafficView.Latency one) {
        return new NodeReport.Latency(
                one.count(), one.p50Us(), one.p99Us(), one.p999Us(), one.maxUs());
    }
}
