// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.LoopPart;
import etherbay.base.MacAddress;
import etherbay.base.Segment;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.sim.IdleClock;

import java.util.ArrayList;
import java.util.List;

/** A segment with a client on it and any number of targets, in time that passes when all wait. */
final class FakeWire implements AutoCloseable {
    static final MacAddress CLIENT = new MacAddress(0x0200_0000_0a01L);
    static final DiskAddress DISK = new DiskAddress(1, 0);
    static final long MS = 1_000_000;

    final IdleClock clock;
    final LocalPort local;
    private final Loop loop;
    private final Segment segment;
    private final List<EthernetPort> ports = new ArrayList<>();

    FakeWire(String name, int mtu) {
        clock = new IdleClock();
        loop = new Loop("test", clock, clock, 0);
        segment = new Segment(clock, mtu, new Counters());
        AoeClient client =
                new AoeClient(loop, port("client", CLIENT), new AoeClient.Patience(10 * MS, 3), 7);
        local = new LocalPort(name, client, 16 << 20);
    }

    FakeWire(int mtu) {
        this("eth0", mtu);
    }

    private EthernetPort port(String name, MacAddress mac) {
        EthernetPort port = segment.port(name, mac, () -> {});
        ports.add(port);
        loop.add(port);
        return port;
    }

    /** Runs when the loop has turned: what was sent in a turn was on the wire at once. */
    void afterEachTurn(Runnable action) {
        loop.add(new LoopPart() {
            @Override
            public int poll(long nowNs) {
                return 0;
            }

            @Override
            public void flush(long nowNs) {
                action.run();
            }
        });
    }

    /** A target whose address ends with {@code number}. */
    FakeTarget target(int number, DiskAddress disk) {
        return new FakeTarget(port("t" + number, new MacAddress(0x0200_0000_0b00L + number)), disk);
    }

    FakeTarget target() {
        return target(1, DISK);
    }

    FoundPath path() {
        return local.require(DISK);
    }

    @Override
    public void close() {
        ports.forEach(EthernetPort::close);
    }
}
