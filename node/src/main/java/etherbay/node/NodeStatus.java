// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.target.Export;
import etherbay.target.TrafficView;

import io.avaje.jsonb.Jsonb;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a node is, as a JSON document: {@code pid, startedMs, stateFolder, exports, interfaces,
 * rogues, counters}. What belongs to the loop is asked of it in small portions, so that a thousand
 * exports do not hold it up. What an export counted stands there as in the {@link
 * etherbay.admin.NodeReport}: {@code retransmits, traffic, initiators}. Counters whose name has
 * {@code dropped} in it say what was lost, and by which reason.
 */
final class NodeStatus {
    private static final int EXPORTS_PER_CALL = 16;

    private final LoopCalls calls;
    private final Counters counters;
    private final Neighbours neighbours;

    NodeStatus(LoopCalls calls, Counters counters, Neighbours neighbours) {
        this.calls = calls;
        this.counters = counters;
        this.neighbours = neighbours;
    }

    String document(
            List<OpenExport.View> exports,
            Collection<EthernetPort> ports,
            Path stateFolder,
            long startedMs) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("pid", ProcessHandle.current().pid());
        document.put("startedMs", startedMs);
        document.put("stateFolder", stateFolder.toAbsolutePath().toString());
        document.put("exports", exports(exports));
        document.put("interfaces", calls.call(() -> interfaces(ports)));
        document.put("rogues", calls.call(this::rogues));
        document.put("counters", counters.snapshot());
        return Jsonb.builder().build().toJson(document);
    }

    private List<Object> exports(List<OpenExport.View> exports) {
        List<Map<String, Object>> described = new ArrayList<>();
        for (int from = 0; from < exports.size(); from += EXPORTS_PER_CALL) {
            int to = Math.min(exports.size(), from + EXPORTS_PER_CALL);
            List<OpenExport.View> portion = exports.subList(from, to);
            described.addAll(
                    calls.call(() -> portion.stream().map(NodeStatus::export).toList()));
        }
        List<TrafficView> traffic = TrafficReport.ask(
                calls, exports.stream().map(OpenExport.View::export).toList());
        for (int index = 0; index < described.size(); index++) {
            addTraffic(described.get(index), traffic.get(index));
        }
        return List.copyOf(described);
    }

    private static void addTraffic(Map<String, Object> export, TrafficView view) {
        export.put("retransmits", view.sums().retransmits());
        export.put("traffic", fields(TrafficReport.traffic(view)));
        export.put(
                "initiators",
                TrafficReport.initiators(view).stream().map(NodeStatus::fields).toList());
    }

    /** A record as an object of the document: its components by their names. */
    private static Map<String, Object> fields(Record record) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                Object value = component.getAccessor().invoke(record);
                fields.put(component.getName(), value instanceof Record r ? fields(r) : value);
            } catch (ReflectiveOperationException bug) {
                throw new LinkageError("a record of the report is public", bug);
            }
        }
        return fields;
    }

    private static Map<String, Object> export(OpenExport.View view) {
        Export export = view.export();
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", export.settings().name());
        described.put("backing", view.spec().backing().toString());
        described.put("warnings", view.spec().backing().warnings());
        described.put("sectors", export.sectors());
        described.put("writeCache", export.cacheOn());
        described.put("readOnly", export.readOnly());
        described.put("traceIo", export.settings().traceIo());
        described.put("syncFailed", export.syncFailed());
        described.put("inFlight", export.inFlightCount());
        List<Object> places = new ArrayList<>();
        view.ports().forEach((name, port) -> {
            Map<String, Object> place = new LinkedHashMap<>();
            place.put("name", name);
            place.put("payloadBytes", export.sectorsMax(port) * BlockDevice.SECTOR_BYTES);
            place.put("up", port.linkUp());
            places.add(place);
        });
        described.put("interfaces", places);
        return described;
    }

    private List<Object> interfaces(Collection<EthernetPort> ports) {
        List<Object> described = new ArrayList<>();
        for (EthernetPort port : ports) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", port.name());
            one.put("mac", port.mac().toString());
            one.put("mtu", port.mtu());
            one.put("up", port.linkUp());
            described.add(one);
        }
        return described;
    }

    private List<Object> rogues() {
        List<Object> described = new ArrayList<>();
        for (RogueWatch.Rogue rogue : neighbours.rogues().rogues()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("export", rogue.address().toString());
            one.put("interface", rogue.interfaceName());
            one.put("theirs", rogue.theirs().toString());
            one.put("ours", rogue.ours().toString());
            one.put("firstMs", rogue.firstMs());
            one.put("lastMs", rogue.lastMs());
            one.put("frames", rogue.frameCount());
            described.add(one);
        }
        return described;
    }
}
