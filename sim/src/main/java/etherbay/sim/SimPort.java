// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A simulated network interface. What arrives waits in a ring, stamped with the time of its
 * arrival, until the node's loop polls; a full ring drops and counts. Two ports of one node have
 * rings of their own, and one can be polled later than the other ({@link #pausePolling}): so frames
 * grow old, and the order of polling is not the order of arrival.
 *
 * <p>Made by {@link SimNetwork#port}; adds itself to the loop of its node and dies with it.
 */
public final class SimPort implements EthernetPort, SimNode.Part {
    /** Watches what comes to a port, for judges. */
    @FunctionalInterface
    public interface Tap {
        /** A frame lies in the ring since {@code atNs}. */
        void arrived(SimPort port, byte[] frame, long atNs);
    }

    private static final class Arrival {
        final byte[] bytes;
        final long atNs;

        Arrival(byte[] bytes, long atNs) {
            this.bytes = bytes;
            this.atNs = atNs;
        }
    }

    /** Frames lent, retained and being sent at once, unless set otherwise. */
    private static final int FRAME_COUNT = 64;

    private static final int POLL_FRAME_COUNT_MAX = 32;
    private static final int ETHERNET_BYTES = 14;
    private static final int ETHER_TYPE_AT = 12;
    private static final int ETHER_TYPE_AOE = 0x88a2; // AoE revision 11, section 2
    private static final int MTU_DEFAULT = 1500;

    private final SimNetwork network;
    private final SimNode node;
    private final String name;
    private final List<MacAddress> furtherMacs = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final Deque<Arrival> ring = new ArrayDeque<>();
    private final Deque<Frame> committed = new ArrayDeque<>();
    private FramePool pool;
    private MacAddress mac;
    private int mtu = MTU_DEFAULT;
    private int ringFrameCount = 256;
    private boolean linkUp = true;
    private boolean open = true;
    private boolean changed;
    private boolean sendingStalled;
    private boolean takesAll;
    private long pollAfterNs;
    private @Nullable FrameHandler handler;
    private @Nullable Tap tap;

    SimPort(SimNetwork network, SimNode node, String name, MacAddress mac) {
        this.network = network;
        this.node = node;
        this.name = name;
        this.mac = mac;
        pool = new FramePool(network.simulation().arena(), this, FRAME_COUNT);
        node.loop().add(this);
        node.attach(this);
    }

    // What the code under test sees.

    @Override
    public String name() {
        return name;
    }

    @Override
    public MacAddress mac() {
        return mac;
    }

    @Override
    public void addSourceMac(MacAddress further) {
        if (!furtherMacs.contains(further)) {
            furtherMacs.add(further);
        }
    }

    @Override
    public void removeSourceMac(MacAddress further) {
        furtherMacs.remove(further);
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean linkUp() {
        return linkUp;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void onFrames(FrameHandler taker) {
        handler = taker;
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        committed.add(frame);
        node.wake(); // committed outside of a turn, it still leaves soon
    }

    @Override
    public int poll(long nowNs) {
        int work = 0;
        if (changed) {
            changed = false;
            listeners.forEach(listener -> listener.changed(this));
            work++;
        }
        FrameHandler taker = handler;
        while (open
                && taker != null
                && work < POLL_FRAME_COUNT_MAX
                && nowNs >= pollAfterNs
                && !ring.isEmpty()) {
            Frame frame = pool.take();
            if (frame == null) {
                break;
            }
            Arrival arrival = ring.remove();
            MemorySegment.copy(
                    arrival.bytes,
                    0,
                    frame.memory(),
                    ValueLayout.JAVA_BYTE,
                    frame.at(),
                    arrival.bytes.length);
            frame.arrived(arrival.bytes.length, arrival.atNs);
            pool.deliver(frame, taker);
            work++;
        }
        return work;
    }

    @Override
    public void flush(long nowNs) {
        while (open && !sendingStalled && !committed.isEmpty()) {
            Frame frame = committed.remove();
            send(frame);
            pool.sent(frame);
        }
    }

    @Override
    public long nextDeadlineNs() {
        boolean idle = ring.isEmpty() || pool.freeCount() == 0 || handler == null;
        return idle ? Long.MAX_VALUE : pollAfterNs;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            network.leave(this);
            node.loop().remove(this);
        }
    }

    // What the world does to it.

    /** The segment it is on. */
    public SimNetwork network() {
        return network;
    }

    /** A pool of that many frames; before the first frame. */
    public SimPort frames(int frameCount) {
        Check.that(pool.freeCount() == FRAME_COUNT, "the pool is sized before it is used");
        pool = new FramePool(network.simulation().arena(), this, frameCount);
        return this;
    }

    /** Length of the receive ring. */
    public SimPort ring(int frameCount) {
        ringFrameCount = frameCount;
        return this;
    }

    /** Takes whatever is sent on its segment, to whomever. */
    public SimPort promiscuous() {
        takesAll = true;
        return this;
    }

    /** Shows each arrival to {@code watcher}. */
    public void tap(Tap watcher) {
        tap = watcher;
    }

    /** Takes the link down or up; what waits in the ring stays there. */
    public void link(boolean up) {
        network.simulation().mark(up ? "link up" : "link down");
        linkUp = up;
        changed();
    }

    public void mtu(int bytes) {
        mtu = bytes;
        changed();
    }

    /** Another address, as a renamed or replaced interface has. */
    public void mac(MacAddress other) {
        mac = other;
        changed();
    }

    /** The ring of this port is not looked at before then, or before a time given earlier. */
    public void pausePolling(long untilNs) {
        pollAfterNs = Math.max(pollAfterNs, untilNs);
        network.simulation().mark("port polled late");
        node.wake();
    }

    /** A full send ring: what is committed stays, and frames run out; until it is set back. */
    public void stallSending(boolean stalled) {
        sendingStalled = stalled;
        network.simulation().mark("sending stalled");
        node.wake();
    }

    /** Frames that wait to be polled. */
    public int waitingCount() {
        return ring.size();
    }

    /** Frames of the pool that nobody holds. */
    public int freeFrameCount() {
        return pool.freeCount();
    }

    /** Lays a frame into the ring, as if it arrived now. */
    public void arrive(byte[] frame) {
        if (!open || !linkUp) {
            network.simulation().mark("frame to a dead link");
        } else if (etherType(frame) != ETHER_TYPE_AOE || frame.length > mtu + ETHERNET_BYTES) {
            network.simulation().mark("frame refused by the port");
        } else if (!node.arrivalIsFirstOfItsInstant()) {
            network.simulation().after(1, () -> arrive(frame));
        } else if (ring.size() >= ringFrameCount) {
            network.simulation().mark("frame dropped, ring full");
        } else {
            network.simulation().trace("arrives", mac.bits(), SimNetwork.checkSum(frame));
            long nowNs = network.simulation().nowNs();
            ring.add(new Arrival(frame, nowNs));
            if (tap != null) {
                tap.arrived(this, frame, nowNs);
            }
            node.wake();
        }
    }

    @Override
    public void killed() {
        close();
    }

    boolean takes(long destination) {
        if (takesAll || (destination & 0x0100_0000_0000L) != 0 || destination == mac.bits()) {
            return true;
        }
        for (int index = 0; index < furtherMacs.size(); index++) {
            if (furtherMacs.get(index).bits() == destination) {
                return true;
            }
        }
        return false;
    }

    /** The address at that byte of a frame. */
    static long macAt(byte[] frame, int at) {
        long bits = 0;
        for (int index = 0; index < MacAddress.BYTES; index++) {
            bits = bits << 8 | (frame[at + index] & 0xff);
        }
        return bits;
    }

    private static int etherType(byte[] frame) {
        return (frame[ETHER_TYPE_AT] & 0xff) << 8 | (frame[ETHER_TYPE_AT + 1] & 0xff);
    }

    private void send(Frame frame) {
        if (!linkUp || frame.bytes() > mtu + ETHERNET_BYTES) {
            network.simulation().mark("frame not sent");
            return;
        }
        byte[] bytes = new byte[frame.bytes()];
        MemorySegment.copy(
                frame.memory(), ValueLayout.JAVA_BYTE, frame.at(), bytes, 0, bytes.length);
        network.send(this, bytes);
    }

    private void changed() {
        changed = true;
        node.wake();
    }
}
