// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two network namespaces joined by a veth pair; in each the interface is {@link #INTERFACE}. Their
 * names carry our process id, so that runs side by side do not meet and what a killed run left
 * behind is known as such. Needs root.
 */
final class Lab implements Cleanup.Owned {
    static final String INTERFACE = "eth0";
    static final int MTU = 9000;
    private static final String PREFIX = "ebt-bench-";

    private final String target;
    private final String initiator;

    private Lab(long pid) {
        target = PREFIX + pid + "-t";
        initiator = PREFIX + pid + "-i";
    }

    /** Makes both namespaces; links are up. */
    static Lab open(Cleanup cleanup) {
        if (!System.getProperty("user.name").equals("root")) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "the bench needs root",
                    "it makes network namespaces and raw sockets",
                    "sudo ./dev bench ...");
        }
        removeLeftovers();
        Lab lab = cleanup.add(new Lab(ProcessHandle.current().pid()));
        String mtu = String.valueOf(MTU);
        Program.run("ip", "netns", "add", lab.target);
        Program.run("ip", "netns", "add", lab.initiator);
        Program.run(List.of(
                "ip",
                "-n",
                lab.target,
                "link",
                "add",
                INTERFACE,
                "mtu",
                mtu,
                "type",
                "veth",
                "peer",
                "name",
                INTERFACE,
                "mtu",
                mtu,
                "netns",
                lab.initiator));
        Program.run("ip", "-n", lab.target, "link", "set", INTERFACE, "up");
        Program.run("ip", "-n", lab.initiator, "link", "set", INTERFACE, "up");
        return lab;
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
