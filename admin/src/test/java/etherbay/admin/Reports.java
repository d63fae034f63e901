// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Access;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Guest;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Latency;
import etherbay.admin.NodeReport.Leg;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Path;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Place;
import etherbay.admin.NodeReport.Progress;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Times;
import etherbay.admin.NodeReport.Traffic;
import etherbay.admin.NodeReport.Trouble;
import etherbay.admin.NodeReport.Volume;
import etherbay.base.LatencyBounds;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Reports for tests: a healthy one, and parts to change it by. */
public final class Reports {
    public static final long NOW_MS = 1_700_000_000_000L;
    public static final Trouble TROUBLE =
            new Trouble("NOT_FOUND", "the disk is not there", "no such file", "bring it");

    private Reports() {}

    /** What a report is made of, each list replaceable. */
    public record Parts(
            List<Export> exports,
            List<Interface> interfaces,
            List<Rogue> rogues,
            List<Disk> disks,
            List<Mirror> mirrors,
            List<Volume> volumes,
            List<Peer> peers,
            List<Guest> guests) {
        public NodeReport at(long atMs, long generation) {
            return new NodeReport(
                    "node1",
                    "0.1.0",
                    42,
                    NOW_MS - 60_000,
                    atMs,
                    "state",
                    generation,
                    exports,
                    interfaces,
                    rogues,
                    disks,
                    mirrors,
                    volumes,
                    peers,
                    guests,
                    Map.of("dropped.bad", 3L));
        }

        public Parts exports(Export... all) {
            return new Parts(
                    List.of(all), interfaces, rogues, disks, mirrors, volumes, peers, guests);
        }

        public Parts interfaces(Interface... all) {
            return new Parts(exports, List.of(all), rogues, disks, mirrors, volumes, peers, guests);
        }

        public Parts rogues(Rogue... all) {
            return new Parts(
                    exports, interfaces, List.of(all), disks, mirrors, volumes, peers, guests);
        }

        public Parts disks(Disk... all) {
            return new Parts(
                    exports, interfaces, rogues, List.of(all), mirrors, volumes, peers, guests);
        }

        public Parts mirrors(Mirror... all) {
            return new Parts(
                    exports, interfaces, rogues, disks, List.of(all), volumes, peers, guests);
        }

        public Parts volumes(Volume... all) {
            return new Parts(
                    exports, interfaces, rogues, disks, mirrors, List.of(all), peers, guests);
        }

        public Parts guests(Guest... all) {
            return new Parts(
                    exports, interfaces, rogues, disks, mirrors, volumes, peers, List.of(all));
        }

        public Parts peers(Peer... all) {
            return new Parts(
                    exports, interfaces, rogues, disks, mirrors, volumes, List.of(all), guests);
        }
    }

    public static Parts healthy() {
        return new Parts(
                List.of(export("e0.0", 100)),
                List.of(new Interface("eth0", "02:00:00:00:00:01", 9000, true, 0)),
                List.of(),
                List.of(disk("e1.0", "up")),
                List.of(mirror(
                        "vm1", null, leg("e1.0", "in sync", "a"), leg("e2.0", "in sync", "b"))),
                List.of(new Volume("vg/lv", "file", 2048, "unix:lv", null)),
                List.of(peer("node2", "up", null)),
                List.of(guest("vm1", "running", null)));
    }

    public static Guest guest(String name, String state, @Nullable Trouble trouble) {
        return new Guest(
                name,
                state,
                state.equals("elsewhere") ? "node2" : "",
                "running",
                "pc-q35-7.2",
                1,
                512,
                name,
                3,
                List.of("bridge:br0"),
                "",
                trouble);
    }

    public static Export export(String name, long reads) {
        return export(name, reads, false, null, true);
    }

    public static Export export(
            String name,
            long reads,
            boolean syncFailed,
            @Nullable Trouble trouble,
            boolean up,
            Initiator... initiators) {
        return new Export(
                name,
                "file",
                "disk.img",
                2048,
                true,
                false,
                false,
                syncFailed,
                0,
                reads / 10,
                List.of(),
                List.of(new Place("eth0", 8192, up)),
                new Access(List.of(), null, "none"),
                List.of(initiators),
                traffic(reads),
                new Times(Collections.nCopies(LatencyBounds.US.size() + 1, reads), 7 * reads),
                Times.NONE,
                trouble);
    }

    public static Traffic traffic(long reads) {
        Latency latency = new Latency(10, 100, 200, 300, 400);
        return new Traffic(reads, 4096 * reads, reads / 2, 2048 * reads, 1, 0, latency, latency);
    }

    public static Initiator initiator(String mac, boolean neverFlushes) {
        return new Initiator(mac, "eth0", NOW_MS, NOW_MS, neverFlushes, 1, traffic(5));
    }

    public static Disk disk(String name, String state) {
        return new Disk(
                name,
                "applied",
                state,
                2048,
                null,
                List.of(new Path("eth0", "02:00:00:00:00:02", "up", 80, 16, 1000, 2)),
                null);
    }

    public static Peer peer(String name, String state, @Nullable Trouble trouble) {
        boolean isUp = state.equals("up");
        return new Peer(
                name,
                "https://10.0.0.2:8420",
                state,
                isUp ? "healthy" : null,
                isUp ? "0.1.0" : null,
                NOW_MS - 60_000,
                NOW_MS,
                NOW_MS + 10L * 365 * 24 * 3600 * 1000,
                trouble);
    }

    public static Leg leg(String name, String standing, String host) {
        return new Leg(name, 0, standing, "", NOW_MS - 60_000, host);
    }

    public static Mirror mirror(String name, @Nullable Progress progress, Leg... legs) {
        return mirror(name, "active", progress, legs);
    }

    public static Mirror mirror(
            String name, String state, @Nullable Progress progress, Leg... legs) {
        int inSync = (int) List.of(legs).stream()
                .filter(leg -> leg.standing().equals("in sync"))
                .count();
        return new Mirror(
                name,
                "applied",
                state,
                2048,
                Math.max(2, legs.length),
                inSync,
                4096,
                "7",
                "node1",
                true,
                List.of(legs),
                progress,
                null,
                null);
    }

    public static Progress progress(String what, long done, long total) {
        return new Progress(what, done, total, 1000, (total - done) / 1000);
    }
}
