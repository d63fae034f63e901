// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.PortAddress;
import etherbay.initiator.AoeClient;
import etherbay.initiator.tools.LocalPort;
import etherbay.linux.Linux;
import etherbay.node.ClientPort;
import etherbay.node.InterfaceSettings;

import java.util.ArrayList;
import java.util.List;

/** The interfaces through which a verb asks, open until the verb is done. On its thread. */
final class OpenPorts implements AutoCloseable {
    /** A person waits for less than a daemon: four attempts, four seconds in all. */
    private static final AoeClient.Patience PATIENCE = new AoeClient.Patience(250_000_000L, 4);

    private final List<ClientPort> wires = new ArrayList<>();
    private final List<LocalPort> ports = new ArrayList<>();

    private OpenPorts() {}

    /** Opens NICs and segments, all or none. */
    static OpenPorts open(List<String> names) {
        OpenPorts opened = new OpenPorts();
        boolean all = false;
        try {
            names.stream().distinct().forEach(opened::add);
            all = true;
            return opened;
        } finally {
            if (!all) {
                opened.close();
            }
        }
    }

    private void add(String name) {
        ClientPort wire = ClientPort.open(name);
        wires.add(wire);
        long seed = Linux.clock().nanoTime() ^ Linux.clock().wallMillis() << 20;
        AoeClient client = new AoeClient(wire.loop(), wire.port(), PATIENCE, seed);
        boolean nic = PortAddress.parse(name) instanceof PortAddress.Nic;
        int receiveBytes = nic ? InterfaceSettings.of(name).bufferBytes() : 0;
        ports.add(new LocalPort(name, client, receiveBytes));
    }

    /** In the order in which they were named. */
    List<LocalPort> all() {
        return List.copyOf(ports);
    }

    /** The first one, of a verb that has one. */
    LocalPort first() {
        return ports.getFirst();
    }

    /** For a sentence: {@code eth0, eth1}. */
    String names() {
        return String.join(", ", ports.stream().map(LocalPort::name).toList());
    }

    @Override
    public void close() {
        wires.forEach(ClientPort::close);
    }
}
