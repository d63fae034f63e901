// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.base.BlockDevice;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.target.AccessRules;
import etherbay.target.Export;
import etherbay.target.TrafficView;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What a node serves, as it reports it. What belongs to the loop is asked of it in small portions,
 * so that a thousand exports do not hold it up. Control code.
 */
final class ExportReports {
    private static final int EXPORTS_PER_CALL = 16;

    private final LoopCalls calls;
    private final Neighbours neighbours;
    private final UnaryOperator<String> origin;

    /**
     * @param origin of an export by its name, as {@link NodeReport.Export#origin}
     */
    ExportReports(LoopCalls calls, Neighbours neighbours, UnaryOperator<String> origin) {
        this.calls = calls;
        this.neighbours = neighbours;
        this.origin = origin;
    }

    /** In the order of their names; those that are not served are among them, with the reason. */
    List<NodeReport.Export> exports(List<OpenExport.View> open, List<Troubles.Troubled> troubled) {
        List<NodeReport.Export> reports = new ArrayList<>();
        List<TrafficView> traffic = TrafficReport.ask(
                calls, open.stream().map(OpenExport.View::export).toList());
        for (int from = 0; from < open.size(); from += EXPORTS_PER_CALL) {
            int first = from;
            int end = Math.min(open.size(), from + EXPORTS_PER_CALL);
            reports.addAll(calls.call(() -> IntStream.range(first, end)
                    .mapToObj(index -> served(open.get(index), traffic.get(index)))
                    .toList()));
        }
        troubled.forEach(one -> reports.add(notServed(one)));
        reports.sort(Comparator.comparing(NodeReport.Export::name));
        return reports;
    }

    private NodeReport.Export served(OpenExport.View view, TrafficView traffic) {
        Export export = view.export();
        ExportSpec spec = view.spec();
        List<NodeReport.Place> places = new ArrayList<>();
        view.ports()
                .forEach((name, port) -> places.add(new NodeReport.Place(
                        name, export.sectorsMax(port) * BlockDevice.SECTOR_BYTES, port.linkUp())));
        return new NodeReport.Export(
                spec.name(),
                origin.apply(spec.name()),
                spec.backing().toString(),
                export.sectors(),
                export.cacheOn(),
                export.readOnly(),
                view.traced(),
                export.syncFailed(),
                export.inFlightCount(),
                traffic.sums().retransmits(),
                spec.backing().warnings(),
                places,
                access(export.settings().access()),
                TrafficReport.initiators(traffic),
                TrafficReport.traffic(traffic),
                TrafficReport.times(traffic.readTimes()),
                TrafficReport.times(traffic.writeTimes()),
                null);
    }

    private NodeReport.Export notServed(Troubles.Troubled troubled) {
        ExportSpec spec = troubled.spec();
        return new NodeReport.Export(
                spec.name(),
                origin.apply(spec.name()),
                spec.backing().toString(),
                0,
                spec.settings().writeCache(),
                spec.takesNoWrites(),
                false,
                false,
                0,
                0,
                spec.backing().warnings(),
                spec.interfaces().stream()
                        .map(name -> new NodeReport.Place(name, 0, false))
                        .toList(),
                access(spec.settings().access()),
                List.of(),
                NodeReport.Traffic.NONE,
                NodeReport.Times.NONE,
                NodeReport.Times.NONE,
                TroubleReport.of(troubled.why()));
    }

    private static NodeReport.Access access(AccessRules rules) {
        @Nullable List<String> accept = rules.accept().isEmpty() ? null : texts(rules.accept());
        return new NodeReport.Access(
                texts(rules.deny()), accept, rules.acceptsOthers() ? "accept" : "reject");
    }

    private static List<String> texts(List<MacAddress> macs) {
        return macs.stream().map(MacAddress::toString).toList();
    }

    List<NodeReport.Interface> interfaces(
            Collection<EthernetPort> ports, Map<String, Long> counters) {
        return calls.call(() -> ports.stream()
                .map(port -> new NodeReport.Interface(
                        port.name(),
                        port.mac().toString(),
                        port.mtu(),
                        port.linkUp(),
                        counters.getOrDefault(
                                "port." + port.name() + ".frames.dropped.kernel", 0L)))
                .toList());
    }

    List<NodeReport.Rogue> rogues() {
        return calls.call(() -> neighbours.rogues().rogues().stream()
                .map(rogue -> new NodeReport.Rogue(
                        rogue.address().toString(),
                        rogue.interfaceName(),
                        rogue.theirs().toString(),
                        rogue.ours().toString(),
                        rogue.firstMs(),
                        rogue.lastMs(),
                        rogue.frameCount()))
                .toList());
    }
}
