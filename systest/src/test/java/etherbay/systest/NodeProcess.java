// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.node.StatusSocket;

import io.avaje.jsonb.Jsonb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An {@code etherbay node run} on a {@link NetLab}, with its settings file and its state in a
 * folder. One thread at a time.
 */
final class NodeProcess implements AutoCloseable {
    private static final String LAUNCHER =
            AoeServer.Repository.root().resolve("etherbay").toString();
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2); // the launcher may build
    private static final Duration RELOAD_TIMEOUT = Duration.ofMinutes(2);
    private static final String REFUSED = "reload: refused, nothing has changed";

    /** What each reload ends with. */
    private static final Pattern END = Pattern.compile("reload: (done|refused)[^\\n]*\\n");

    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    /** The first line of a mapping in proc_pid_smaps(5), and how much of it is there. */
    private static final Pattern MAPPING = Pattern.compile("^[0-9a-f]+-[0-9a-f]+ ");

    private static final Pattern MAPPED = Pattern.compile("^Rss:\\s+(\\d+) kB");
    private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");

    /**
     * What the JVM has for itself: compiled code, the compilers at work (up to 40 MiB), classes.
     */
    private static final List<String> OF_THE_JVM =
            List.of("Code", "Compiler", "Arena Chunk", "Metaspace", "Class", "Symbol");

    private static final int LOOK_COUNT = 3;

    private final Daemon daemon;
    private final Path file;
    private final Path state;

    /**
     * What the process holds of this machine, right after it has collected its garbage and given
     * back what it had freed; the least of a few looks, since the JVM works meanwhile.
     *
     * @param ownRssKiB resident, without what the JVM has for compiling and for classes, and
     *     without what is mapped of the disks: that is the page cache, which is there anyway
     * @param nativeKiB asked for by Java code beside the heap: frames, slots, buffers
     */
    record Footprint(long ownRssKiB, long nativeKiB, int descriptorCount, int threadCount) {
        private Footprint least(Footprint other) {
            return new Footprint(
                    Math.min(ownRssKiB, other.ownRssKiB),
                    Math.min(nativeKiB, other.nativeKiB),
                    Math.min(descriptorCount, other.descriptorCount),
                    Math.min(threadCount, other.threadCount));
        }
    }

    /** The end of a reload: its last line, and all that was said. */
    record Reload(String end, String said) {
        boolean isDone() {
            return end.equals("reload: done");
        }

        boolean isRefused() {
            return end.equals(REFUSED);
        }
    }

    private NodeProcess(Daemon daemon, Path file, Path state) {
        this.daemon = daemon;
        this.file = file;
        this.state = state;
    }

    /**
     * Starts one on {@code node} and waits until it serves.
     *
     * @param folder gets the settings file, and the state
     * @param exports the settings, but for {@code state}
     */
    static NodeProcess start(NetLab.Node node, Path folder, String exports) {
        Path file = folder.resolve("etherbay.toml");
        Path state = folder.resolve("state");
        write(file, state, exports);
        Daemon daemon = Daemon.start(node.command(
                "env",
                "ETHERBAY_JAVA_OPTS=-XX:NativeMemoryTracking=summary",
                LAUNCHER,
                "node",
                "run",
                "-c",
                file.toString()));
        daemon.awaitLog("SIGHUP reads them again", START_TIMEOUT);
        return new NodeProcess(daemon, file, state);
    }

    private static void write(Path file, Path state, String exports) {
        try {
            Path next = file.resolveSibling("next.toml");
            Files.writeString(next, "state = \"" + state + "\"\n" + exports);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts other settings into its file, sends SIGHUP, and waits for what comes of it. */
    Reload reload(String exports) {
        write(file, state, exports);
        long fromBytes = daemon.logBytes();
        Tool.check(List.of("kill", "-HUP", Long.toString(daemon.pid())));
        Tool.await("the end of a reload", RELOAD_TIMEOUT, () -> {
            if (!daemon.isAlive()) {
                throw new AssertionError("the node has ended:\n" + daemon.log());
            }
            return END.matcher(daemon.logFrom(fromBytes)).find();
        });
        String said = daemon.logFrom(fromBytes);
        Matcher end = END.matcher(said);
        if (!end.find()) {
            throw new AssertionError("a log does not lose lines");
        }
        return new Reload(end.group().strip(), said);
    }

    Path file() {
        return file;
    }

    Path state() {
        return state;
    }

    /** The status document, from its socket. */
    Map<String, Object> status() {
        return only(documents("[" + String.join(",", StatusSocket.readAll(state)) + "]"));
    }

    /** The status document, as the command gives it to a person's script. */
    Map<String, Object> statByCommand() {
        return only(documents(Tool.check(
                List.of(LAUNCHER, "stat", "--local", "--json", "--state", state.toString()))));
    }

    private static Map<String, Object> only(List<Map<String, Object>> documents) {
        if (documents.size() != 1) {
            throw new AssertionError("one process, but " + documents.size() + " documents");
        }
        return documents.getFirst();
    }

    @SuppressWarnings("unchecked") // a document is a list of objects
    private static List<Map<String, Object>> documents(String json) {
        Object read = Jsonb.builder().build().type(Object.class).fromJson(json);
        return (List<Map<String, Object>>) read;
    }

    Footprint footprint() {
        Footprint footprint = look();
        for (int look = 1; look < LOOK_COUNT; look++) {
            footprint = footprint.least(look());
        }
        return footprint;
    }

    private Footprint look() {
        jcmd("GC.run");
        jcmd("System.trim_native_heap");
        String memory = jcmd("VM.native_memory");
        long ofTheJvmKiB = OF_THE_JVM.stream()
                .mapToLong(category -> committedKiB(memory, category))
                .sum();
        Path process = Path.of("/proc", Long.toString(daemon.pid()));
        String status = Tool.textOf(process.resolve("status"));
        try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
            return new Footprint(
                    number(RSS, status) - disksKiB(process) - ofTheJvmKiB,
                    committedKiB(memory, "Other"),
                    (int) descriptors.count(),
                    (int) number(THREADS, status));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Resident of the files beside the settings: the more they are read, the more it is. */
    private long disksKiB(Path process) {
        long kib = 0;
        boolean isDisk = false;
        for (String line : Tool.textOf(process.resolve("smaps")).lines().toList()) {
            if (MAPPING.matcher(line).find()) {
                isDisk = line.contains(" " + file.toAbsolutePath().getParent() + "/");
            } else if (isDisk && line.startsWith("Rss:")) {
                kib += number(MAPPED, line);
            }
        }
        return kib;
    }

    private static long committedKiB(String memory, String category) {
        Pattern line =
                Pattern.compile("-\\s+" + category + " \\(reserved=\\d+KB, committed=(\\d+)KB");
        return number(line, memory);
    }

    private String jcmd(String command) {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        return Tool.check(List.of(jcmd.toString(), Long.toString(daemon.pid()), command));
    }

    private static long number(Pattern pattern, String text) {
        return Optional.of(pattern.matcher(text))
                .filter(Matcher::find)
                .map(found -> Long.parseLong(found.group(1)))
                .orElseThrow(() -> new AssertionError(pattern + " is not in:\n" + text));
    }

    String log() {
        return daemon.log();
    }

    /** SIGTERM. @return its exit code */
    int terminate() {
        return daemon.terminate();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
