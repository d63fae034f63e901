// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A node that is what a test says, and remembers what was asked of it. */
public final class FakeNode implements NodeAdmin, Clock {
    public static final String SETTINGS = "[[export]]\nname = \"e0.0\"\n";

    public final List<String> asked = new CopyOnWriteArrayList<>();
    public final AtomicLong nowMs = new AtomicLong(Reports.NOW_MS);
    public volatile Reports.Parts parts = Reports.healthy();
    public volatile String settings = SETTINGS;
    public volatile long generation = 1;

    /** Whether it cannot say how it is. */
    public volatile boolean isMute;

    @Override
    public long nanoTime() {
        return 1_000_000L * nowMs.get();
    }

    @Override
    public long wallMillis() {
        return nowMs.get();
    }

    @Override
    public NodeReport report() {
        if (isMute) {
            throw new IllegalStateException("a secret of the inside");
        }
        return parts.at(nowMs.get(), generation);
    }

    @Override
    public List<String> plan(String text, String name) {
        check(text);
        return text.equals(settings) ? List.of() : List.of("~ settings");
    }

    @Override
    public synchronized Applied apply(String text, String name, long ifGeneration) {
        check(text);
        if (ifGeneration >= 0 && ifGeneration != generation) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT, "another change came between", "it has", "look again");
        }
        asked.add("apply " + text);
        settings = text;
        generation++;
        return new Applied(List.of("~ settings"), generation);
    }

    private static void check(String text) {
        if (text.contains("wrong")) {
            throw new EtherbayException(
                    ErrorCode.INVALID, "line 1 is wrong", "it says so", "write it right");
        }
        if (text.contains("bug")) {
            throw new IllegalStateException("a secret of the inside");
        }
    }

    @Override
    public Settings exportSettings() {
        return new Settings(settings, generation);
    }

    @Override
    public void trace(String export, boolean on) {
        asked.add("trace " + export + " " + on);
    }

    @Override
    public void pcap(String export, double seconds, OutputStream out) throws IOException {
        if (seconds == 0) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE, "nothing was kept", "it is off", "switch it on");
        }
        out.write("pcap".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public String mirror(String name, String verb, Map<String, String> options) {
        asked.add("mirror %s %s %s".formatted(name, verb, options));
        return verb + " has begun";
    }

    @Override
    public String guest(String name, String verb, Map<String, String> options) {
        asked.add(verb + " guest " + name + " " + options);
        return verb + " " + name;
    }

    @Override
    public Record peerGuest(String node, String name, String verb, String body) {
        return new NodeReport.Trouble("", "", "", node + " " + verb + " " + name);
    }

    @Override
    public NodeReport.Peer look(String peer) {
        asked.add("look " + peer);
        return parts.peers().stream()
                .filter(it -> it.name().equals(peer))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND, "no such node", "no table", "add one"));
    }
}
