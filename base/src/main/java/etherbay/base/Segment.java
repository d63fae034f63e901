// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * An Ethernet segment within one process: a learning switch with any number of ports, each owned by
 * a loop of its own. It neither loses nor reorders, but for the queue of a port that is full. The
 * loops meet here, so this is one of the few places with a lock; it is held for one copy of a
 * frame.
 *
 * <p>Driven by hand it is deterministic: what a port's flush sends lies in the queues of the others
 * when it returns.
 */
public final class Segment {
    private final Clock clock;
    private final int mtu;
    private final Counter droppedFull;
    private final Counter droppedRunt;
    private final Counter droppedOversize;
    private final Counter droppedEtherType;
    private final Counter droppedStation;
    private final Counter droppedClosed;
    private final MacTable table = new MacTable();
    private final List<SegmentPort> ports = new ArrayList<>();
    private int nextNumber;

    /**
     * @param mtu largest Ethernet payload that passes, at most {@link FramePool#MTU_MAX}
     * @param counters get {@code segment.frames.dropped...}: full, the queue of a port; runt and
     *     oversize; ethertype, no ATA over Ethernet; station, for another one than the port's;
     *     closed, of a port that was closed before it had sent or taken them
     */
    public Segment(Clock clock, int mtu, Counters counters) {
        Check.that(mtu > 0 && mtu <= FramePool.MTU_MAX, "frames of a segment fit a frame pool");
        this.clock = clock;
        this.mtu = mtu;
        String prefix = "segment.frames.dropped.";
        droppedFull = counters.counter(prefix + "full");
        droppedRunt = counters.counter(prefix + "runt");
        droppedOversize = counters.counter(prefix + "oversize");
        droppedEtherType = counters.counter(prefix + "ethertype");
        droppedStation = counters.counter(prefix + "station");
        droppedClosed = counters.counter(prefix + "closed");
    }

    /**
     * Plugs a port in. Any thread; the port then belongs to one loop.
     *
     * @param wakeUp what to run when something arrives, on the sender's thread: {@code
     *     loop::wakeUp}
     */
    public synchronized EthernetPort port(String name, MacAddress mac, Runnable wakeUp) {
        SegmentPort port = new SegmentPort(this, nextNumber++, name, mac, wakeUp);
        ports.add(port);
        return port;
    }

    int mtu() {
        return mtu;
    }

    synchronized void unplug(SegmentPort port) {
        ports.remove(port);
        table.forget(port.number());
    }

    /** A closed port had not sent or taken so many. */
    synchronized void dropClosed(int frameCount) {
        droppedClosed.add(frameCount);
    }

    /** Under the lock. */
    void full() {
        droppedFull.increment();
    }

    /** Under the lock: a port does not take it. */
    void filtered(boolean aoe) {
        (aoe ? droppedStation : droppedEtherType).increment();
    }

    /** Carries one frame to where it belongs. On the sender's thread. */
    synchronized void carry(SegmentPort from, MemorySegment memory, long at, int bytes) {
        boolean runt = bytes < StationFilter.HEADER_BYTES;
        if (runt || bytes > mtu + StationFilter.HEADER_BYTES) {
            (runt ? droppedRunt : droppedOversize).increment();
            return;
        }
        long nowNs = clock.nanoTime();
        table.learn(MacAddress.read(memory, at + MacAddress.BYTES), from.number(), nowNs);
        int known = table.port(MacAddress.read(memory, at), nowNs);
        for (int index = 0; index < ports.size(); index++) {
            SegmentPort to = ports.get(index);
            boolean meant = known == MacTable.UNKNOWN || known == to.number();
            if (to != from && meant) {
                to.arrive(memory, at, bytes, nowNs);
            }
        }
    }
}
