// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.PortAddress;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;

/**
 * A port for a verb that asks targets, and the loop that turns it, both of the thread that opened
 * it. Unlike a daemon, a verb does not wait for an interface to appear.
 */
public final class ClientPort implements AutoCloseable {
    private final LinuxIdler idler;
    private final Loop loop;
    private final EthernetPort port;

    private ClientPort(LinuxIdler idler, Loop loop, EthernetPort port) {
        this.idler = idler;
        this.loop = loop;
        this.port = port;
    }

    /**
     * Opens a NIC or {@code unix:PATH}.
     *
     * @throws EtherbayException when frames cannot pass it now
     */
    public static ClientPort open(String name) {
        try (Undo undo = new Undo()) {
            LinuxIdler idler = new LinuxIdler();
            undo.add(idler::close);
            Loop loop = new Loop("client", Linux.clock(), idler, 0);
            // Two verbs at a time are two stations.
            String station = "client " + ProcessHandle.current().pid();
            EthernetPort port = new PortOpener(loop, idler, new Counters())
                    .open(name, station, InterfaceSettings.of(name), false);
            undo.add(port::close);
            loop.add(port);
            ClientPort client = new ClientPort(idler, loop, port);
            client.requireLink();
            undo.keep();
            return client;
        }
    }

    private void requireLink() {
        if (port.linkUp()) {
            return;
        }
        throw switch (PortAddress.parse(port.name())) {
            case PortAddress.Nic nic ->
                new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "there is no interface " + nic.name(),
                        "this machine has none of that name",
                        "`ip link` lists them; name one with --if, or a segment: unix:PATH");
            case PortAddress.UnixSocket socket ->
                new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "nobody listens on " + socket,
                        "no segment is served there",
                        "run one: etherbay segment run " + socket);
        };
    }

    /** Turned by whoever uses it. */
    public Loop loop() {
        return loop;
    }

    /** Part of the loop already. */
    public EthernetPort port() {
        return port;
    }

    @Override
    public void close() {
        port.close();
        idler.close();
    }
}
