// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The article's lab as processes of one machine, on a segment without privileges: two targets, two
 * nodes that know each other, and a guest on a mirror of both whose writer numbers its records,
 * reads each back, and says it on the console. One thread.
 */
final class GuestLab implements AutoCloseable {
    static final String GUEST = "wanderer";
    static final List<String> NODES = List.of("a", "b");
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3); // the launcher may build
    private static final String LAUNCHER =
            AoeServer.Repository.root().resolve("etherbay").toString();
    private static final long DISK_BYTES = 64L << 20;
    private static final Pattern RECORD = Pattern.compile("(?m)^W (\\d+) of");

    /** Each record is written durably and read back, with the one before, past all caches. */
    private static final String WRITER = """
            (n=0
            one() { dd if=/dev/vda bs=4096 count=1 skip=$(($1 %% 4096)) iflag=direct 2>/dev/null |
                head -n 1; }
            while :; do
                n=$((n + 1))
                printf 'record %%d\\n%%4080s' $n '' | head -c 4096 >/tmp/record
                if dd if=/tmp/record of=/dev/vda bs=4096 count=1 seek=$((n %% 4096)) \\
                        iflag=fullblock oflag=direct conv=fsync,notrunc 2>/tmp/error &&
                        [ "$(one $n)" = "record $n" ] &&
                        { [ $n = 1 ] || [ "$(one $((n - 1)))" = "record $((n - 1))" ]; }; then
                    echo "W $n of the writer"
                else
                    echo "FAILED $n: $(cat /tmp/error)"
                fi
            done >/dev/console 2>&1) &
            """.formatted();

    private final Path folder;
    private final Path segment;
    private final Daemon bridge;
    private final Map<Integer, Daemon> targets = new LinkedHashMap<>();
    private final Map<String, Daemon> nodes = new LinkedHashMap<>();
    private final Map<String, Integer> ports = new LinkedHashMap<>();

    GuestLab() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        try {
            folder = Files.createTempDirectory("eb-");
            segment = folder.resolve("s");
            bridge = SegmentLab.segment(segment);
            for (int target = 0; target < 2; target++) {
                try (RandomAccessFile file = new RandomAccessFile(leg(target).toFile(), "rw")) {
                    file.setLength(DISK_BYTES);
                }
                startTarget(target);
            }
            for (String node : NODES) {
                Files.createDirectories(state(node));
                Files.writeString(state(node).resolve("node-id"), node + folder);
                ports.put(node, freePort());
                run(
                        "node",
                        "certificate",
                        node,
                        "--host",
                        "127.0.0.1",
                        "--dir",
                        state(node).toString());
            }
            for (String node : NODES) {
                Files.writeString(settingsOf(node), settings(node));
                startNode(node);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    Path leg(int target) {
        return folder.resolve("disk" + target);
    }

    Path state(String node) {
        return folder.resolve(node);
    }

    private Path settingsOf(String node) {
        return folder.resolve(node + ".toml");
    }

    /** All that its daemon is told. */
    String settings(String node) {
        StringBuilder text = new StringBuilder("""
                state = "%1$s"
                name = "%2$s"
                [api]
                listen = "127.0.0.1:%3$d"
                certificate = "%1$s/%2$s.pem"
                key = "%1$s/%2$s.key"
                """.formatted(state(node), node, ports.get(node)));
        for (String other : NODES) {
            text.append("""
                    [nodes.%1$s]
                    address = "https://127.0.0.1:%2$d"
                    certificate = "%3$s/%1$s.pem"
                    """.formatted(other, ports.get(other), state(other)));
        }
        return text.toString();
    }

    static String other(String node) {
        return node.equals("a") ? "b" : "a";
    }

    // Targets and nodes.

    void startTarget(int target) {
        targets.put(
                target,
                Daemon.start(List.of(
                                LAUNCHER,
                                "export",
                                "-s",
                                "--state",
                                folder.resolve("t" + target).toString(),
                                "" + target,
                                "0",
                                "unix:" + segment,
                                leg(target).toString()))
                        .awaitLog("e" + target + ".0: serving", START_TIMEOUT));
    }

    /** SIGKILL. */
    void killTarget(int target) {
        targets.remove(target).close();
    }

    void startNode(String node) {
        nodes.put(
                node,
                Daemon.start(List.of(
                                LAUNCHER, "node", "run", "-c", settingsOf(node).toString()))
                        .awaitLog("SIGHUP reads them again", START_TIMEOUT));
    }

    /** The daemon as the service of a manager that keeps its sockets, from now on. */
    ServiceProcess asService(String node) {
        terminateNode(node);
        return ServiceProcess.start(folder, true, settings(node));
    }

    /** Where the disk of the guest is served on a node. */
    Path diskSocket(String node) {
        return state(node).resolve("run").resolve("g-" + GUEST + ".sock");
    }

    /** The daemon alone; its guests go on. */
    void killNode(String node) {
        nodes.remove(node).close();
    }

    void terminateNode(String node) {
        nodes.remove(node).terminate();
    }

    /** The node with all that runs on it. */
    void pullPlug(String node) {
        killNode(node);
        killGuest(node);
    }

    /** Its hypervisor alone. */
    void killGuest(String node) {
        Path pid = state(node).resolve("guests").resolve(GUEST).resolve("pid");
        if (Files.exists(pid)) {
            Tool.run(List.of("kill", "-KILL", Tool.textOf(pid).strip()));
        }
    }

    String log(String node) {
        return nodes.containsKey(node) ? nodes.get(node).log() : "";
    }

    // What a person types.

    Tool.Outcome attempt(String node, String... words) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER, "guest"));
        command.addAll(List.of(words));
        command.addAll(List.of("--state", state(node).toString()));
        return Tool.run(command, TIMEOUT);
    }

    String guest(String node, String... words) {
        Tool.Outcome outcome = attempt(node, words);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(String.join(" ", words) + " on " + node + ": " + outcome.text()
                    + "\n" + log("a") + log("b"));
        }
        return outcome.text();
    }

    private static String run(String... words) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER));
        command.addAll(List.of(words));
        Tool.Outcome outcome = Tool.run(command, START_TIMEOUT);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(outcome.text());
        }
        return outcome.text();
    }

    String mirror(String node) {
        return run("mirror", "detail", GUEST, "--state", state(node).toString());
    }

    /** Makes the guest on a node, and waits until it writes. */
    void boot(String node) {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("virtio_blk"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_blk")
                .setup(WRITER)
                .build(cache);
        guest(
                node,
                "create",
                GUEST,
                "--legs",
                "e0.0,e1.0",
                "--if",
                "unix:" + segment,
                "--memory",
                "192M",
                "--kernel",
                kernel.image().toString(),
                "--initrd",
                initramfs.toString(),
                "--append",
                "console=ttyS0 panic=-1 quiet no_timer_check tsc=reliable random.trust_cpu=on"
                        + " net.ifnames=0",
                "--assume-clean");
        guest(node, "start", GUEST);
        awaitRecords(node, 3);
    }

    String console(String node) {
        Path log = state(node).resolve("guests").resolve(GUEST).resolve("console.log");
        return Files.exists(log) ? Tool.textOf(log).replace("\r", "") : "";
    }

    long lastRecord(String node) {
        Matcher matcher = RECORD.matcher(console(node));
        long last = 0;
        while (matcher.find()) {
            last = Long.parseLong(matcher.group(1));
        }
        return last;
    }

    /** Waits for that many more records. */
    void awaitRecords(String node, int count) {
        long from = lastRecord(node);
        try {
            Tool.await(
                    count + " records after " + from,
                    TIMEOUT,
                    () -> lastRecord(node) >= from + count);
        } catch (AssertionError late) {
            throw new AssertionError(
                    "on " + node + ": " + log("a") + "\n----\n" + log("b") + "\n----\n"
                            + console(node),
                    late);
        }
    }

    /** Where {@code guest list} of a node says that it is, and how. */
    String state(String node, String guest) {
        return guest(node, "list")
                .lines()
                .filter(line -> line.startsWith(guest + " "))
                .findFirst()
                .orElse("");
    }

    @Override
    public void close() {
        for (String node : NODES) {
            killGuest(node);
        }
        nodes.values().forEach(Daemon::close);
        targets.values().forEach(Daemon::close);
        bridge.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
