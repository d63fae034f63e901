// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.Documents;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.GuestCache;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * All that the demo starts: a folder, a network, four nodes, a guest; and its end, which leaves
 * nothing behind. Nodes 1 and 2 have disks, 3 and 4 run guests. One thread.
 */
final class DemoLab implements AutoCloseable {
    static final String GUEST = "visitor";
    static final int NODE_COUNT = 4;
    private static final Duration RECORDS_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int DELETE_COUNT_MAX = 20;
    private static final Duration DELETE_INTERVAL = Duration.ofMillis(50);
    private static final Path PROC = Path.of("/proc");

    private final Path folder;
    private final DemoVerbs verbs = new DemoVerbs();
    private final List<DemoNode> nodes = new ArrayList<>();
    private @Nullable DemoNetwork network;
    private @Nullable DemoConsole console;
    private boolean booted;

    private DemoLab(Path folder) {
        this.folder = folder;
    }

    /** A lab with nothing but its folder, which only this user can enter. */
    static DemoLab create() {
        try {
            return new DemoLab(Files.createTempDirectory("etherbay-demo-"));
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the demo has no room for its files",
                    e.toString(),
                    "see that " + System.getProperty("java.io.tmpdir") + " is there and writable");
        }
    }

    Path folder() {
        return folder;
    }

    /** Makes a file that has no blocks yet. */
    static void makeSparse(Path file, long bytes) {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    DemoVerbs verbs() {
        return verbs;
    }

    /**
     * Makes the network: namespaces for root, where the machine lets root make them; else a segment
     * of ours, on which all is the same but for packet sockets.
     */
    DemoNetwork makeNetwork() {
        String why = "for a user without rights";
        if (System.getProperty("user.name").equals("root")) {
            try {
                network = DemoNamespaces.make(NODE_COUNT);
                return network;
            } catch (EtherbayException refused) {
                if (Thread.currentThread().isInterrupted()) {
                    throw refused;
                }
                why = "no namespaces here: " + refused.why();
            }
        }
        network = DemoSegment.start(folder, NODE_COUNT, why);
        return network;
    }

    DemoNetwork network() {
        DemoNetwork made = network;
        if (made == null) {
            throw new IllegalStateException("the network is made first");
        }
        return made;
    }

    /** Makes all nodes, side by side, for the sake of their keys; none is started. */
    List<DemoNode> makeNodes() {
        DemoNetwork between = network();
        nodes.addAll(IntStream.rangeClosed(1, NODE_COUNT)
                .parallel()
                .mapToObj(number -> new DemoNode(number, folder, between, verbs))
                .toList());
        return List.copyOf(nodes);
    }

    /** Numbers begin with 1. */
    DemoNode node(int number) {
        return nodes.get(number - 1);
    }

    /** The console of the guest, from the first call on. */
    DemoConsole console() {
        DemoConsole known = console;
        if (known == null) {
            known = new DemoConsole(List.of(consoleLog(node(3)), consoleLog(node(4))));
            console = known;
        }
        return known;
    }

    static Path consoleLog(DemoNode host) {
        return host.folder().resolve("guests").resolve(GUEST).resolve("console.log");
    }

    /** Says that a guest runs: a demo that fails from now on can be looked at. */
    void booted() {
        booted = true;
    }

    boolean isBooted() {
        return booted;
    }

    /** How the mirror of the guest stands on the host that has it: of {@code mirror detail}. */
    Map<?, ?> mirror(DemoNode host) {
        String text = host.run("mirror", "detail", GUEST, "--json");
        if (Documents.read(text, "how the mirror stands") instanceof Map<?, ?> fields) {
            return fields;
        }
        throw DemoRun.wrong("the mirror's document is none", text);
    }

    /** A number of {@link #mirror}. */
    static long number(Map<?, ?> document, String name) {
        if (document.get(name) instanceof Number number) {
            return number.longValue();
        }
        throw DemoRun.wrong("there is no number `" + name + "`", "there are " + document.keySet());
    }

    /** Waits until so many more records are written. */
    void awaitRecords(int count) {
        awaitRecords(count, RECORDS_TIMEOUT);
    }

    void awaitRecords(int count, Duration timeout) {
        int wanted = console().written().size() + count;
        until("the guest's writer goes on", timeout, () -> {
            DemoRun.requireNoErrors(console());
            return console().written().size() >= wanted;
        });
    }

    /** Waits until it holds; {@code what} is said where it does not in time. */
    static void until(String what, Duration timeout, BooleanSupplier holds) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "this did not come about: " + what,
                        "it was waited for " + timeout.toSeconds() + " s",
                        "the logs stand above; on a busy machine try again when it is idle");
            }
            pause(POLL);
        }
    }

    /** A host with all that runs on it, as a pulled plug does it. */
    void pullPlug(DemoNode host) {
        host.kill();
        killGuests(host.folder());
    }

    /** The QEMUs whose files lie in that folder: they outlive their node. */
    private static void killGuests(Path below) {
        try (Stream<Path> processes = Files.list(PROC)) {
            processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .filter(process -> isGuest(process, below))
                    .map(process -> Long.parseLong(process.getFileName().toString()))
                    .flatMap(pid -> ProcessHandle.of(pid).stream())
                    .forEach(DemoLab::killAndWait);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isGuest(Path process, Path below) {
        try {
            String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            return line.contains("qemu-system") && line.contains("-pidfile\0" + below + "/");
        } catch (IOException ended) {
            return false;
        }
    }

    private static void killAndWait(ProcessHandle process) {
        process.destroyForcibly();
        for (int i = 0; process.isAlive() && i < DELETE_COUNT_MAX; i++) {
            pause(DELETE_INTERVAL);
        }
    }

    /** The last that each process said, for a person who asks why. */
    String lastWords() {
        List<String> words = new ArrayList<>();
        if (network instanceof DemoSegment segment) {
            words.add(segment.process().lastWords());
        }
        nodes.stream()
                .flatMap(node -> node.daemon().stream())
                .forEach(daemon -> words.add(daemon.lastWords()));
        Optional.ofNullable(console).ifPresent(of -> {
            words.add("-- the guest; the end of its console:");
            words.addAll(of.last());
        });
        words.add("");
        return String.join(System.lineSeparator(), words);
    }

    /** Ends nodes, guest and network, and deletes the folder. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted(); // the end waits, interrupted or not
        try {
            Optional.ofNullable(console).ifPresent(DemoConsole::close);
            nodes.stream().flatMap(node -> node.daemon().stream()).forEach(DemoChild::kill);
            killGuests(folder);
            Optional.ofNullable(network).ifPresent(DemoNetwork::close);
            deleteFolder();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Tries again when somebody else adds a file meanwhile, as one in a shell may. */
    private void deleteFolder() throws IOException {
        for (int i = 1; Files.exists(folder); i++) {
            try {
                GuestCache.deleteTree(folder);
            } catch (DirectoryNotEmptyException e) {
                if (i == DELETE_COUNT_MAX) {
                    throw e;
                }
                pause(DELETE_INTERVAL);
            }
        }
    }

    /** Waits; an interrupt is the end of the demo. */
    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the demo was stopped",
                    "a signal or an interrupt",
                    "run it again");
        }
    }
}
