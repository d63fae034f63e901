// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.Health.Reason;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Leg;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Trouble;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How well a node is, from what it reports: a pure function. Each rule gives a reason with a code
 * for scripts, a text, and what to do. The worst word stands for the node; reasons come in the
 * order of their words, then as the report has them.
 */
public final class HealthRules {
    /** From best to worst; what has no word here is worse than all. */
    static final List<String> WORDS = List.of(
            "healthy",
            "warning",
            "unknown",
            "resyncing",
            "degraded",
            "at-risk",
            "offline",
            "fenced");

    /** A rogue that has been silent for longer is history, which the events keep. */
    private static final long ROGUE_MS = 60_000;

    /** Time enough to exchange it. */
    private static final long CERTIFICATE_MS = 30L * 24 * 3600 * 1000;

    private final long nowMs;
    private final List<Reason> reasons = new ArrayList<>();

    private HealthRules(long nowMs) {
        this.nowMs = nowMs;
    }

    /**
     * Judges a report.
     *
     * @param nowMs of the wall clock
     */
    public static Health of(NodeReport report, long nowMs) {
        HealthRules rules = new HealthRules(nowMs);
        report.mirrors().forEach(rules::mirror);
        report.exports().forEach(rules::export);
        report.disks().forEach(rules::disk);
        report.volumes()
                .forEach(volume -> rules.trouble(
                        "VOLUME_OFFLINE", "volume " + volume.name(), volume.trouble()));
        report.interfaces().forEach(rules::carrier);
        report.rogues().forEach(rules::rogue);
        report.peers().forEach(rules::peer);
        report.guests().forEach(rules::guest);
        rules.reasons.sort(Comparator.comparingInt(HealthRules::badness).reversed());
        String worst =
                rules.reasons.isEmpty() ? "healthy" : rules.reasons.getFirst().word();
        return new Health(worst, rules.reasons);
    }

    private static int badness(Reason reason) {
        int index = WORDS.indexOf(reason.word());
        return index < 0 ? WORDS.size() : index;
    }

    private void add(String word, String code, String object, String text, String correction) {
        reasons.add(new Reason(word, code, object, text, correction));
    }

    private void trouble(String code, String object, @Nullable Trouble trouble) {
        if (trouble != null) {
            add(
                    "offline",
                    code,
                    object,
                    trouble.message() + ": " + trouble.cause(),
                    trouble.correction());
        }
    }

    private void mirror(Mirror mirror) {
        String object = "mirror " + mirror.name();
        if (mirror.state().startsWith("fenced")) {
            add(
                    "fenced",
                    "MIRROR_FENCED",
                    object,
                    "another node owns the mirror now; this one may not touch it any more",
                    ("find the owner: etherbay mirror detail %s; to take it back, stop it there,"
                                    + " then: etherbay mirror assemble %s")
                            .formatted(mirror.name(), mirror.name()));
            return;
        }
        if (mirror.trouble() != null) {
            trouble("MIRROR_OFFLINE", object, mirror.trouble());
            return;
        }
        redundancy(mirror, object);
        if (mirror.progress() != null) {
            progress(mirror, object, mirror.progress());
        }
        hosts(mirror, object);
    }

    private void redundancy(Mirror mirror, String object) {
        if (mirror.inSyncCount() >= mirror.legCount()) {
            return;
        }
        String bad = mirror.legs().stream()
                .filter(leg ->
                        !leg.standing().equals("in sync") && !leg.standing().equals("spare"))
                .map(this::legText)
                .collect(Collectors.joining("; "));
        String which = bad.isEmpty() ? "a leg is missing" : bad;
        String correction = redundancyCorrection(mirror);
        if (mirror.inSyncCount() == 0) {
            add("offline", "NO_GOOD_COPY", object, "no leg is in sync: " + which, correction);
        } else if (mirror.inSyncCount() == 1) {
            add(
                    "at-risk",
                    "ONE_GOOD_COPY",
                    object,
                    "one good copy is left, on %s: %s".formatted(goodLeg(mirror), which),
                    correction);
        } else {
            add(
                    "degraded",
                    "MIRROR_DEGRADED",
                    object,
                    "%d of %d legs are in sync: %s"
                            .formatted(mirror.inSyncCount(), mirror.legCount(), which),
                    correction);
        }
    }

    private static String goodLeg(Mirror mirror) {
        return mirror.legs().stream()
                .filter(leg -> leg.standing().equals("in sync"))
                .map(Leg::name)
                .findFirst()
                .orElse("one leg");
    }

    private String legText(Leg leg) {
        StringBuilder text = new StringBuilder(leg.name()).append(" is ").append(leg.standing());
        if (!leg.why().isEmpty()) {
            text.append(" (").append(leg.why()).append(')');
        }
        if (leg.sinceMs() > 0) {
            text.append(" for ").append(duration(nowMs - leg.sinceMs()));
        }
        return text.toString();
    }

    private static String redundancyCorrection(Mirror mirror) {
        for (Leg leg : mirror.legs()) {
            switch (leg.standing()) {
                case "recovering" -> {
                    return "keep the good leg running; how far it is: etherbay task list";
                }
                case "faulty" -> {
                    return "look at the disk, then: etherbay mirror add %s %s"
                            .formatted(mirror.name(), leg.name());
                }
                case "missing", "trouble" -> {
                    return ("bring %s back and it is filled by itself;"
                                    + " gone for good: etherbay mirror add %s NEW-LEG --yes")
                            .formatted(leg.name(), mirror.name());
                }
                default -> {}
            }
        }
        return "give it another leg: etherbay mirror add %s NEW-LEG --yes".formatted(mirror.name());
    }

    private void progress(Mirror mirror, String object, NodeReport.Progress progress) {
        boolean copies = !progress.what().equals("check") && !progress.what().equals("repair");
        if (copies) {
            long percent = progress.totalBytes() > 0
                    ? 100 * progress.doneBytes() / progress.totalBytes()
                    : 0;
            add(
                    "resyncing",
                    "MIRROR_RESYNCING",
                    object,
                    "%s at %d %%".formatted(progress.what(), percent)
                            + (progress.etaSeconds() < 0
                                    ? ""
                                    : ", " + duration(1000 * progress.etaSeconds()) + " left"),
                    "wait; follow it with: etherbay mirror detail " + mirror.name());
        }
    }

    /** Legs that one machine's end takes away together. */
    private void hosts(Mirror mirror, String object) {
        Map<String, List<String>> byHost = new TreeMap<>();
        for (Leg leg : mirror.legs()) {
            if (leg.standing().equals("in sync") || leg.standing().equals("recovering")) {
                byHost.computeIfAbsent(leg.host(), host -> new ArrayList<>()).add(leg.name());
            }
        }
        if (byHost.size() == 1 && byHost.values().iterator().next().size() > 1) {
            String host = byHost.keySet().iterator().next();
            add(
                    "warning",
                    "LEGS_ON_ONE_HOST",
                    object,
                    "all legs (%s) are served by %s: its end takes the mirror away"
                            .formatted(
                                    String.join(", ", byHost.get(host)),
                                    host.isEmpty() ? "this machine" : host),
                    "put a leg on another machine: etherbay mirror add %s NEW-LEG --yes"
                            .formatted(mirror.name()));
        }
    }

    private void export(Export export) {
        String object = "export " + export.name();
        if (export.syncFailed()) {
            add(
                    "offline",
                    "SYNC_FAILED",
                    object,
                    "a sync of " + export.backing()
                            + " failed: what was acknowledged may not be there, writes are refused",
                    "check the disk, stop it, then: etherbay state clear %s failed_sync --yes"
                            .formatted(export.name()));
        }
        trouble("EXPORT_OFFLINE", object, export.trouble());
        boolean everywhereDown = !export.interfaces().isEmpty()
                && export.interfaces().stream().noneMatch(NodeReport.Place::up);
        if (export.trouble() == null && everywhereDown) {
            add(
                    "offline",
                    "EXPORT_UNREACHABLE",
                    object,
                    "no interface that it is served on has a link",
                    "check cable and switch, then: ip link show");
        }
        if (export.writeCache() && !export.readOnly()) {
            export.initiators().stream()
                    .filter(Initiator::neverFlushes)
                    .forEach(initiator -> neverFlushes(export, object, initiator));
        }
    }

    private void neverFlushes(Export export, String object, Initiator initiator) {
        add(
                "warning",
                "NEVER_FLUSHES",
                object,
                ("%s writes and never flushes, under a write cache:"
                                + " a power failure loses what it believes is written")
                        .formatted(initiator.mac()),
                "set write-cache = \"off\" for %s in the settings, then: etherbay apply"
                        .formatted(export.name()));
    }

    private void disk(Disk disk) {
        String object = "disk " + disk.name();
        if (disk.trouble() != null) {
            trouble("DISK_OFFLINE", object, disk.trouble());
            return;
        }
        switch (disk.state()) {
            case "silent" ->
                add(
                        "offline",
                        "DISK_SILENT",
                        object,
                        "its target does not answer; requests wait",
                        "look at its host and the network between: etherbay ping " + disk.name());
            case "sought" ->
                add(
                        "offline",
                        "DISK_SOUGHT",
                        object,
                        "no target has been found that serves it",
                        "see who is there: etherbay discover");
            case "fenced" ->
                add(
                        "fenced",
                        "DISK_FENCED",
                        object,
                        "its target refuses our writes: another node has fenced it",
                        "find out who owns it: etherbay config read " + disk.name());
            default -> {}
        }
    }

    private void carrier(Interface used) {
        if (!used.up()) {
            add(
                    "degraded",
                    "INTERFACE_DOWN",
                    "interface " + used.name(),
                    "it has no link",
                    "check cable and switch, then: ip link set %s up".formatted(used.name()));
        }
    }

    private void rogue(Rogue rogue) {
        if (nowMs - rogue.lastMs() > ROGUE_MS) {
            return;
        }
        add(
                "at-risk",
                "ROGUE",
                "export " + rogue.export(),
                "another box, %s on %s, answers for this address: initiators may write to either"
                        .formatted(rogue.theirs(), rogue.interfaceName()),
                "stop one of them at once; who is who: etherbay discover --if "
                        + rogue.interfaceName());
    }

    private void guest(NodeReport.Guest guest) {
        Trouble trouble = guest.trouble();
        if (trouble != null) {
            boolean runs = guest.state().equals("running");
            add(
                    runs ? "warning" : "offline",
                    "GUEST_TROUBLED",
                    "guest " + guest.name(),
                    trouble.message() + ": " + trouble.cause(),
                    trouble.correction());
        }
    }

    /** Another node is no part of this one, but what the two do together fails. */
    private void peer(Peer peer) {
        String object = "peer " + peer.name();
        Trouble trouble = peer.trouble();
        if (trouble != null) {
            String code = switch (peer.state()) {
                case "stranger" -> "PEER_STRANGER";
                case "refuses" -> "PEER_REFUSES";
                default -> "PEER_SILENT";
            };
            add(
                    "warning",
                    code,
                    object,
                    "%s: %s, for %s"
                            .formatted(
                                    trouble.message(),
                                    trouble.cause(),
                                    duration(nowMs - peer.sinceMs())),
                    trouble.correction());
        }
        if (peer.certificateEndsMs() - nowMs < CERTIFICATE_MS) {
            add(
                    "warning",
                    "PEER_CERTIFICATE_ENDS",
                    object,
                    "what it shows is good until " + NodeCertificate.day(peer.certificateEndsMs()),
                    "make another on it in time: etherbay node certificate --replace; and copy it"
                            + " to the others");
        }
    }

    private static String duration(long ms) {
        long seconds = Math.max(0, ms / 1000);
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }
}
