// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.EtherbayException;
import etherbay.guest.HostCommand;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network namespace for each node, whose {@code eth0} is plugged into a bridge in one more
 * namespace: packet sockets and TCP as between machines, and nothing of it touches the network of
 * this one. Names carry our process id; what a killed demo left is removed by the next. Root only.
 */
final class DemoNamespaces implements DemoNetwork {
    private static final String INTERFACE = "eth0";
    private static final String PREFIX = "eb-demo-";
    private static final Pattern OURS = Pattern.compile("(?m)^" + PREFIX + "(\\d+)-\\w+");
    private static final int PORT = 8420;
    private static final Path FOLDER = Path.of("/");

    private final String ip;
    private final String name = PREFIX + ProcessHandle.current().pid() + "-";
    private final List<String> namespaces = new ArrayList<>();
    private final List<DemoRelay> relays = new ArrayList<>();

    private DemoNamespaces(String ip) {
        this.ip = ip;
    }

    /**
     * Makes all of it; links are up.
     *
     * @throws EtherbayException when this machine does not let root make namespaces, bridges or
     *     pairs of interfaces, as in many containers; nothing is left then
     */
    static DemoNamespaces make(int nodeCount) {
        String ip = HostCommand.require("ip", "iproute2").toString();
        DemoNamespaces made = new DemoNamespaces(ip);
        boolean whole = false;
        try {
            made.removeLeftovers();
            String hub = made.add("switch");
            made.inside(hub, "link add br0 type bridge forward_delay 0 stp_state 0");
            made.inside(hub, "link set br0 mtu " + MTU_BYTES + " up");
            for (int node = 1; node <= nodeCount; node++) {
                made.plug(hub, node);
            }
            whole = true;
            return made;
        } finally {
            if (!whole) {
                made.close();
            }
        }
    }

    private void plug(String hub, int node) {
        String mtu = " mtu " + MTU_BYTES;
        String namespace = add("node" + node);
        String port = "port" + node;
        inside(hub, "link add " + port + mtu + " type veth peer name eth0 netns " + namespace);
        inside(namespace, "link set " + INTERFACE + mtu + " up");
        inside(namespace, "address add " + host(node) + "/24 dev " + INTERFACE);
        inside(hub, "link set " + port + " master br0 up");
    }

    private String add(String role) {
        String namespace = name + role;
        run(List.of(ip, "netns", "add", namespace));
        namespaces.add(namespace);
        inside(namespace, "link set lo up");
        return namespace;
    }

    private void inside(String namespace, String words) {
        List<String> command = new ArrayList<>(List.of(ip, "-n", namespace));
        command.addAll(List.of(words.split(" ", -1)));
        run(command);
    }

    private static void run(List<String> command) {
        HostCommand.runOrThrow(
                FOLDER, command, "run it as a user without root: it needs no rights");
    }

    @Override
    public String interfaceName() {
        return INTERFACE;
    }

    @Override
    public List<String> prefix(int node) {
        return List.of(ip, "netns", "exec", name + "node" + node);
    }

    /** Of the addresses that are kept for documents, RFC 5737. */
    @Override
    public String host(int node) {
        return "192.0.2." + node;
    }

    @Override
    public int port(int node) {
        return PORT;
    }

    @Override
    public String page(int node) {
        List<String> command = new ArrayList<>(prefix(node));
        command.add(HostCommand.require("busybox", "busybox-static").toString());
        command.addAll(List.of("nc", host(node), "" + PORT));
        DemoRelay relay = DemoRelay.to(command);
        relays.add(relay);
        return "https://127.0.0.1:" + relay.port();
    }

    @Override
    public DemoSeen seen() {
        return DemoSeen.of("packet sockets in %d namespaces %s*, a bridge between, MTU %d"
                        .formatted(namespaces.size(), name, MTU_BYTES))
                .with("network", "namespaces")
                .with("namespaces", name)
                .with("mtuBytes", MTU_BYTES);
    }

    @Override
    public void close() {
        relays.forEach(DemoRelay::close);
        namespaces.forEach(this::remove);
        namespaces.clear();
    }

    /** Ends the processes inside first: a namespace lives as long as one of them. */
    private void remove(String namespace) {
        HostCommand.run(FOLDER, List.of(ip, "netns", "pids", namespace))
                .text()
                .lines()
                .filter(line -> line.matches("\\d+"))
                .forEach(pid -> ProcessHandle.of(Long.parseLong(pid))
                        .ifPresent(ProcessHandle::destroyForcibly));
        HostCommand.run(FOLDER, List.of(ip, "netns", "delete", namespace));
    }

    private void removeLeftovers() {
        Matcher names = OURS.matcher(
                HostCommand.run(FOLDER, List.of(ip, "netns", "list")).text());
        while (names.find()) {
            if (!Files.exists(Path.of("/proc", names.group(1)))) {
                remove(names.group());
            }
        }
    }
}
