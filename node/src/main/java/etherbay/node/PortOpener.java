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

/** Opens the port that a person named, a NIC or a segment. On the loop that will own the port. */
final class PortOpener {
    private final Loop loop;
    private final LinuxIdler idler;
    private final Counters counters;

    PortOpener(Loop loop, LinuxIdler idler, Counters counters) {
        this.loop = loop;
        this.idler = idler;
        this.counters = counters;
    }

    /**
     * A port of that name, which the caller adds to the loop. A NIC that does not exist yet is
     * waited for.
     *
     * @param station who opens it: on a segment its address comes from this and from the segment's
     *     name, so that a restart does not change it. For an initiator a new address is another
     *     path, and the old one, dead, costs it seconds (Linux: HARD_SCORN_SECS of aoecmd.c)
     * @param downAllowed also one that is there but down: an error otherwise, because it is more
     *     often a forgotten command than a plan
     */
    EthernetPort open(
            String name, String station, InterfaceSettings settings, boolean downAllowed) {
        return switch (PortAddress.parse(name)) {
            case PortAddress.Nic nic -> openNic(nic.name(), settings, downAllowed);
            case PortAddress.UnixSocket socket ->
                openSocket(socket, addressOf(station + " " + name), settings);
        };
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

    private EthernetPort openNic(String name, InterfaceSettings settings, boolean downAllowed) {
        PacketPort.Options options = PacketPort.Options.DEFAULT
                .withMtuMax(settings.mtuMax())
                .withBufferBytes(settings.bufferBytes());
        PacketPort port = PacketPort.open(name, idler, counters, options);
        boolean usable = false;
        try {
            checkMtu(port, settings);
            if (port.exists() && !port.linkUp() && !downAllowed) {
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "interface " + name + " is down",
                        "no frame passes it",
                        "bring it up: ip link set " + name
                                + " up; and see that its cable is plugged in");
            }
            usable = true;
        } finally {
            if (!usable) {
                port.close();
            }
        }
        port.onFrames(PortOpener::discard);
        return port;
    }

    /** Whether a NIC can carry what the settings ask for. */
    static void checkMtu(PacketPort port, InterfaceSettings settings) {
        if (port.exists() && settings.mtuMax() > port.nicMtu()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "mtu %d is more than %s carries".formatted(settings.mtuMax(), port.name()),
                    "the interface has an MTU of " + port.nicMtu(),
                    "write mtu = \"auto\", or raise that of the interface and of the switch: "
                            + "ip link set %s mtu %d".formatted(port.name(), settings.mtuMax()));
        }
    }

    /** A segment has no MTU of its own but the one that all take for granted. */
    static int segmentMtu(InterfaceSettings settings) {
        return settings.mtuMax() == 0
                ? SocketPort.Settings.MTU_DEFAULT
                : Math.min(settings.mtuMax(), SocketPort.Settings.MTU_DEFAULT);
    }

    /** Polled once, so that a segment that is there counts as linked from the start. */
    private SocketPort openSocket(
            PortAddress.UnixSocket socket, MacAddress mac, InterfaceSettings settings) {
        int mtu = segmentMtu(settings);
        SocketPort port = new SocketPort(
                new SocketPort.Settings(socket, mac, mtu), loop.clock(), loop::wakeUp, counters);
        port.onFrames(PortOpener::discard);
        port.poll(loop.clock().nanoTime());
        return port;
    }

    /**
     * Takes what arrives before anybody serves: a port without a taker does not follow its link.
     */
    private static void discard(Frame frame) {}
}
