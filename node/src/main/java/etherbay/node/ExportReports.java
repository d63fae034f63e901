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
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What a node serves, as it reports it. What belongs to the loop is asked of it in small portions,
 * so that a thousand exports do not hold it up, and where there are few in a single call: each
 * wakes a loop that sleeps. Control code.
 */
final class ExportReports {
    private final LoopCalls calls;
    private final Neighbours neighbours;
    private final Supplier<Collection<EthernetPort>> ports;

    /**
     * What the loop told.
     *
     * @param exports in the order of those that were asked about
     * @param interfaces without what the kernel dropped
     */
    record Told(
            List<OfExport> exports,
            List<NodeReport.Interface> interfaces,
            List<NodeReport.Rogue> rogues) {}

    /** What the loop owns of an export, at one moment. */
    record OfExport(
            TrafficView traffic,
            long sectors,
            boolean cacheOn,
            boolean readOnly,
            boolean syncFailed,
            int inFlightCount,
            AccessRules access,
            List<NodeReport.Place> places) {
        static OfExport of(OpenExport.View view) {
            Export export = view.export();
            List<NodeReport.Place> places = new ArrayList<>();
            view.ports()
                    .forEach((name, port) -> places.add(new NodeReport.Place(
                            name,
                            export.sectorsMax(port) * BlockDevice.SECTOR_BYTES,
                            port.linkUp())));
            return new OfExport(
                    export.traffic(),
                    export.sectors(),
                    export.cacheOn(),
                    export.readOnly(),
                    export.syncFailed(),
                    export.inFlightCount(),
                    export.settings().access(),
                    places);
        }
    }

    /**
     * @param ports all that are open; asked on the loop
     */
    ExportReports(
            LoopCalls calls, Neighbours neighbours, Supplier<Collection<EthernetPort>> ports) {
        this.calls = calls;
        this.neighbours = neighbours;
        this.ports = ports;
    }

    /** Asks the loop; any other thread. */
    Told ask(List<OpenExport.View> open) {
        Told first = calls.call(() -> new Told(portion(open), interfaces(), rogues()));
        List<OfExport> exports = new ArrayList<>(first.exports());
        while (exports.size() < open.size()) {
            List<OpenExport.View> left = open.subList(exports.size(), open.size());
            exports.addAll(calls.call(() -> portion(left)));
        }
        return new Told(exports, first.interfaces(), first.rogues());
    }

    private static List<OfExport> portion(List<OpenExport.View> left) {
        int count =
                TrafficReport.portion(left.stream().map(OpenExport.View::export).toList());
        return left.stream().limit(count).map(OfExport::of).toList();
    }

    private List<NodeReport.Interface> interfaces() {
        return ports.get().stream()
                .map(port -> new NodeReport.Interface(
                        port.name(), port.mac().toString(), port.mtu(), port.linkUp(), 0))
                .toList();
    }

    private List<NodeReport.Rogue> rogues() {
        return neighbours.rogues().rogues().stream()
                .map(rogue -> new NodeReport.Rogue(
                        rogue.address().toString(),
                        rogue.interfaceName(),
                        rogue.theirs().toString(),
                        rogue.ours().toString(),
                        rogue.firstMs(),
                        rogue.lastMs(),
                        rogue.frameCount()))
                .toList();
    }

    /**
     * In the order of their names; those that are not served are among them, with the reason.
     *
     * @param origin of an export by its name, as {@link NodeReport.Export#origin}
     */
    static List<NodeReport.Export> exports(
            List<OpenExport.View> open,
            Told told,
            List<Troubles.Troubled> troubled,
            UnaryOperator<String> origin) {
        List<NodeReport.Export> reports = new ArrayList<>();
        for (int index = 0; index < open.size(); index++) {
            reports.add(served(open.get(index), told.exports().get(index), origin));
        }
        troubled.forEach(one -> reports.add(notServed(one, origin)));
        reports.sort(Comparator.comparing(NodeReport.Export::name));
        return reports;
    }

    private static NodeReport.Export served(
            OpenExport.View view, OfExport told, UnaryOperator<String> origin) {
        ExportSpec spec = view.spec();
        return new NodeReport.Export(
                spec.name(),
                origin.apply(spec.name()),
                spec.backing().toString(),
                told.sectors(),
                told.cacheOn(),
                told.readOnly(),
                view.traced(),
                told.syncFailed(),
                told.inFlightCount(),
                told.traffic().sums().retransmits(),
                spec.backing().warnings(),
                told.places(),
                access(told.access()),
                TrafficReport.initiators(told.traffic()),
                TrafficReport.traffic(told.traffic()),
                TrafficReport.times(told.traffic().readTimes()),
                TrafficReport.times(told.traffic().writeTimes()),
                null);
    }

    private static NodeReport.Export notServed(
            Troubles.Troubled troubled, UnaryOperator<String> origin) {
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

    /** What the loop told, with what the counters say of it. */
    static List<NodeReport.Interface> interfaces(Told told, Map<String, Long> counters) {
        return told.interfaces().stream()
                .map(one -> new NodeReport.Interface(
                        one.name(),
                        one.mac(),
                        one.mtu(),
                        one.up(),
                        counters.getOrDefault("port." + one.name() + ".frames.dropped.kernel", 0L)))
                .toList();
    }
}
