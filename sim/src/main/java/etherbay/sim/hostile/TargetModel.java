// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import static etherbay.sim.hostile.Octets.u16;

import etherbay.base.MacAddress;

import java.util.ArrayList;
import java.util.List;

/**
 * What a target with some exports, all on all of its ports, must make of each frame. It is given
 * every frame in the order of arrival and says which answers must come. One thread.
 */
public final class TargetModel {
    static final ExportFacts NO_FACTS =
            new ExportFacts(0, 0, 0, 0, 0, List.of(), false, false, false, 0);

    private final List<PortFacts> ports;
    private final List<ExportModel> exports = new ArrayList<>();
    private final Marks marks = new Marks();

    public TargetModel(List<PortFacts> ports, List<ExportFacts> exports) {
        this.ports = List.copyOf(ports);
        exports.forEach(facts -> this.exports.add(new ExportModel(facts, marks)));
    }

    public List<PortFacts> ports() {
        return ports;
    }

    public List<ExportModel> exports() {
        return exports;
    }

    public Marks marks() {
        return marks;
    }

    /** Changes of what the exports remember over restarts. */
    public long changeCount() {
        long sum = 0;
        for (ExportModel export : exports) {
            sum += export.changeCount();
        }
        return sum;
    }

    /** A frame is handed to the target at {@code nowNs}: its effects, and the answers to come. */
    public void take(HostileFrame frame, long nowNs, Replies replies) {
        if (frame.length < Wire.ARGUMENT || u16(frame.bytes, Wire.TYPE) != Wire.ETHER_TYPE_AOE) {
            marks.add(Mark.NO_AOE);
        } else if (MacAddress.isGroup(frame.src())) {
            marks.add(Mark.GROUP_SOURCE);
        } else if ((frame.u8(Wire.VERSION_FLAGS) & Wire.FLAG_RESPONSE) != 0) {
            marks.add(Mark.RESPONSE);
        } else {
            dispatch(frame, nowNs, replies);
        }
    }

    private void dispatch(HostileFrame frame, long nowNs, Replies replies) {
        int shelf = u16(frame.bytes, Wire.SHELF);
        int slot = frame.u8(Wire.SLOT);
        boolean wild = shelf == Wire.EVERY_SHELF || slot == Wire.EVERY_SLOT;
        PortFacts port = ports.get(frame.port);
        boolean taken = false;
        for (ExportModel export : exports) {
            if (export.isAddressed(shelf, slot)) {
                taken = true;
                if (wild) {
                    export.takeWild(frame, port, replies);
                } else {
                    export.take(frame, nowNs, port, replies);
                }
            }
        }
        if (!taken) {
            marks.add(Mark.UNKNOWN_ADDRESS);
        }
    }
}
