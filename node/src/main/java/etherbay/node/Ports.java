// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.PortAddress;
import etherbay.base.Prng;
import etherbay.base.SocketPort;
import etherbay.linux.LinuxIdler;
import etherbay.linux.PacketPort;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The ports of one loop by the name that a person gave, each opened once however many exports use
 * it.
 */
final class Ports implements AutoCloseable {
    private final Loop loop;
    private final LinuxIdler idler;
    private final Counters counters;
    private final Map<String, EthernetPort> ports = new LinkedHashMap<>();

    Ports(Loop loop, LinuxIdler idler, Counters counters) {
        this.loop = loop;
        this.idler = idler;
        this.counters = counters;
    }

    /**
     * The port of that name. A NIC that does not exist yet is waited for; one that is there but
     * down is an error, because it is more often a forgotten command than a plan.
     *
     * @param station who opens it: on a segment its address comes from this and from the segment's
     *     name, so that a restart does not change it. For an initiator a new address is another
     *     path, and the old one, dead, costs it seconds (Linux: HARD_SCORN_SECS of aoecmd.c)
     */
    EthernetPort open(String name, String station) {
        EthernetPort known = ports.get(name);
        if (known != null) {
            return known;
        }
        EthernetPort port = switch (PortAddress.parse(name)) {
            case PortAddress.Nic nic -> openNic(nic.name());
            case PortAddress.UnixSocket socket ->
                openSocket(socket, addressOf(station + " " + name));
        };
        loop.add(port);
        ports.put(name, port);
        return port;
    }

    private static MacAddress addressOf(String station) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(station.getBytes(StandardCharsets.UTF_8));
            return MacAddress.locallyAdministered(new Prng(ByteBuffer.wrap(hash).getLong()));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private EthernetPort openNic(String name) {
        PacketPort port = PacketPort.open(name, idler, counters, PacketPort.Options.DEFAULT);
        if (port.exists() && !port.linkUp()) {
            port.close();
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "interface " + name + " is down",
                    "no frame passes it",
                    "bring it up: ip link set " + name
                            + " up; and see that its cable is plugged in");
        }
        port.onFrames(Ports::discard);
        return port;
    }

    /** Polled once, so that a segment that is there counts as linked from the start. */
    private SocketPort openSocket(PortAddress.UnixSocket socket, MacAddress mac) {
        SocketPort port = new SocketPort(
                new SocketPort.Settings(socket, mac, SocketPort.Settings.MTU_DEFAULT),
                loop.clock(),
                loop::wakeUp,
                counters);
        port.onFrames(Ports::discard);
        port.poll(loop.clock().nanoTime());
        return port;
    }

    /**
     * Takes what arrives before anybody serves: a port without a taker does not follow its link.
     */
    private static void discard(Frame frame) {}

    @Override
    public void close() {
        ports.values().forEach(EthernetPort::close);
    }
}
