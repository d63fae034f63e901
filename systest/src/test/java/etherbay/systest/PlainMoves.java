// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.machine.GuestBoot;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor.Start;
import etherbay.guest.machine.QemuHypervisor;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a move is measured against: the same guest under two plain QEMUs, whose disk is a file that
 * one qemu-nbd serves to both, moved as QEMU does it by itself. We begin and end the processes;
 * from {@code migrate} on nobody but QEMU does anything. One thread.
 */
final class PlainMoves implements AutoCloseable {
    private static final String GUEST = "plain";
    private static final List<String> NODES = List.of("a", "b");
    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final long DISK_BYTES = 64L << 20;

    private final Path folder;
    private final Path socket;
    private final Daemon server;
    private final List<QemuHypervisor> nodes;
    private final RecordGuest system = RecordGuest.obtain();
    private int at;

    PlainMoves() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        String nbd = Tool.require("qemu-nbd", "qemu-utils").toString();
        try {
            folder = Files.createTempDirectory("eb-");
            Path image = folder.resolve("disk");
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(DISK_BYTES);
            }
            socket = folder.resolve("nbd");
            server = Daemon.start(List.of(
                    nbd,
                    "--persistent",
                    "--shared=4",
                    "--cache=writeback",
                    "--format=raw",
                    "--socket=" + socket,
                    image.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Tool.await("qemu-nbd listens: " + server.log(), TIMEOUT, () -> Files.exists(socket));
        nodes = NODES.stream()
                .map(name -> new QemuHypervisor(folder.resolve(name)))
                .toList();
    }

    List<Path> consoles() {
        return NODES.stream().map(node -> file(node, "console.log")).toList();
    }

    private Path file(String node, String name) {
        return folder.resolve(node).resolve(GUEST).resolve(name);
    }

    void boot() {
        nodes.get(at).start(spec(), socket, Start.RUNNING);
    }

    private GuestSpec spec() {
        return new GuestSpec(
                GUEST,
                "6ba7b810-9dad-41d1-80b4-00c04fd430c9",
                nodes.getFirst().abilities().machine(),
                "max",
                1,
                RecordGuest.MEMORY_MIB,
                new GuestDisk("m0", List.of(), List.of()),
                List.of(),
                new GuestBoot(
                        system.kernel().toString(),
                        system.initramfs().toString(),
                        RecordGuest.APPEND,
                        ""),
                false);
    }

    private QmpLink qmp(int node) {
        return QmpLink.open(file(NODES.get(node), "qmp"));
    }

    /** To the other one. */
    void move() {
        int to = 1 - at;
        nodes.get(to).start(spec(), socket, Start.INCOMING);
        String where = nodes.get(to).listen(GUEST, "127.0.0.1");
        try (QmpLink there = qmp(to)) {
            there.execute("migrate-set-capabilities", capability("late-block-activate", false));
            there.execute("cont", "{}"); // while it waits: it is to run as soon as all is there
        }
        try (QmpLink here = qmp(at)) {
            here.execute("migrate-set-capabilities", capability("late-block-activate", false));
            here.execute("migrate-set-capabilities", capability("auto-converge", true));
            here.execute(
                    "migrate-set-parameters",
                    "{\"downtime-limit\":300,\"max-bandwidth\":" + (1L << 40) + "}");
            here.execute("migrate", "{\"uri\":\"" + where + "\"}");
            Tool.await("it is sent", TIMEOUT, () -> {
                String now = here.execute("query-migrate", "{}");
                if (now.contains("\"failed\"")) {
                    throw new AssertionError(now);
                }
                return now.contains("\"completed\"");
            });
        }
        at = to;
    }

    /** Has it stand still, and removes what is left of the last move. */
    void pause() {
        nodes.get(1 - at).kill(GUEST);
        try (QmpLink here = qmp(at)) {
            here.execute("stop", "{}");
        }
    }

    void resume() {
        try (QmpLink here = qmp(at)) {
            here.execute("cont", "{}");
        }
    }

    private static String capability(String name, boolean on) {
        return "{\"capabilities\":[{\"capability\":\"" + name + "\",\"state\":" + on + "}]}";
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.kill(GUEST));
        server.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
