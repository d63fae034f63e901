// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One file, used by NBD at the other end of a veth pair in two ways: by AoE, from {@code ./etherbay
 * export} to {@code ./etherbay attach --nbd} beside the load; and by TCP from nbdkit. Both run all
 * the time; the one that is not measured waits.
 */
final class NbdServers {
    static final String OURS = Contenders.OURS;
    static final String NBDKIT = "nbdkit";

    private static final Address ADDRESS = new Address(1, 0);

    /** TEST-NET-1, RFC 5737. */
    private static final String TARGET_IP = "192.0.2.1";

    private static final String INITIATOR_IP = "192.0.2.2";
    private static final int PREFIX_BITS = 24;
    private static final int READY_TRIES = 500;
    private static final long READY_WAIT_MS = 20;

    private final Cleanup cleanup;
    private final Lab lab;
    private final BackingFile file;

    NbdServers(Cleanup cleanup, Lab lab, BackingFile file) {
        this.cleanup = cleanup;
        this.lab = lab;
        this.file = file;
    }

    /**
     * What was spent so far, or between two looks.
     *
     * @param serverCpuNs of the processes that have the files
     * @param attachCpuNs of ours beside the load; 0 where there is none
     * @param frameCount sent by the initiator's interfaces
     */
    record Spent(long serverCpuNs, long attachCpuNs, long frameCount) {
        Spent since(Spent before) {
            return new Spent(
                    serverCpuNs - before.serverCpuNs,
                    attachCpuNs - before.attachCpuNs,
                    frameCount - before.frameCount);
        }
    }

    /**
     * What fio connects to.
     *
     * @param servers the processes that have the files
     * @param attach ours at the load's end, if there is one
     * @param interfaces of the load's end by which it reaches the servers
     */
    record Server(
            String name,
            String uri,
            List<Child> servers,
            Optional<Child> attach,
            List<String> interfaces) {
        /** What it has spent, on those interfaces, with all others that use them. */
        Spent spent(Lab lab) {
            List<String> command = new ArrayList<>(List.of("cat"));
            interfaces.forEach(
                    each -> command.add("/sys/class/net/" + each + "/statistics/tx_packets"));
            return new Spent(
                    servers.stream().mapToLong(Child::cpuNs).sum(),
                    attach.map(Child::cpuNs).orElse(0L),
                    Program.run(lab.atInitiator(command))
                            .lines()
                            .mapToLong(Long::parseLong)
                            .sum());
        }
    }

    /** Gives both ends of the pair that MTU and an IP address. */
    static void address(Lab lab, int mtu) {
        List<String> size = List.of("ip", "link", "set", Lab.INTERFACE, "mtu", String.valueOf(mtu));
        Program.run(lab.atTarget(size));
        Program.run(lab.atInitiator(size));
        Program.run(lab.atTarget(addAddress(TARGET_IP)));
        Program.run(lab.atInitiator(addAddress(INITIATOR_IP)));
    }

    private static List<String> addAddress(String ip) {
        return List.of("ip", "addr", "add", ip + "/" + PREFIX_BITS, "dev", Lab.INTERFACE);
    }

    /** Starts our chain; it serves when this returns. */
    Server etherbay(List<String> exportFlags) {
        Path state = file.folder().resolve("state");
        List<String> export = new ArrayList<>(Launcher.export(ADDRESS, file.path(), state));
        export.addAll(exportFlags);
        Child target = Child.startQuietly(cleanup, "the target", lab.atTarget(export));
        await(target, ADDRESS + ": serving");
        Path socket = file.folder().resolve("nbd.sock");
        Child attach = Child.startQuietly(
                cleanup,
                "attach",
                lab.atInitiator(Launcher.etherbay(
                        "attach",
                        ADDRESS.toString(),
                        "--if",
                        Lab.INTERFACE,
                        "--nbd",
                        "unix:" + socket)));
        await(attach, "nbd serves");
        return new Server(
                OURS, uri(socket), List.of(target), Optional.of(attach), Lab.interfaces(1));
    }

    static String uri(Path socket) {
        return "nbd+unix:///?socket=" + socket;
    }

    /** Reads what it says up to such a line, and lets it go on. */
    static void await(Child child, String beginning) {
        while (!child.hear().startsWith(beginning)) {
            // one line for each thing that it has, and for each interface
        }
        child.discardOutput();
    }

    /** Starts nbdkit's file plugin on TCP; it listens when this returns. */
    Server nbdkit() {
        Path pid = file.folder().resolve("nbdkit.pid");
        Child server = Child.start(
                cleanup,
                NBDKIT,
                lab.atTarget(List.of(
                        NBDKIT,
                        "--foreground",
                        "--ipaddr",
                        TARGET_IP,
                        "--pidfile",
                        pid.toString(),
                        "file",
                        file.path().toString())));
        awaitFile(pid, server);
        return new Server(
                NBDKIT, "nbd://" + TARGET_IP, List.of(server), Optional.empty(), Lab.interfaces(1));
    }

    /** nbdkit writes its process id when it listens. */
    private static void awaitFile(Path path, Child server) {
        for (int count = 0; count < READY_TRIES && server.alive(); count++) {
            if (Files.exists(path)) {
                return;
            }
            try {
                Thread.sleep(READY_WAIT_MS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "nbdkit does not listen",
                server.alive() ? "it wrote no " + path : "it ended",
                "see what it said above");
    }
}
