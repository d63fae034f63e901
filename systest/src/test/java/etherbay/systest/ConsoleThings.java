// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

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
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Times;
import etherbay.admin.NodeReport.Traffic;
import etherbay.admin.NodeReport.Trouble;
import etherbay.admin.NodeReport.Volume;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a {@link ConsoleNode} has besides its mirror, at one moment: counters are functions of time.
 */
record ConsoleThings(long startedMs, long nowMs, boolean isTraced, boolean isHealthy) {
    private static final int EXPORT_COUNT = 8;
    private static final int BROKEN = 5;
    private static final long GIB_SECTORS = 2L << 20;
    private static final List<String> BACKINGS = List.of(
            "/dev/vg0/mail",
            "/srv/aoe/web-root.img",
            "/dev/nvme0n1p3",
            "vg0/database",
            "nbd+unix:///build?socket=build.sock",
            "/dev/disk/by-id/ata-ST4000-broken",
            "/srv/aoe/boot.img",
            "vg0/scratch");

    List<Export> exports() {
        return IntStream.range(0, EXPORT_COUNT).mapToObj(this::export).toList();
    }

    private Export export(int slot) {
        boolean isBroken = slot == BROKEN && !isHealthy;
        return new Export(
                "e0." + slot,
                slot == 7 ? "applied" : "file",
                BACKINGS.get(slot),
                (8L << slot) * GIB_SECTORS,
                true,
                slot == 6,
                slot == 0 && isTraced,
                false,
                isBroken ? 0 : slot,
                slot * 11L,
                slot == 6 && !isHealthy
                        ? List.of("eth2 has an MTU of 1500: a request carries 1 KiB")
                        : List.of(),
                isBroken
                        ? List.of()
                        : List.of(new Place("eth1", 8192, true), new Place("eth2", 1024, true)),
                new Access(
                        slot == 3 ? List.of("52:54:00:66:00:01") : List.of(),
                        slot < 2 ? List.of("52:54:00:12:34:50", "52:54:00:12:34:51") : null,
                        slot < 2 ? "refused" : "accepted"),
                isBroken ? List.of() : initiators(slot),
                isBroken ? Traffic.NONE : traffic(weight(slot)),
                Times.NONE,
                Times.NONE,
                isBroken ? lost() : null);
    }

    private static Trouble lost() {
        return new Trouble(
                "NOT_FOUND",
                "the disk of e0.5 is not there",
                "/dev/disk/by-id/ata-ST4000-broken: no such file",
                "look for it: lsblk; it is served as soon as it is there");
    }

    private static int weight(int slot) {
        return List.of(900, 420, 160, 2300, 60, 0, 0, 7).get(slot);
    }

    private List<Initiator> initiators(int slot) {
        return IntStream.range(0, slot % 3 + 1)
                .mapToObj(i -> new Initiator(
                        "52:54:00:12:34:5" + (slot + i) % 5,
                        i == 1 ? "eth2" : "eth1",
                        startedMs + 1000L * i,
                        nowMs - 700L * i,
                        slot == 4 && i == 0 && !isHealthy,
                        3L * i,
                        traffic(weight(slot) / (i + 1))))
                .toList();
    }

    /** A wave around that many requests a second. */
    private Traffic traffic(int perSecond) {
        double seconds = (nowMs - startedMs) / 1000.0;
        long reads = (long) (perSecond * (seconds + 3 * Math.sin(seconds / 7) + 1));
        long writes = (long) (perSecond * 0.45 * (seconds + 2 * Math.cos(seconds / 5) + 1));
        return new Traffic(
                reads,
                reads * 16_384,
                writes,
                writes * 8_192,
                writes / 40,
                0,
                latency(perSecond, 90),
                latency(perSecond, 240));
    }

    private Latency latency(int perSecond, long base) {
        if (perSecond == 0) {
            return Latency.NONE;
        }
        long p50 = base + perSecond / 40 + nowMs / 1000 % 7;
        return new Latency(10L * perSecond, p50, 6 * p50 + nowMs / 1000 % 90, 11 * p50, 30 * p50);
    }

    List<Interface> interfaces() {
        return List.of(
                new Interface("eth1", "02:00:00:aa:00:01", 9000, true, 0),
                new Interface("eth2", "02:00:00:aa:00:02", 1500, true, 12),
                new Interface("eth3", "02:00:00:aa:00:03", 9000, isHealthy, 0));
    }

    List<Rogue> rogues() {
        return isHealthy
                ? List.of()
                : List.of(new Rogue(
                        "e0.1",
                        "eth2",
                        "52:54:00:66:66:66",
                        "02:00:00:aa:00:02",
                        nowMs - 90_000,
                        nowMs - 4_000,
                        17));
    }

    List<Disk> disks() {
        return List.of(
                disk("e1.0", "up", null), disk("e2.0", "up", null), disk("e3.1", state(), null));
    }

    private String state() {
        return isHealthy ? "up" : "silent";
    }

    private static Disk disk(String name, String state, @Nullable Trouble trouble) {
        return new Disk(
                name,
                "applied",
                state,
                ConsoleMirror.SECTORS,
                name.equals("e3.1") ? "unix:e3.1.sock" : null,
                List.of(
                        new Path("eth1", "02:00:00:bb:00:01", state, 140, 32, 90_000, 4),
                        new Path("eth2", "02:00:00:bb:00:02", "up", 210, 16, 80_000, 9)),
                trouble);
    }

    /** A mirror of three legs that nothing happens to; one is a file of this machine. */
    Mirror archive() {
        long sinceMs = startedMs + 60_000;
        return new Mirror(
                "archive",
                "file",
                "clean",
                512 * GIB_SECTORS,
                2,
                2,
                0,
                "7",
                "bay1",
                true,
                List.of(
                        new Leg("/srv/legs/archive.img", 0, "in sync", "", sinceMs, ""),
                        new Leg("nbd://bay2/archive", 1, "in sync", "", sinceMs, "bay2"),
                        new Leg("vg0/spare", -1, "spare", "", sinceMs, "")),
                null,
                null,
                null);
    }

    List<Volume> volumes() {
        return List.of(
                new Volume("vg0/images", "file", 200 * GIB_SECTORS, "unix:images.sock", null),
                new Volume("vg0/logs", "applied", 16 * GIB_SECTORS, null, null));
    }

    /** One here on the mirror of the tests, one that has stopped, one on another node. */
    List<Guest> guests(String state) {
        Trouble broken = new Trouble(
                "UNAVAILABLE",
                "guest mail cannot go on",
                "its disk refused a request, or it crashed in itself",
                "look at its console and its mirror; then etherbay guest start mail tries the disk"
                        + " again, and guest reset starts it anew");
        return List.of(
                guest("db", "elsewhere", "bay2", null),
                isHealthy
                        ? guest("mail", "stopped", "", null)
                        : guest("mail", "broken", "", broken),
                guest("web-1", state, "", null));
    }

    private static Guest guest(String name, String state, String place, @Nullable Trouble trouble) {
        boolean isThere = place.isEmpty() && !state.equals("stopped");
        return new Guest(
                name,
                state,
                place,
                state.equals("stopped") ? "stopped" : "running",
                "pc-q35-7.2",
                2,
                2048,
                name.equals("web-1") ? "web" : "archive",
                7,
                List.of("bridge:br0"),
                isThere ? "/var/lib/etherbay/guests/" + name + "/console" : "",
                trouble);
    }

    List<Peer> peers() {
        long yearsMs = 10L * 365 * 24 * 3600 * 1000;
        return List.of(
                new Peer(
                        "bay2",
                        "https://10.0.0.2:8420",
                        "up",
                        "healthy",
                        "0.1.0",
                        nowMs - 3_600_000,
                        nowMs,
                        nowMs + yearsMs,
                        null),
                new Peer(
                        "bay3",
                        "https://10.0.0.3:8420",
                        isHealthy ? "up" : "silent",
                        isHealthy ? "warning" : null,
                        isHealthy ? "0.1.0" : null,
                        nowMs - 120_000,
                        nowMs - 120_000,
                        nowMs + yearsMs,
                        isHealthy
                                ? null
                                : new Trouble(
                                        "UNAVAILABLE",
                                        "node bay3 does not answer at https://10.0.0.3:8420",
                                        "Connection refused",
                                        "see whether its daemon runs and listens there")));
    }
}
