// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Timers;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Asks a segment who serves a set of addresses, before we do: two boxes that serve one address are
 * two paths of one disk to a Linux initiator, which then mixes their data. Broadcasts a config
 * query for each address, {@link #QUERY_COUNT} times, and collects the answers. Lives on the loop
 * of its port.
 */
final class AddressProbe implements FrameHandler {
    /** Enough that one lost frame does not hide a box. */
    static final int QUERY_COUNT = 3;

    /**
     * A box that answers at all answers within this, and the three together are no wait to notice.
     */
    static final long QUERY_INTERVAL_NS = 100_000_000;

    /**
     * Our tags: user space's half (bit 31), so that a kernel driver beside us ignores the answers.
     */
    private static final int TAG = 0xeb00_0000;

    /** An address on the wire. */
    record Address(int shelf, int slot) {}

    private final Loop loop;
    private final EthernetPort port;
    private final Set<Address> addresses;
    private final Consumer<Map<Address, MacAddress>> done;
    private final Timers.Timer timer;
    private final Map<Address, MacAddress> answers = new HashMap<>();
    private int queriesSent;

    /**
     * @param done told, once, who answered for which address; then the port has no handler of ours
     */
    AddressProbe(
            Loop loop,
            EthernetPort port,
            Set<Address> addresses,
            Consumer<Map<Address, MacAddress>> done) {
        this.loop = loop;
        this.port = port;
        this.addresses = new HashSet<>(addresses);
        this.done = done;
        timer = loop.timers().timer(this::step);
    }

    /** Begins; takes the port's frames until done. */
    void start() {
        port.onFrames(this);
        step();
    }

    private void step() {
        if (queriesSent == QUERY_COUNT) {
            port.onFrames(_ -> {});
            done.accept(answers);
            return;
        }
        addresses.forEach(this::query);
        port.flush(loop.clock().nanoTime());
        queriesSent++;
        timer.at(loop.clock().nanoTime() + QUERY_INTERVAL_NS);
    }

    private void query(Address address) {
        Frame frame = port.claim(Ethernet.FRAME_BYTES_MIN);
        if (frame == null) {
            return; // asked again at the next step
        }
        MemorySegment memory = frame.memory();
        long at = frame.at();
        memory.asSlice(at, Ethernet.FRAME_BYTES_MIN).fill((byte) 0);
        Ethernet.dst(memory, at, Ethernet.BROADCAST);
        Ethernet.src(memory, at, port.mac().bits());
        Ethernet.type(memory, at, Ethernet.TYPE_AOE);
        AoeHeader.Fields.request(address.shelf(), address.slot(), AoeHeader.COMMAND_CONFIG, TAG)
                .write(memory, at);
        ConfigHeader.Fields.request(ConfigHeader.READ, 0).write(memory, at);
        port.commit(frame);
    }

    @Override
    public void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (AoeHeader.malformed(memory, at, frame.bytes())
                || !AoeHeader.response(memory, at)
                || AoeHeader.command(memory, at) != AoeHeader.COMMAND_CONFIG) {
            return;
        }
        Address address = new Address(AoeHeader.shelf(memory, at), AoeHeader.slot(memory, at));
        MacAddress server = new MacAddress(Ethernet.src(memory, at));
        if (addresses.contains(address) && !server.equals(port.mac())) {
            answers.putIfAbsent(address, server);
        }
    }
}
