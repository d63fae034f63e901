// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.Loop;
import etherbay.base.Timers;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings the frames of one loop's ports to its exports, and announces those. Owned by that loop. An
 * export answers on the ports that it was added to and nowhere else; the same address may be
 * another disk on another port.
 */
public final class Target {
    private final Loop loop;
    private final Map<EthernetPort, PortExports> ports = new LinkedHashMap<>();
    private final LatencyPool latencies = new LatencyPool();
    private final Counter droppedMalformed;
    private final Counter droppedResponse;
    private final Counter droppedUnknown;
    private FrameHandler responses = frame -> {};

    public Target(Loop loop, Counters counters) {
        this.loop = loop;
        droppedMalformed = counters.counter("target.dropped.malformed");
        droppedResponse = counters.counter("target.dropped.response");
        droppedUnknown = counters.counter("target.dropped.unknown");
    }

    /**
     * Shows what other targets say on the attached ports to {@code handler} too, which must not
     * retain it: how an address that is served twice is noticed, before and after it is.
     */
    public void onResponses(FrameHandler handler) {
        responses = handler;
    }

    /** Takes the frames of a port of this loop. The port is added to the loop by its owner. */
    public void attach(EthernetPort port) {
        loop.checkOwner();
        if (ports.containsKey(port)) {
            return;
        }
        PortExports served = new PortExports(port);
        ports.put(port, served);
        port.onFrames(served::onFrame);
        port.listen(changed -> served.announce());
    }

    /** Brings nothing from that port any more. The port is closed by its owner. */
    public void detach(EthernetPort port) {
        loop.checkOwner();
        PortExports served = ports.remove(port);
        if (served != null) {
            served.leave();
            port.onFrames(frame -> {});
        }
    }

    /**
     * Serves an export on these ports, each attached before, and announces it there.
     *
     * @throws EtherbayException CONFLICT when its address is taken on one of them; nothing is
     *     served
     */
    public void add(Export export, List<EthernetPort> onPorts) {
        loop.checkOwner();
        for (EthernetPort port : onPorts) {
            if (served(port)
                            .table
                            .find(export.settings().shelf(), export.settings().slot())
                    != null) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        export.settings().name() + " is served twice on " + port.name(),
                        "another export of this process has the same shelf and slot there",
                        "give one of them another slot");
            }
        }
        export.measure(latencies);
        onPorts.forEach(port -> served(port).table.add(export));
        export.onAnnounce(() -> announce(export));
        onPorts.forEach(export::announce);
    }

    /** On every port that it was added to, in one call or in several. */
    private void announce(Export export) {
        ports.forEach((port, served) -> {
            if (served.table.all().contains(export)) {
                export.announce(port);
            }
        });
    }

    /**
     * Tells all who may know of an export that it stops, or has just stopped, in order, and will be
     * served again. While it is still among those that are served.
     *
     * @param withinMs after which whoever waits for it need not wait any more
     */
    public void announceAway(Export export, int withinMs) {
        loop.checkOwner();
        ports.forEach((port, served) -> {
            if (served.table.all().contains(export)) {
                export.announceAway(port, withinMs);
            }
        });
    }

    /**
     * Serves {@code after}, of the same address, wherever {@code before} was served, and announces
     * it there. No frame falls between the two, and a write that arrived before one which {@code
     * before} executed does not overtake it.
     */
    public void replace(Export before, Export after) {
        loop.checkOwner();
        after.succeed(before);
        before.onAnnounce(() -> {});
        after.onAnnounce(() -> announce(after));
        ports.forEach((port, served) -> {
            if (served.table.replace(before, after)) {
                after.announce(port);
            }
        });
    }

    /** Serves the export no longer on that port, as {@link #remove(Export)} does on all. */
    public void remove(Export export, EthernetPort port) {
        loop.checkOwner();
        served(port).table.remove(export);
    }

    /**
     * Brings it no frames any more, on any port. What is in flight ends; see {@link Export#stop}.
     */
    public void remove(Export export) {
        loop.checkOwner();
        ports.values().forEach(served -> served.table.remove(export));
        export.onAnnounce(() -> {});
    }

    /** Whether an export of that address is served on that port; false for one not attached. */
    public boolean serves(EthernetPort port, int shelf, int slot) {
        PortExports served = ports.get(port);
        return served != null && served.table.find(shelf, slot) != null;
    }

    private PortExports served(EthernetPort port) {
        PortExports served = ports.get(port);
        if (served == null) {
            throw new AssertionError("an export is served on attached ports only");
        }
        return served;
    }

    private final class PortExports {
        final ExportTable table = new ExportTable();
        private final Timers.Timer repetition = loop.timers().timer(this::announceOnce);
        private final EthernetPort port;
        private boolean left;

        PortExports(EthernetPort port) {
            this.port = port;
        }

        /** Bytes from the network: whatever does not hold is counted and dropped. */
        void onFrame(Frame frame) {
            MemorySegment memory = frame.memory();
            long at = frame.at();
            if (AoeHeader.malformed(memory, at, frame.bytes())
                    || Ethernet.isGroup(Ethernet.src(memory, at))) {
                droppedMalformed.increment();
                return;
            }
            if (AoeHeader.response(memory, at)) {
                droppedResponse.increment();
                responses.onFrame(frame);
                return;
            }
            int shelf = AoeHeader.shelf(memory, at);
            int slot = AoeHeader.slot(memory, at);
            if (shelf == AoeHeader.SHELF_BROADCAST || slot == AoeHeader.SLOT_BROADCAST) {
                onWildcard(frame);
                return;
            }
            Export export = table.find(shelf, slot);
            if (export == null) {
                droppedUnknown.increment();
            } else {
                export.frames().onFrame(frame);
            }
        }

        private void onWildcard(Frame frame) {
            List<Export> exports = table.all();
            for (int i = 0; i < exports.size(); i++) {
                Export export = exports.get(i);
                ExportSettings settings = export.settings();
                if (AoeHeader.addresses(
                        frame.memory(), frame.at(), settings.shelf(), settings.slot())) {
                    export.frames().onWildcard(frame);
                }
            }
        }

        /**
         * Link, MTU or address changed: initiators want to know what there is now. Told twice,
         * because an interface says that it is up a moment before its queue takes frames.
         */
        void announce() {
            if (left) {
                return; // a port goes on to tell who listened once
            }
            announceOnce();
            repetition.at(loop.nowNs() + Limits.ANNOUNCE_AGAIN_NS);
        }

        void leave() {
            left = true;
            repetition.cancel();
        }

        private void announceOnce() {
            table.all().forEach(export -> export.announce(port));
        }
    }
}
