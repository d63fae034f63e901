// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.Health.Reason;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Initiator;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Path;
import etherbay.admin.NodeReport.Rogue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a person who looks closely at a node should know: the reasons of its health, and besides
 * what does not make it unwell but costs speed, or has happened since its start. The latter would
 * never go away again, so that {@link HealthRules} has nothing of it. A pure function.
 */
public final class Examination {
    /** What the payload of 17 sectors, the most that initiators ask for, needs. */
    public static final int JUMBO_MTU = 9000;

    /** Of the requests; a lossless segment has none at all. */
    private static final double RETRANSMIT_SHARE_MAX = 0.01;

    /** Fewer say nothing about a share. */
    private static final long REQUESTS_MIN = 1000;

    private static final String WHERE_LOST = "see where frames are lost: etherbay sancheck;"
            + " ip -s link on both sides, and the switch's counters";

    private final Health health;
    private final List<Reason> reasons;

    private Examination(Health health) {
        this.health = health;
        reasons = new ArrayList<>(health.reasons());
    }

    /**
     * Looks at a report.
     *
     * @param nowMs of the wall clock
     * @return the reasons of the health first, in their order
     */
    public static List<Reason> of(NodeReport report, long nowMs) {
        Examination examination = new Examination(HealthRules.of(report, nowMs));
        examination.frames(report);
        report.interfaces().forEach(examination::drops);
        report.rogues().forEach(examination::formerRogue);
        report.exports().forEach(examination::retransmits);
        report.disks().forEach(examination::retransmits);
        return List.copyOf(examination.reasons);
    }

    private void add(String code, String object, String text, String correction) {
        reasons.add(new Reason("warning", code, object, text, correction));
    }

    private void frames(NodeReport report) {
        report.interfaces().stream()
                .filter(it -> it.mtu() > 0 && it.mtu() < JUMBO_MTU)
                .forEach(it -> add(
                        "MTU_SMALL",
                        "interface " + it.name(),
                        "its MTU is %d: a request is cut into more frames than with %d"
                                .formatted(it.mtu(), JUMBO_MTU),
                        "if NIC and switch can: ip link set %s mtu %d, on the other machines too"
                                .formatted(it.name(), JUMBO_MTU)));
        Set<String> told = new HashSet<>();
        for (Export export : report.exports()) {
            String mtus = mtus(export, report.interfaces());
            if (!mtus.isEmpty() && told.add(mtus)) {
                add(
                        "MTU_DIFFERS",
                        "export " + export.name(),
                        "its interfaces differ: %s; initiators use the least on all of them"
                                .formatted(mtus),
                        "give all the same: ip link set IFACE mtu MTU");
            }
        }
    }

    /** The MTUs of an export's interfaces; nothing when they are the same. */
    private static String mtus(Export export, List<Interface> interfaces) {
        TreeMap<String, Integer> mtus = new TreeMap<>();
        Set<String> places = export.interfaces().stream()
                .map(NodeReport.Place::name)
                .collect(Collectors.toSet());
        interfaces.stream()
                .filter(it -> places.contains(it.name()) && it.mtu() > 0)
                .forEach(it -> mtus.put(it.name(), it.mtu()));
        return new HashSet<>(mtus.values()).size() < 2
                ? ""
                : mtus.entrySet().stream()
                        .map(it -> it.getKey() + " has " + it.getValue())
                        .collect(Collectors.joining(", "));
    }

    private void drops(Interface used) {
        if (used.dropped() > 0) {
            add(
                    "RING_DROPS",
                    "interface " + used.name(),
                    ("the kernel had no room for %d frames since the start; each cost its"
                                    + " initiator a wait")
                            .formatted(used.dropped()),
                    "give the interface a larger ring: buffers = 1024 in its table of the"
                            + " settings");
        }
    }

    /** One that has fallen silent; one that has not is a reason of the health. */
    private void formerRogue(Rogue rogue) {
        String object = "export " + rogue.export();
        boolean isStillThere = health.reasons().stream()
                .anyMatch(it -> it.code().equals("ROGUE") && it.object().equals(object));
        if (!isStillThere) {
            add(
                    "ROGUE_SEEN",
                    object,
                    ("another box, %s on %s, has answered for this address, %d frames, and is"
                                    + " silent now")
                            .formatted(rogue.theirs(), rogue.interfaceName(), rogue.frames()),
                    "find it before it comes back, and compare what was written to both");
        }
    }

    private void retransmits(Export export) {
        long requests = requests(export.traffic());
        double share = requests == 0 ? 0 : (double) export.retransmits() / requests;
        if (requests < REQUESTS_MIN || share <= RETRANSMIT_SHARE_MAX) {
            return;
        }
        String most = export.initiators().stream()
                .filter(it -> it.retransmits() > 0)
                .max((a, b) -> Long.compare(a.retransmits(), b.retransmits()))
                .map(Examination::most)
                .orElse("");
        add(
                "RETRANSMITS",
                "export " + export.name(),
                String.format(
                        Locale.ROOT,
                        "%.1f %% of its requests were asked again%s",
                        100 * share,
                        most),
                WHERE_LOST);
    }

    /** What this node asks of others. */
    private void retransmits(Disk disk) {
        long requests = disk.paths().stream().mapToLong(Path::requests).sum();
        long again = disk.paths().stream().mapToLong(Path::retransmits).sum();
        double share = requests == 0 ? 0 : (double) again / requests;
        if (requests < REQUESTS_MIN || share <= RETRANSMIT_SHARE_MAX) {
            return;
        }
        String most = disk.paths().size() < 2
                ? ""
                : disk.paths().stream()
                        .max((a, b) -> Long.compare(a.retransmits(), b.retransmits()))
                        .map(it -> ", most by " + it.interfaceName())
                        .orElse("");
        add(
                "DISK_RETRANSMITS",
                "disk " + disk.name(),
                String.format(
                        Locale.ROOT,
                        "%.1f %% of what we asked of it was asked again%s",
                        100 * share,
                        most),
                WHERE_LOST);
    }

    private static String most(Initiator initiator) {
        return ", most by %s on %s".formatted(initiator.mac(), initiator.interfaceName());
    }

    private static long requests(NodeReport.Traffic traffic) {
        return traffic.reads() + traffic.writes() + traffic.flushes() + traffic.errors();
    }
}
