// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Two network namespaces joined by veth pairs; in each the interfaces are {@link #INTERFACE} and,
 * where there are more, those of {@link #interfaces}. The names of the namespaces carry our process
 * id, so that runs side by side do not meet and what a killed run left behind is known as such.
 * Needs root.
 */
final class Lab implements Cleanup.Owned {
    static final String INTERFACE = "eth0";
    static final int MTU = 9000;
    static final String NETWORK = "veth pair between two namespaces, MTU " + MTU;
    private static final String KIND = "eth";
    private static final String SWITCH = "switch0";
    private static final String PREFIX = "ebt-bench-";

    private final String target;
    private final String initiator;

    private Lab(long pid) {
        target = PREFIX + pid + "-t";
        initiator = PREFIX + pid + "-i";
    }

    /** Makes both namespaces, joined by one pair; links are up. */
    static Lab open(Cleanup cleanup) {
        return open(cleanup, 1);
    }

    /** Makes both namespaces, joined by so many pairs; links are up. */
    static Lab open(Cleanup cleanup, int pairCount) {
        if (!System.getProperty("user.name").equals("root")) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "the bench needs root",
                    "it makes network namespaces and raw sockets",
                    "sudo ./dev bench ...");
        }
        removeLeftovers();
        Lab lab = cleanup.add(new Lab(ProcessHandle.current().pid()));
        Program.run("ip", "netns", "add", lab.target);
        Program.run("ip", "netns", "add", lab.initiator);
        interfaces(pairCount).forEach(lab::join);
        return lab;
    }

    /** What the first so many interfaces are called, at both ends. */
    static List<String> interfaces(int pairCount) {
        return IntStream.range(0, pairCount).mapToObj(index -> KIND + index).toList();
    }

    /**
     * Puts a switch between: the load's end of the first pair becomes a port of it, and so many
     * stations get a port of their own.
     *
     * @return the stations' interfaces, all in the load's namespace
     */
    List<String> stations(int count) {
        String mtu = String.valueOf(MTU);
        Program.run("ip", "-n", initiator, "link", "add", SWITCH, "type", "bridge");
        plug(INTERFACE);
        List<String> stations = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            String station = "station" + index;
            String port = "port" + index;
            Program.run(List.of(
                    "ip", "-n", initiator, "link", "add", station, "mtu", mtu, "type", "veth",
                    "peer", "name", port, "mtu", mtu));
            plug(port);
            Program.run("ip", "-n", initiator, "link", "set", station, "up");
            stations.add(station);
        }
        Program.run("ip", "-n", initiator, "link", "set", SWITCH, "mtu", mtu, "up");
        return stations;
    }

    private void plug(String port) {
        Program.run("ip", "-n", initiator, "link", "set", port, "master", SWITCH, "up");
    }

    private void join(String name) {
        String mtu = String.valueOf(MTU);
        Program.run(List.of(
                "ip", "-n", target, "link", "add", name, "mtu", mtu, "type", "veth", "peer", "name",
                name, "mtu", mtu, "netns", initiator));
        Program.run("ip", "-n", target, "link", "set", name, "up");
        Program.run("ip", "-n", initiator, "link", "set", name, "up");
    }

    /** The command, in the namespace of the servers. */
    List<String> atTarget(List<String> command) {
        return in(target, command);
    }

    /** The command, in the namespace of the load. */
    List<String> atInitiator(List<String> command) {
        return in(initiator, command);
    }

    @Override
    public void close() {
        Program.tryRun("ip", "netns", "del", target);
        Program.tryRun("ip", "netns", "del", initiator);
    }

    private static List<String> in(String namespace, List<String> command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        whole.addAll(command);
        return whole;
    }

    /** Namespaces of benches that were killed, and what still runs in them. */
    private static void removeLeftovers() {
        for (String line : Program.tryRun("ip", "netns", "list").lines().toList()) {
            String name = line.split(" ", 2)[0];
            if (!name.matches(PREFIX + "\\d+-[ti]")) {
                continue;
            }
            String pid = name.substring(PREFIX.length(), name.length() - 2);
            if (!Files.exists(Path.of("/proc", pid))) {
                Program.tryRun("ip", "netns", "pids", name).lines().forEach(Lab::kill);
                Program.tryRun("ip", "netns", "del", name);
            }
        }
    }

    private static void kill(String pid) {
        ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(ProcessHandle::destroyForcibly);
    }
}
