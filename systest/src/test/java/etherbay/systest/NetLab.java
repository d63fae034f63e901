// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An Ethernet of its own: one switch (a bridge in a network namespace) and any number of nodes
 * (namespaces whose {@code eth0} is plugged into it) and taps for QEMU. Nothing of it touches the
 * host's network. Removed by {@link #close} and at the end of the JVM; what a killed test process
 * left is removed by the next one. One thread.
 */
final class NetLab implements AutoCloseable {
    private static final String PREFIX = "ebt-systest-";
    private static final Pattern OURS = Pattern.compile(PREFIX + "(\\d+)-\\S+");
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Set<NetLab> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> OPEN.forEach(NetLab::remove), "netlab-cleanup"));
    }

    private final String ip = Tool.require("ip", "iproute2").toString();
    private final String name =
            PREFIX + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-";
    private final List<String> namespaces = new ArrayList<>();
    private final List<String> plugged = new ArrayList<>();
    private final int mtu;
    private int portCount;

    /** A network namespace with {@code eth0} on the switch. */
    record Node(String namespace, String ip) {
        List<String> command(String... words) {
            List<String> command = new ArrayList<>(List.of(ip, "netns", "exec", namespace));
            command.addAll(List.of(words));
            return command;
        }

        /** The address of {@code eth0}, for instance {@code 02:00:00:00:00:01}. */
        String mac() {
            return Tool.check(command("cat", "/sys/class/net/eth0/address")).strip();
        }
    }

    NetLab(int mtu) {
        Tool.requireRoot();
        this.mtu = mtu;
        removeLeftovers();
        OPEN.add(this);
        String hub = addNamespace("switch");
        inside(hub, "link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0");
        inside(hub, "link set br0 mtu " + mtu + " up");
    }

    /** A further node; its {@code eth0} is up. */
    Node node(String role) {
        String namespace = addNamespace(role);
        String port = "port" + portCount++;
        inside(
                switchNamespace(),
                "link add " + port + " type veth peer name eth0 netns " + namespace);
        inside(namespace, "link set eth0 mtu " + mtu + " up");
        plug(port);
        return new Node(namespace, ip);
    }

    /** A tap on the switch, in {@link #switchNamespace}, where its QEMU has to run. */
    String tap() {
        String tap = "tap" + portCount++;
        inside(switchNamespace(), "tuntap add " + tap + " mode tap");
        plug(tap);
        return tap;
    }

    String switchNamespace() {
        return namespaces.getFirst();
    }

    /** Pulls or plugs a node's cable. */
    void link(Node node, boolean up) {
        inside(node.namespace(), "link set eth0 " + (up ? "up" : "down"));
    }

    /** Makes the switch carry less than its nodes believe: larger frames vanish in it. */
    void switchMtu(int bytes) {
        plugged.forEach(port -> inside(switchNamespace(), "link set " + port + " mtu " + bytes));
    }

    @Override
    public void close() {
        remove();
        OPEN.remove(this);
    }

    private void plug(String port) {
        plugged.add(port);
        inside(switchNamespace(), "link set " + port + " mtu " + mtu + " master br0 up");
    }

    private String addNamespace(String role) {
        String namespace = name + role;
        Tool.check(List.of(ip, "netns", "add", namespace));
        namespaces.add(namespace);
        // Without IPv6 nobody sends router solicitations into our captures.
        Tool.check(new Node(namespace, ip)
                .command(
                        "sh",
                        "-c",
                        "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 || true"));
        inside(namespace, "link set lo up");
        return namespace;
    }

    private void inside(String namespace, String words) {
        List<String> command = new ArrayList<>(List.of(ip, "-n", namespace));
        command.addAll(List.of(words.split(" ", -1)));
        Tool.check(command);
    }

    private void remove() {
        namespaces.forEach(namespace -> remove(ip, namespace));
        namespaces.clear();
    }

    private void removeLeftovers() {
        Matcher names = OURS.matcher(Tool.check(List.of(ip, "netns", "list")));
        while (names.find()) {
            if (!Files.exists(Path.of("/proc", names.group(1)))) {
                remove(ip, names.group());
            }
        }
    }

    /** Ends the processes inside first: a namespace lives as long as one of them. */
    private static void remove(String ip, String namespace) {
        Tool.run(List.of(ip, "netns", "pids", namespace))
                .text()
                .lines()
                .filter(line -> line.matches("\\d+"))
                .forEach(pid -> ProcessHandle.of(Long.parseLong(pid))
                        .ifPresent(ProcessHandle::destroyForcibly));
        Tool.run(List.of(ip, "netns", "delete", namespace));
    }
}
