// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.admin.NodeReport.Access;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Latency;
import etherbay.admin.NodeReport.Leg;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Place;
import etherbay.admin.NodeReport.Progress;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Times;
import etherbay.admin.NodeReport.Traffic;
import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A node that is what a test says, and remembers what was asked of it. */
final class MadeUpNode implements NodeAdmin, Clock {
    static final long NOW_MS = 1_700_000_000_000L;
    static final String SETTINGS = "[[export]]\nname = \"e0.0\"\n";

    final List<String> asked = new ArrayList<>();
    volatile long nowMs = NOW_MS;
    volatile List<Export> exports = List.of(export("e0.0", traffic(100)));
    volatile List<Interface> interfaces =
            List.of(new Interface("eth0", "02:00:00:00:00:01", 9000, true, 0));
    volatile List<Rogue> rogues = List.of();
    volatile List<Disk> disks = List.of();
    volatile List<Mirror> mirrors = List.of();
    volatile List<NodeReport.Peer> peers = List.of();
    volatile String settings = SETTINGS;
    volatile long generation = 1;

    static Traffic traffic(long reads) {
        Latency latency = new Latency(10, 85, 1250, 3000, 4000);
        return new Traffic(reads, 4096 * reads, reads / 2, 2048 * reads, 1, 0, latency, latency);
    }

    static Export export(String name, Traffic traffic, Initiator... initiators) {
        return export(name, traffic, 7, initiators);
    }

    static Export export(String name, Traffic traffic, long retransmits, Initiator... initiators) {
        return new Export(
                name,
                "file",
                "disk.img",
                2048,
                true,
                false,
                false,
                false,
                3,
                retransmits,
                List.of(),
                List.of(new Place("eth0", 8704, true)),
                new Access(List.of(), null, "accept"),
                List.of(initiators),
                traffic,
                Times.NONE,
                Times.NONE,
                null);
    }

    static Initiator initiator(String mac, long reads, boolean neverFlushes) {
        return new Initiator(mac, "eth0", NOW_MS, NOW_MS, neverFlushes, 1, traffic(reads));
    }

    static Mirror mirror(@Nullable Progress progress, String secondStanding) {
        int inSync = secondStanding.equals("in sync") ? 2 : 1;
        return new Mirror(
                "vm1",
                "applied",
                "active",
                2048,
                2,
                inSync,
                4096,
                "7",
                "node1",
                true,
                List.of(
                        new Leg("e1.0", 0, "in sync", "", NOW_MS, "a"),
                        new Leg("e2.0", 1, secondStanding, "", NOW_MS - 60_000, "b")),
                progress,
                null,
                null);
    }

    @Override
    public long nanoTime() {
        return 1_000_000L * nowMs;
    }

    @Override
    public long wallMillis() {
        return nowMs;
    }

    @Override
    public NodeReport report() {
        return new NodeReport(
                "node1",
                "0.1.0",
                42,
                NOW_MS - 60_000,
                nowMs,
                "state",
                generation,
                exports,
                interfaces,
                rogues,
                disks,
                mirrors,
                List.of(),
                peers,
                List.of(),
                Map.of());
    }

    @Override
    public List<String> plan(String text, String name) {
        if (text.contains("wrong")) {
            throw new EtherbayException(
                    ErrorCode.INVALID, "line 1 is wrong", "it says so", "write it right");
        }
        return text.equals(settings) ? List.of() : List.of("~ e0.0: \u001b[31mred");
    }

    @Override
    public synchronized Applied apply(String text, String name, long ifGeneration) {
        if (ifGeneration >= 0 && ifGeneration != generation) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT, "another change came between", "it has", "look again");
        }
        asked.add("apply from " + ifGeneration);
        List<String> lines = plan(text, name);
        settings = text;
        generation++;
        return new Applied(lines, generation);
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
        out.write(("pcap of " + seconds).getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public String mirror(String name, String verb, Map<String, String> options) {
        asked.add("mirror " + name + " " + verb);
        return verb;
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
        return peers.getFirst();
    }
}
