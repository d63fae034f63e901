// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * One Ethernet segment between simulated ports. Each pair of ports, in each direction, is a link of
 * its own that can be cut, and have an {@link Impairment} of its own. Beyond that every frame takes
 * a little time of its own, in which it keeps its place behind the one before it unless the
 * impairment held one of them back. Frames on the way are copies: what a sender does to its buffer
 * later does not reach them.
 */
public final class SimNetwork {
    /** Decides which frames are taken off the wire, see {@link #holdIf}. */
    @FunctionalInterface
    public interface HoldRule {
        boolean holds(SimPort from, SimPort to, byte[] frame);
    }

    /** A frame taken off the wire; delivered when somebody says so, any number of times. */
    public final class Held {
        private final SimPort from;
        private final SimPort to;
        private final byte[] bytes;

        private Held(SimPort from, SimPort to, byte[] bytes) {
            this.from = from;
            this.to = to;
            this.bytes = bytes;
        }

        public SimPort from() {
            return from;
        }

        public SimPort to() {
            return to;
        }

        public byte[] bytes() {
            return bytes.clone();
        }

        /** Has it arrive after {@code delayNs} at the port it was sent to. */
        public void release(long delayNs) {
            release(to, delayNs);
        }

        /** Has it arrive at another port: a second interface of the same box, or its next life. */
        public void release(SimPort there, long delayNs) {
            simulation.after(delayNs, () -> there.arrive(bytes));
        }
    }

    private static final class Link {
        boolean cut;
        long arrivalNs;

        @Nullable
        Impairment impairment;
    }

    /** Destination and source address and EtherType. */
    private static final int ETHERNET_BYTES = 14;

    private final Simulation simulation;
    private final String name;
    private final Prng prng;
    private final Impairment common;
    private final List<SimPort> ports = new ArrayList<>();
    private final Map<SimPort, Map<SimPort, Link>> links = new HashMap<>();
    private final List<Held> held = new ArrayList<>();
    private @Nullable HoldRule holdRule;
    private int delayNsMin = 5_000;
    private int delayNsMax = 30_000;
    private double damage;
    private int mtu = Integer.MAX_VALUE;

    public SimNetwork(Simulation simulation, String name) {
        this.simulation = simulation;
        this.name = name;
        prng = simulation.prng().fork();
        common = new Impairment(Impairment.Settings.NONE, prng.fork());
    }

    public String name() {
        return name;
    }

    /** A port of {@code node} on this segment, a part of the node's loop from now on. */
    public SimPort port(SimNode node, String portName, MacAddress mac) {
        SimPort port = new SimPort(this, node, portName, mac);
        ports.add(port);
        return port;
    }

    /** How frames fare on each link that has no conditions of its own. */
    public void conditions(Impairment.Settings settings) {
        common.settings(settings);
    }

    /** Conditions of that one link in that one direction. */
    public void conditions(SimPort from, SimPort to, Impairment.Settings settings) {
        link(from, to).impairment = new Impairment(settings, prng.fork());
    }

    /** What every frame takes at least and at most, uniform. */
    public void delayNs(int minNs, int maxNs) {
        delayNsMin = minNs;
        delayNsMax = maxNs;
    }

    /**
     * Probability that bits of a frame flip on its way. The frame check sequence says so to the
     * port that it arrives at, which drops it: what Ethernet promises, and AoE builds on.
     */
    public void damage(double probability) {
        damage = probability;
    }

    /** Frames with a larger payload are swallowed on the way, without a word to either end. */
    public void mtu(int bytes) {
        mtu = bytes;
    }

    /** No frame passes that way any more; the other way it does. */
    public void cut(SimPort from, SimPort to) {
        link(from, to).cut = true;
        simulation.mark("link cut");
    }

    /** Neither hears the other. */
    public void cutBoth(SimPort one, SimPort other) {
        cut(one, other);
        cut(other, one);
    }

    /** Frames pass that way again. */
    public void mend(SimPort from, SimPort to) {
        link(from, to).cut = false;
    }

    /** All links are whole and lose nothing; what is held stays held. */
    public void heal() {
        common.settings(Impairment.Settings.NONE);
        damage = 0;
        mtu = Integer.MAX_VALUE;
        for (SimPort from : ports) {
            for (SimPort to : ports) {
                Link link = link(from, to);
                link.cut = false;
                link.impairment = null;
            }
        }
    }

    /**
     * Takes frames that {@code rule} picks off the wire, instead of any loss or delay; null ends
     * it.
     */
    public void holdIf(@Nullable HoldRule rule) {
        holdRule = rule;
    }

    /** What was held so far, in the order of sending. */
    public List<Held> held() {
        return held;
    }

    void leave(SimPort port) {
        ports.remove(port);
    }

    Simulation simulation() {
        return simulation;
    }

    void send(SimPort from, byte[] frame) {
        if (frame.length < ETHERNET_BYTES) {
            simulation.mark("frame runt");
            return;
        }
        long destination = SimPort.macAt(frame, 0);
        for (int index = 0; index < ports.size(); index++) {
            SimPort to = ports.get(index);
            if (to != from && to.takes(destination)) {
                carry(from, to, frame);
            }
        }
    }

    private void carry(SimPort from, SimPort to, byte[] frame) {
        Link link = link(from, to);
        if (link.cut) {
            simulation.mark("frame cut off");
            return;
        }
        if (holdRule != null && holdRule.holds(from, to, frame)) {
            held.add(new Held(from, to, frame));
            simulation.mark("frame held");
            return;
        }
        if (frame.length - ETHERNET_BYTES > mtu) {
            simulation.mark("frame too large for the network");
            return;
        }
        if (damage > 0 && prng.chance(damage)) {
            simulation.mark("frame damaged");
            return;
        }
        Impairment impairment = link.impairment == null ? common : link.impairment;
        impairment.next();
        if (impairment.copies() != 1) {
            simulation.mark(impairment.copies() == 0 ? "frame lost" : "frame doubled");
        }
        for (int copy = 0; copy < impairment.copies(); copy++) {
            long impairedNs = simulation.nowNs() + impairment.delayNs(copy);
            long arrivalNs = impairedNs + prng.between(delayNsMin, delayNsMax);
            if (impairment.delayNs(copy) > impairment.settings().delayNs()) {
                simulation.mark("frame held back");
            } else {
                arrivalNs = Math.max(arrivalNs, link.arrivalNs + 1);
                link.arrivalNs = arrivalNs;
            }
            arrive(to, frame, arrivalNs);
        }
    }

    private void arrive(SimPort to, byte[] frame, long whenNs) {
        simulation.at(whenNs, () -> to.arrive(frame));
    }

    private Link link(SimPort from, SimPort to) {
        return links.computeIfAbsent(from, port -> new HashMap<>())
                .computeIfAbsent(to, port -> new Link());
    }

    static int checkSum(byte[] frame) {
        CRC32C sum = new CRC32C();
        sum.update(frame);
        return (int) sum.getValue();
    }
}
