// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport;

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
import java.util.Optional;
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

    private final Path folder;
    private final Path segment;
    private final Optional<HoldingSwitch> holding;
    private final Runnable endSegment;
    private final Map<Integer, Daemon> targets = new LinkedHashMap<>();
    private final Map<String, Daemon> nodes = new LinkedHashMap<>();
    private final Map<String, Integer> ports = new LinkedHashMap<>();
    private final Map<String, ApiRelay> relays = new LinkedHashMap<>();
    private final Wiring wiring;

    /**
     * What stands between the machines, and on them, for a test to meddle with.
     *
     * @param relays one in front of each node's API
     * @param tools each node has a {@link ToolFolder}
     * @param held a {@link HoldingSwitch} as the segment, and targets that log their writes
     */
    record Wiring(boolean relays, boolean tools, boolean held) {}

    GuestLab() {
        this(new Wiring(false, false, false));
    }

    GuestLab(Wiring wiring) {
        this.wiring = wiring;
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        try {
            folder = Files.createTempDirectory("eb-");
            segment = folder.resolve("s");
            holding = wiring.held() ? Optional.of(new HoldingSwitch(segment)) : Optional.empty();
            endSegment = holding.<Runnable>map(it -> it::close)
                    .orElseGet(() -> SegmentLab.segment(segment)::close);
            newTarget(0);
            newTarget(1);
            for (String node : NODES) {
                Files.createDirectories(state(node));
                if (wiring.tools()) {
                    tools(node).fill();
                }
                Files.writeString(state(node).resolve("node-id"), node + folder);
                ports.put(node, freePort());
                if (wiring.relays()) {
                    relays.put(node, new ApiRelay(ports.get(node)));
                }
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
                    """.formatted(other, reachedAt(other), state(other)));
        }
        return text.toString();
    }

    private int reachedAt(String node) {
        return wiring.relays() ? relays.get(node).port() : ports.get(node);
    }

    /** What is between this node's API and the other node. */
    ApiRelay relay(String node) {
        return relays.get(node);
    }

    HoldingSwitch holdingSwitch() {
        return holding.orElseThrow();
    }

    static String other(String node) {
        return node.equals("a") ? "b" : "a";
    }

    /** By which the legs are reached. */
    String network() {
        return "unix:" + segment;
    }

    // Targets and nodes.

    /** With an empty disk. */
    void newTarget(int target) {
        try (RandomAccessFile file = new RandomAccessFile(leg(target).toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        startTarget(target);
    }

    void startTarget(int target) {
        List<String> words = new ArrayList<>(
                List.of(LAUNCHER, "export", "-s", "--state", folder.resolve("t" + target) + ""));
        if (wiring.held()) {
            words.addAll(List.of("--write-log", writeLog(target).toString()));
        }
        words.addAll(List.of("" + target, "0", network(), leg(target).toString()));
        targets.put(
                target, Daemon.start(words).awaitLog("e" + target + ".0: serving", START_TIMEOUT));
    }

    /** Of the writes that a target has executed. */
    Path writeLog(int target) {
        return folder.resolve("writes" + target);
    }

    void signalTarget(int target, String signal) {
        signal(targets.get(target).pid(), signal);
    }

    private static void signal(long pid, String signal) {
        Tool.check(List.of("kill", "-" + signal, "" + pid));
    }

    /** SIGKILL. */
    void killTarget(int target) {
        targets.remove(target).close();
    }

    void startNode(String node) {
        List<String> words = new ArrayList<>();
        if (wiring.tools()) {
            words.addAll(List.of("env", "PATH=" + tools(node).path()));
        }
        words.addAll(List.of(LAUNCHER, "node", "run", "-c", settingsOf(node).toString()));
        nodes.put(node, Daemon.start(words).awaitLog("SIGHUP reads them again", START_TIMEOUT));
    }

    /** The programs that a node has. */
    ToolFolder tools(String node) {
        return new ToolFolder(folder.resolve("tools-" + node));
    }

    void signalNode(String node, String signal) {
        signal(nodes.get(node).pid(), signal);
    }

    boolean nodeLives(String node) {
        return nodes.containsKey(node);
    }

    /** What a node has written of the guest. */
    String record(String node) {
        return Tool.textOf(state(node).resolve("guests").resolve(GUEST + ".json"));
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
        nodes.remove(node).crash();
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
        hypervisor(node).ifPresent(ProcessHandle::destroyForcibly);
    }

    void signalGuest(String node, String signal) {
        signal(hypervisor(node).orElseThrow().pid(), signal);
    }

    /** The process of the guest on a node, while one lives. */
    Optional<ProcessHandle> hypervisor(String node) {
        Path pid = guestFile(node, "pid");
        try {
            return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                    .filter(ProcessHandle::isAlive);
        } catch (IOException | NumberFormatException none) {
            return Optional.empty();
        }
    }

    String log(String node) {
        return nodes.containsKey(node) ? nodes.get(node).log() : "";
    }

    // What a person types, or asks by a program.

    ApiClient client(String node) {
        return ApiClient.unix(state(node).resolve("run").resolve("api.sock"));
    }

    /** What a node says of the guest. */
    Optional<NodeReport.Guest> report(String node) {
        String all = client(node).get("/guests").text();
        return Documents.readList(all, "guests", NodeReport.Guest.class).stream()
                .filter(guest -> guest.name().equals(GUEST))
                .findFirst();
    }

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

    String mirror(String node, String... options) {
        List<String> words =
                new ArrayList<>(List.of("mirror", "detail", GUEST, "--state", "" + state(node)));
        words.addAll(List.of(options));
        return run(words.toArray(String[]::new));
    }

    /** What a person does with the mirror: {@code remove}, {@code add}. */
    void changeMirror(String node, String verb, int target, String... options) {
        List<String> words = new ArrayList<>(List.of(
                "mirror",
                verb,
                GUEST,
                "e" + target + ".0",
                "--state",
                "" + state(node),
                "--if",
                network()));
        words.addAll(List.of(options));
        run(words.toArray(String[]::new));
    }

    /** Makes the guest on a node, and waits until it writes. */
    void boot(String node) {
        RecordGuest system = RecordGuest.obtain();
        guest(
                node,
                "create",
                GUEST,
                "--legs",
                "e0.0,e1.0",
                "--if",
                network(),
                "--memory",
                RecordGuest.MEMORY_MIB + "M",
                "--kernel",
                system.kernel().toString(),
                "--initrd",
                system.initramfs().toString(),
                "--append",
                RecordGuest.APPEND,
                "--assume-clean");
        guest(node, "start", GUEST);
        awaitRecords(node, 3);
    }

    /** What it has said on each node. */
    List<Path> consoles() {
        return NODES.stream().map(node -> guestFile(node, "console.log")).toList();
    }

    private Path guestFile(String node, String name) {
        return state(node).resolve("guests").resolve(GUEST).resolve(name);
    }

    String console(String node) {
        Path log = guestFile(node, "console.log");
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
        nodes.values().forEach(Daemon::close);
        for (String node : NODES) {
            killGuest(node);
        }
        targets.values().forEach(Daemon::close);
        relays.values().forEach(ApiRelay::close);
        endSegment.run();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
