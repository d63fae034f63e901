// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Guest;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Leg;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Trouble;
import etherbay.admin.NodeReport.Volume;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What happened between two consecutive reports, in words: a pure function. Traffic is no news; a
 * pass over a mirror is a task, and its begin and end are told there.
 */
public final class ReportDifference {
    private final List<Happening> happenings = new ArrayList<>();

    private ReportDifference() {}

    /** An event that has no id yet. */
    public record Happening(String severity, String code, String object, String text) {}

    /** All that differs, in the order of the reports; what is gone comes last. */
    public static List<Happening> between(NodeReport before, NodeReport now) {
        return between(ReportObject.all(before), ReportObject.all(now));
    }

    static List<Happening> between(
            Map<String, ReportObject> before, Map<String, ReportObject> now) {
        ReportDifference difference = new ReportDifference();
        now.forEach((title, object) -> {
            ReportObject former = before.get(title);
            if (former == null) {
                difference.came(title, object.object());
            } else if (!former.still().equals(object.still())) {
                difference.changed(title, former.object(), object.object());
            }
        });
        before.forEach((title, object) -> {
            if (!now.containsKey(title)) {
                difference.went(title, object);
            }
        });
        return difference.happenings;
    }

    private void add(String severity, String code, String object, String text) {
        happenings.add(new Happening(severity, code, object, text));
    }

    private void came(String title, Record object) {
        switch (object) {
            case Export export -> came("EXPORT_ADDED", title, export.trouble());
            case Interface used -> add("info", "INTERFACE_ADDED", title, "is used from now on");
            case Rogue rogue ->
                add(
                        "error",
                        "ROGUE_SEEN",
                        "export " + rogue.export(),
                        "another box, %s on %s, answers for it"
                                .formatted(rogue.theirs(), rogue.interfaceName()));
            case Disk disk -> came("DISK_ADDED", title, disk.trouble());
            case Mirror mirror -> came("MIRROR_ADDED", title, mirror.trouble());
            case Volume volume -> came("VOLUME_ADDED", title, volume.trouble());
            case Peer peer -> {
                add("info", "PEER_ADDED", title, "is asked at " + peer.address());
                peer(title, "sought", peer);
            }
            case Guest guest -> {
                came("GUEST_ADDED", title, guest.trouble());
                guest(title, "", guest);
            }
            default -> throw new IllegalArgumentException(title);
        }
    }

    private void came(String code, String title, @Nullable Trouble trouble) {
        add("info", code, title, "is there");
        if (trouble != null) {
            troubled(title, trouble);
        }
    }

    private void troubled(String title, Trouble trouble) {
        add("error", "TROUBLED", title, trouble.message() + ": " + trouble.cause());
    }

    private void went(String title, ReportObject object) {
        if (object.object() instanceof Rogue rogue) {
            add(
                    "info",
                    "ROGUE_GONE",
                    "export " + rogue.export(),
                    "%s on %s no longer answers for it"
                            .formatted(rogue.theirs(), rogue.interfaceName()));
        } else {
            String code = object.kind().toUpperCase(Locale.ROOT) + "_REMOVED";
            add("info", code, title, "is no longer here");
        }
    }

    private void changed(String title, Record before, Record now) {
        switch (now) {
            case Export export
            when before instanceof Export former -> changed(title, former, export);
            case Interface used
            when before instanceof Interface former -> changed(title, former, used);
            case Disk disk when before instanceof Disk former -> changed(title, former, disk);
            case Mirror mirror
            when before instanceof Mirror former -> changed(title, former, mirror);
            case Volume volume
            when before instanceof Volume former ->
                trouble(title, former.trouble(), volume.trouble());
            case Peer peer when before instanceof Peer former -> peer(title, former.state(), peer);
            case Guest guest
            when before instanceof Guest former -> {
                guest(title, former.state() + former.place(), guest);
                trouble(title, former.trouble(), guest.trouble());
            }
            default -> {} // a rogue that goes on
        }
    }

    private void trouble(String title, @Nullable Trouble before, @Nullable Trouble now) {
        if (now != null && !now.equals(before)) {
            troubled(title, now);
        } else if (now == null && before != null) {
            add("info", "RECOVERED", title, "is well again; it was not: " + before.message());
        }
    }

    private void changed(String title, Export before, Export now) {
        trouble(title, before.trouble(), now.trouble());
        if (now.syncFailed() && !before.syncFailed()) {
            add("error", "SYNC_FAILED", title, "a sync of %s failed".formatted(now.backing()));
        }
        if (now.sectors() != before.sectors()) {
            add(
                    "info",
                    "EXPORT_RESIZED",
                    title,
                    "has %d sectors, had %d".formatted(now.sectors(), before.sectors()));
        }
        now.initiators().stream()
                .filter(initiator -> before.initiators().stream()
                        .noneMatch(known -> known.mac().equals(initiator.mac())
                                && known.interfaceName().equals(initiator.interfaceName())))
                .forEach(initiator -> add(
                        "info",
                        "INITIATOR_SEEN",
                        title,
                        "%s uses it by %s".formatted(initiator.mac(), initiator.interfaceName())));
    }

    private void changed(String title, Interface before, Interface now) {
        if (before.up() != now.up()) {
            add(
                    now.up() ? "info" : "error",
                    now.up() ? "LINK_UP" : "LINK_DOWN",
                    title,
                    now.up() ? "has a link again" : "has no link");
        }
        if (now.dropped() > before.dropped()) {
            add(
                    "warning",
                    "FRAMES_DROPPED",
                    title,
                    "the kernel had no room for %d frames"
                            .formatted(now.dropped() - before.dropped()));
        }
    }

    private void changed(String title, Disk before, Disk now) {
        trouble(title, before.trouble(), now.trouble());
        if (!before.state().equals(now.state())) {
            switch (now.state()) {
                case "up" -> add("info", "DISK_UP", title, "answers again");
                case "silent" -> add("error", "DISK_SILENT", title, "does not answer");
                case "fenced" ->
                    add("error", "DISK_FENCED", title, "refuses our writes: another owns it");
                default -> add("warning", "DISK_SOUGHT", title, "is looked for");
            }
        }
    }

    private void guest(String title, String former, Guest now) {
        if (!former.equals(now.state() + now.place())) {
            String where = now.place().isEmpty() ? "" : ", " + now.place();
            add("info", "GUEST_STATE", title, "is " + now.state() + where);
        }
    }

    private void peer(String title, String former, Peer now) {
        if (former.equals(now.state())) {
            return;
        }
        String why = now.trouble() == null ? "" : ": " + now.trouble().cause();
        switch (now.state()) {
            case "up" -> add("info", "PEER_UP", title, "answers");
            case "stranger" ->
                add("warning", "PEER_STRANGER", title, "does not show its certificate" + why);
            case "refuses" -> add("warning", "PEER_REFUSES", title, "does not let us in" + why);
            case "silent" -> add("warning", "PEER_SILENT", title, "does not answer" + why);
            default -> {} // its settings have changed; it is asked now
        }
    }

    private void changed(String title, Mirror before, Mirror now) {
        trouble(title, before.trouble(), now.trouble());
        if (now.state().startsWith("fenced") && !before.state().startsWith("fenced")) {
            add("error", "MIRROR_FENCED", title, "another node owns it now");
        }
        for (Leg leg : now.legs()) {
            String former = before.legs().stream()
                    .filter(known -> known.name().equals(leg.name()))
                    .map(Leg::standing)
                    .findFirst()
                    .orElse("");
            if (!former.equals(leg.standing())) {
                leg(title, leg, former);
            }
        }
        for (Leg leg : before.legs()) {
            if (now.legs().stream().noneMatch(known -> known.name().equals(leg.name()))) {
                add("warning", "LEG_REMOVED", title, leg.name() + " is no longer a leg");
            }
        }
        boolean alone = now.inSyncCount() == 1 && now.legCount() > 1;
        if (alone && before.inSyncCount() > 1) {
            add("error", "ONE_GOOD_COPY", title, "one good copy is left");
        }
        if (now.inSyncCount() >= now.legCount() && before.inSyncCount() < before.legCount()) {
            add("info", "MIRROR_WHOLE", title, "all %d legs are in sync".formatted(now.legCount()));
        }
    }

    private void leg(String title, Leg leg, String former) {
        String severity = switch (leg.standing()) {
            case "in sync", "spare", "recovering" -> "info";
            case "missing", "trouble" -> "warning";
            default -> "error";
        };
        String text = "%s is %s%s%s"
                .formatted(
                        leg.name(),
                        leg.standing(),
                        former.isEmpty() ? "" : ", was " + former,
                        leg.why().isEmpty() ? "" : ": " + leg.why());
        add(
                severity,
                "LEG_" + leg.standing().toUpperCase(Locale.ROOT).replace(' ', '_'),
                title,
                text);
    }
}
