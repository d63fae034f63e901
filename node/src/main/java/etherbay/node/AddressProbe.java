// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.AoeHeader;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.base.Timers;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One question to a segment: who serves these addresses? Broadcasts {@link #ROUND_COUNT} times and
 * collects the answers. On the loop; made by {@link Neighbours#probe}.
 */
final class AddressProbe {
    /** Who answered for which address, on which port. */
    record Answers(EthernetPort port, Map<Address, MacAddress> servers) {}

    /** Enough that one lost frame does not hide a box. */
    private static final int ROUND_COUNT = 3;

    /** A box that answers at all answers within this; the three together are no wait to notice. */
    private static final long ROUND_NS = 100_000_000;

    /** With more addresses everybody is asked in one frame for all that they serve. */
    private static final int QUERY_COUNT_MAX = 16;

    private final Neighbours neighbours;
    private final EthernetPort port;
    private final Set<Address> addresses;
    private final Consumer<Answers> done;
    private final Timers.Timer timer;
    private final Map<Address, MacAddress> servers = new HashMap<>();
    private int rounds;

    AddressProbe(
            Neighbours neighbours,
            EthernetPort port,
            Set<Address> addresses,
            Consumer<Answers> done) {
        this.neighbours = neighbours;
        this.port = port;
        this.addresses = Set.copyOf(addresses);
        this.done = done;
        timer = neighbours.timer(this::step);
    }

    void step() {
        if (rounds == ROUND_COUNT) {
            neighbours.ended(this);
            done.accept(new Answers(port, Map.copyOf(servers)));
            return;
        }
        if (addresses.size() > QUERY_COUNT_MAX) {
            Neighbours.query(port, AoeHeader.SHELF_BROADCAST, AoeHeader.SLOT_BROADCAST);
        } else {
            addresses.forEach(address -> Neighbours.query(port, address.shelf(), address.slot()));
        }
        rounds++;
        timer.at(neighbours.nowNs() + ROUND_NS);
    }

    void heard(EthernetPort where, int shelf, int slot, long mac) {
        Address address = new Address(shelf, slot);
        if (where.equals(port) && addresses.contains(address)) {
            servers.putIfAbsent(address, new MacAddress(mac));
        }
    }
}
