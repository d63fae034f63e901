// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.HostCommand;
import etherbay.guest.machine.Hypervisor.Abilities;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Begins a guest: what it needs is looked at first, and nothing is left when it fails. */
final class QemuStart {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);
    private static final int MTU_BYTES = 1500;
    private static final int MTU_BYTES_SEGMENT = 9000; // of etherbay segment run

    private final QemuMonitor monitor;
    private final QemuFolder folder;
    private final GuestSpec spec;
    private final Path disk;

    QemuStart(QemuMonitor monitor, GuestSpec spec, Path disk) {
        this.monitor = monitor;
        this.folder = monitor.folder();
        this.spec = spec;
        this.disk = disk;
    }

    void run(QemuArguments arguments, Abilities abilities, Hypervisor.Start start) {
        if (folder.process().isPresent()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the guest " + spec.name() + " is here already",
                    "its QEMU runs as process " + folder.process().orElseThrow().pid(),
                    "see: etherbay guest list");
        }
        QemuNeeds.require(spec, abilities);
        requirePaths();
        requireDisk();
        List<Integer> mtus = mtus();
        HostCommand.require("setsid", "util-linux");
        List<String> command = arguments.of(spec, disk, start, mtus);
        boolean started = false;
        try {
            folder.begin(command, disk);
            awaitAnswer(spawn(command));
            if (start == Hypervisor.Start.INCOMING) {
                // See QemuCondition; and the disk is not touched before the guest runs here.
                monitor.capabilities(Map.of("late-block-activate", true));
            }
            plugIn(mtus);
            if (start == Hypervisor.Start.RUNNING) {
                monitor.execute("cont");
            }
            folder.begun();
            started = true;
        } finally {
            if (!started) {
                folder.killProcess();
                folder.delete();
            }
        }
    }

    private void requirePaths() {
        int longest = folder.console().toString().getBytes(StandardCharsets.UTF_8).length;
        require(
                longest <= QemuFolder.SOCKET_PATH_BYTES_MAX,
                "the path of its sockets, " + folder.console() + ", has " + longest + " bytes",
                "a Unix socket's has at most " + QemuFolder.SOCKET_PATH_BYTES_MAX
                        + ": keep guests in a folder with a shorter path");
        int diskBytes = disk.toString().getBytes(StandardCharsets.UTF_8).length;
        require(
                diskBytes <= QemuFolder.SOCKET_PATH_BYTES_MAX,
                "the path of its disk's socket, " + disk + ", has " + diskBytes + " bytes",
                "a Unix socket's has at most " + QemuFolder.SOCKET_PATH_BYTES_MAX);
    }

    private void requireDisk() {
        require(
                Files.exists(disk),
                "its disk is not served: there is no socket " + disk,
                "start the mirror, and see that it is served over NBD there");
    }

    private void require(boolean holds, String why, String correction) {
        if (!holds) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the guest " + spec.name() + " cannot run here",
                    why,
                    correction);
        }
    }

    private List<Integer> mtus() {
        List<Integer> mtus = new ArrayList<>();
        for (GuestNic nic : spec.nics()) {
            if (nic.plug().startsWith("bridge:")) {
                mtus.add(BridgeTap.mtu(nic.plug().substring("bridge:".length())));
            } else if (nic.plug().startsWith("unix:")) {
                mtus.add(MTU_BYTES_SEGMENT);
            } else {
                mtus.add(MTU_BYTES);
            }
        }
        return mtus;
    }

    private Process spawn(List<String> command) {
        try {
            // Its own session, and nothing of ours held open: it goes on when we end.
            return new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.log().toFile())
                    .start();
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "QEMU does not start",
                    failure.toString(),
                    "see that this works: " + command.get(1) + " --version");
        }
    }

    private void awaitAnswer(Process process) {
        boolean answered = Waiting.until(TIMEOUT, () -> !process.isAlive() || answers());
        if (answered && process.isAlive()) {
            return;
        }
        if (!process.isAlive()) {
            throw failed();
        }
        process.destroyForcibly();
        throw new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the guest " + spec.name() + " was not started",
                "QEMU did not answer within " + TIMEOUT.toSeconds()
                        + " s; it waits for its disk, perhaps",
                "see that the disk answers at " + disk);
    }

    /** Its socket is there before anybody listens at it, and that before it has its disk. */
    private boolean answers() {
        if (!Files.exists(folder.qmp())) {
            return false;
        }
        try {
            monitor.talk(ANSWER_TIMEOUT, qmp -> qmp.execute("query-status"));
            return true;
        } catch (EtherbayException failure) {
            if (failure.code() == ErrorCode.UNAVAILABLE || failure.code() == ErrorCode.NOT_FOUND) {
                return false;
            }
            throw failure;
        }
    }

    private EtherbayException failed() {
        String said = folder.lastWords();
        boolean tap = said.contains("/dev/net/tun");
        return new EtherbayException(
                tap ? ErrorCode.DENIED : ErrorCode.ENVIRONMENT,
                "QEMU does not start the guest " + spec.name(),
                said,
                tap
                        ? "a card on a bridge needs a tap interface: run the node as root, or with"
                                + " CAP_NET_ADMIN and the right to open /dev/net/tun"
                        : "mend what QEMU complains of");
    }

    private void plugIn(List<Integer> mtus) {
        for (int index = 0; index < spec.nics().size(); index++) {
            String plug = spec.nics().get(index).plug();
            if (plug.startsWith("bridge:")) {
                BridgeTap.plugIn(
                        BridgeTap.name(folder.path(), index),
                        plug.substring("bridge:".length()),
                        mtus.get(index));
            }
        }
    }
}
