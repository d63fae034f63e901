// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.admin.TaskKind;
import etherbay.admin.TaskRun;
import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A node that is made up, as the console's tests need it: it serves, holds and uses things of every
 * kind, has traffic, does what is asked of its mirror, and remembers what that was.
 */
final class ConsoleNode implements NodeAdmin, Clock {
    private static final byte[] PCAP_HEADER = ByteBuffer.allocate(24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(0xA1B2C3D4)
            .putShort((short) 2)
            .putShort((short) 4)
            .putLong(0)
            .putInt(65_535)
            .putInt(1)
            .array();

    final List<String> asked = new CopyOnWriteArrayList<>();

    /** Held while the node says nothing. */
    private final ReentrantLock voice = new ReentrantLock();

    private final ConsoleMirror mirror = new ConsoleMirror();
    private final Path stateFolder;
    private final long startedMs = System.currentTimeMillis() - 3 * 86_400_000L;
    private String settings = """
        [[export]]
        shelf = 0
        slot = 7
        path = "vg0/scratch"

        [[mirror]]
        name = "web"
        legs = ["e1.0", "e2.0"]
        """;
    private long generation = 12;
    private volatile boolean isTraced;
    private volatile boolean isHealthy;
    private volatile String guestState = "running";

    ConsoleNode(Path stateFolder) {
        this.stateFolder = stateFolder;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }

    /** What a test makes of it: {@code fail}, {@code return}, {@code mute}, {@code speak}. */
    void become(String what) {
        switch (what) {
            case "fail" -> mirror.fail("e2.0", "the disk answered with an error of its medium");
            case "return" -> mirror.fill("e2.0");
            case "whole" -> mirror.makeWhole();
            case "mute" -> voice.lock();
            case "speak" -> voice.unlock();
            case "healthy" -> isHealthy = true;
            case "change" -> change(settings + "# by another\n");
            default -> throw new IllegalArgumentException(what);
        }
    }

    @Override
    public NodeReport report() {
        voice.lock();
        try {
            return reported();
        } finally {
            voice.unlock();
        }
    }

    private synchronized NodeReport reported() {
        long nowMs = wallMillis();
        ConsoleThings things = new ConsoleThings(startedMs, nowMs, isTraced, isHealthy);
        return new NodeReport(
                "bay1",
                "0.1.0",
                4711,
                startedMs,
                nowMs,
                stateFolder.toString(),
                generation,
                things.exports(),
                things.interfaces(),
                things.rogues(),
                things.disks(),
                List.of(things.archive(), mirror.report(nowMs)),
                things.volumes(),
                things.peers(),
                things.guests(guestState),
                Map.of("frames_received", nowMs / 10 % 100_000_000, "frames_malformed", 3L));
    }

    @Override
    public synchronized List<String> plan(String text, String name) {
        return difference(settings, text, name);
    }

    private static List<String> difference(String before, String after, String name) {
        if (after.contains("shelff")) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    name + ":2: there is no key \"shelff\" here",
                    "known: path, shelf, slot",
                    "write shelf, or leave it out");
        }
        List<String> lines = new ArrayList<>();
        long had = exportCount(before);
        long has = exportCount(after);
        if (has > had) {
            lines.add("add export e0.9: vg0/new on eth1");
        } else if (has < had) {
            lines.add("remove export e0.7: initiators get errors");
        } else if (!before.equals(after)) {
            lines.add("change nothing but the text");
        }
        return lines;
    }

    private static long exportCount(String text) {
        return text.lines().filter("[[export]]"::equals).count();
    }

    @Override
    public synchronized Applied apply(String text, String name, long ifGeneration) {
        if (ifGeneration >= 0 && ifGeneration != generation) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the settings are those of generation " + generation,
                    "another change came between",
                    "look at what there is now, then apply again");
        }
        List<String> done = difference(settings, text, name);
        change(text);
        asked.add("apply");
        return new Applied(done, generation);
    }

    private synchronized void change(String text) {
        settings = text;
        generation++;
    }

    @Override
    public synchronized Settings exportSettings() {
        return new Settings(settings, generation);
    }

    @Override
    public void trace(String export, boolean on) {
        asked.add("trace " + export + " " + on);
        isTraced = on;
    }

    @Override
    public void pcap(String export, double seconds, OutputStream out) throws IOException {
        asked.add("pcap " + export + " " + seconds);
        out.write(PCAP_HEADER);
    }

    @Override
    public String mirror(String name, String verb, Map<String, String> options) {
        asked.add("mirror %s %s %s".formatted(name, verb, options));
        String leg = options.getOrDefault("leg", "");
        return switch (verb) {
            case "fail" -> {
                mirror.fail(leg, "failed by hand");
                yield leg + " of " + name + " is failed";
            }
            case "add" -> {
                mirror.fill(leg);
                yield leg + " of " + name + " is being filled";
            }
            case "remove" -> {
                mirror.remove(leg);
                yield leg + " is no longer a leg of " + name;
            }
            case "check", "repair" -> {
                mirror.begin(verb);
                yield "the " + verb + " of " + name + " has begun";
            }
            case "cancel" -> {
                mirror.begin("");
                yield "nothing is under way on " + name + " any more";
            }
            default ->
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        name + " cannot grow",
                        "its legs have no more than it uses",
                        "give the legs more room, then grow it again");
        };
    }

    @Override
    public String guest(String name, String verb, Map<String, String> options) {
        asked.add("guest %s %s %s".formatted(name, verb, options));
        guestState = verb.equals("pause") ? "paused" : "running";
        return "guest " + name + ": " + verb;
    }

    /** Moves of guests, done at once. */
    TaskKind moves() {
        return new TaskKind() {
            @Override
            public String name() {
                return "guest-migrate";
            }

            @Override
            public void run(TaskRun run) {
                asked.add("move " + new TreeMap<>(run.arguments()));
                run.log("right memory: 2048 MiB; there: 6120 MiB are free");
            }
        };
    }

    @Override
    public Record peerGuest(String node, String name, String verb, String body) {
        return new NodeReport.Trouble("", "", "", node + " " + verb + " " + name);
    }

    @Override
    public NodeReport.Peer look(String peer) {
        return reported().peers().stream()
                .filter(it -> it.name().equals(peer))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND, "there is no " + peer, "no table", "add one"));
    }
}
