// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Timers;
import etherbay.target.Target;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Listens to the other targets on our segments: two boxes that serve one address are two paths of
 * one disk to an initiator, which then mixes their data. Asks before we serve an address ({@link
 * #probe}), and watches while we do ({@link RogueWatch}): whatever another box says for an address
 * of ours is noticed, and once a minute everybody is asked who is there. Lives on the loop of its
 * ports; takes what {@link Target#onResponses} hears.
 */
final class Neighbours {
    /** As often as the Linux driver asks the segment. */
    private static final long ASK_INTERVAL_NS = 60_000_000_000L;

    /**
     * Our tags: user space's half (bit 31), so that a kernel driver beside us ignores the answers.
     */
    private static final int TAG = 0xeb00_0000;

    private final Loop loop;
    private final Target target;
    private final Counter foreignFrames;
    private final RogueWatch rogues;
    private final List<EthernetPort> ports = new ArrayList<>();
    private final List<AddressProbe> probes = new ArrayList<>();
    private final Timers.Timer asking;

    Neighbours(Loop loop, Target target, Counters counters) {
        this.loop = loop;
        this.target = target;
        foreignFrames = counters.counter("neighbours.rogue.frames");
        rogues = new RogueWatch(loop.clock());
        asking = loop.timers().timer(this::askEverybody);
        target.onResponses(this::onResponse);
    }

    /** Boxes that were heard for an address of ours, of late. */
    RogueWatch rogues() {
        return rogues;
    }

    /** Listens on that port too. */
    void add(EthernetPort port) {
        ports.add(port);
        if (!asking.isSet()) {
            asking.at(loop.clock().nanoTime() + ASK_INTERVAL_NS);
        }
    }

    void remove(EthernetPort port) {
        ports.remove(port);
        rogues.forget(port.name());
    }

    /**
     * Asks who serves these addresses on a port.
     *
     * @param done told, once, within a third of a second, who answered for which
     */
    void probe(EthernetPort port, Set<Address> addresses, Consumer<AddressProbe.Answers> done) {
        AddressProbe probe = new AddressProbe(this, port, addresses, done);
        probes.add(probe);
        probe.step();
    }

    /** What a probe needs of its loop. */
    Timers.Timer timer(Runnable action) {
        return loop.timers().timer(action);
    }

    long nowNs() {
        return loop.clock().nanoTime();
    }

    void ended(AddressProbe probe) {
        probes.remove(probe);
    }

    private void askEverybody() {
        for (EthernetPort port : ports) {
            if (port.linkUp()) {
                query(port, AoeHeader.SHELF_BROADCAST, AoeHeader.SLOT_BROADCAST);
            }
        }
        rogues.forgetSilent();
        asking.at(nowNs() + ASK_INTERVAL_NS);
    }

    /** Broadcasts a config query; nothing when no frame is free, it is asked again. */
    static void query(EthernetPort port, int shelf, int slot) {
        Frame frame = port.claim(Ethernet.FRAME_BYTES_MIN);
        if (frame == null) {
            return;
        }
        MemorySegment memory = frame.memory();
        long at = frame.at();
        memory.asSlice(at, Ethernet.FRAME_BYTES_MIN).fill((byte) 0);
        Ethernet.dst(memory, at, Ethernet.BROADCAST);
        Ethernet.src(memory, at, port.mac().bits());
        Ethernet.type(memory, at, Ethernet.TYPE_AOE);
        AoeHeader.Fields.request(shelf, slot, AoeHeader.COMMAND_CONFIG, TAG).write(memory, at);
        ConfigHeader.Fields.request(ConfigHeader.READ, 0).write(memory, at);
        port.commit(frame);
    }

    /** A response that is at least an AoE header long; whatever else it may be. */
    private void onResponse(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        long mac = Ethernet.src(memory, at);
        if (isOwn(mac)) {
            return; // two of our interfaces on one segment
        }
        int shelf = AoeHeader.shelf(memory, at);
        int slot = AoeHeader.slot(memory, at);
        if (target.serves(frame.port(), shelf, slot)) {
            foreignFrames.increment();
            rogues.heard(frame.port(), shelf, slot, mac);
        }
        if (AoeHeader.command(memory, at) == AoeHeader.COMMAND_CONFIG) {
            for (AddressProbe probe : probes) {
                probe.heard(frame.port(), shelf, slot, mac);
            }
        }
    }

    private boolean isOwn(long mac) {
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).mac().bits() == mac) {
                return true;
            }
        }
        return false;
    }

    /** Whether an address is one of our ports'; a probe's answer may be ours from elsewhere. */
    boolean isOwn(MacAddress mac) {
        return isOwn(mac.bits());
    }
}
