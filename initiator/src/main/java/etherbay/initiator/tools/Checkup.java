// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.Payload;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Durability;
import etherbay.initiator.tools.Complaint.Kind;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What is wrong with a SAN, from paths that were measured. Knows no port and no time. */
public final class Checkup {
    /** Targets that round their frames down to whole pages of 4096 bytes do so on purpose. */
    private static final int PAGE_SECTORS = 8;

    private final List<Complaint> complaints = new ArrayList<>();

    private Checkup() {}

    /** All complaints: about disks first, then about paths in their order. */
    public static List<Complaint> of(List<CheckedPath> paths) {
        Checkup checkup = new Checkup();
        Map<DiskAddress, List<CheckedPath>> byDisk = paths.stream()
                .collect(Collectors.groupingBy(
                        path -> path.found().disk(), LinkedHashMap::new, Collectors.toList()));
        byDisk.forEach(checkup::disk);
        paths.forEach(checkup::path);
        return List.copyOf(checkup.complaints);
    }

    private void complain(Kind kind, String what, String cure) {
        complaints.add(new Complaint(kind, what, cure));
    }

    // ---- one disk ----

    private void disk(DiskAddress disk, List<CheckedPath> of) {
        List<CheckedPath> told =
                of.stream().filter(path -> path.identity().isPresent()).toList();
        for (int i = 1; i < told.size(); i++) {
            CheckedPath one = told.getFirst();
            CheckedPath other = told.get(i);
            if (!one.found().mac().equals(other.found().mac())) {
                targets(disk, one, other);
            }
        }
        interfaces(disk, of);
    }

    /** Two addresses that answer for one disk: two ways to it, or two disks. */
    private void targets(DiskAddress disk, CheckedPath one, CheckedPath other) {
        IdentifyData first = one.identity().orElseThrow().data();
        IdentifyData second = other.identity().orElseThrow().data();
        String both = "%s answers for %s with serial \"%s\", %s with serial \"%s\""
                .formatted(
                        one.found().mac(),
                        disk,
                        first.serial(),
                        other.found().mac(),
                        second.serial());
        String difference = difference(one, other);
        if (!difference.isEmpty()) {
            complain(
                    Kind.DUPLICATE,
                    "%s is served twice: %s; they differ in %s".formatted(disk, both, difference),
                    "stop one of the two targets now, or give it another shelf or slot: what is"
                            + " written goes to either");
        } else if (Durability.isVblade(first)) {
            complain(
                    Kind.INDISTINCT,
                    "%s may be served twice: %s, which vblade makes of address and host name"
                            .formatted(disk, both),
                    "see at both hosts that they serve the same disk; two vblades on hosts of one"
                            + " name cannot be told apart");
        }
    }

    private static String difference(CheckedPath one, CheckedPath other) {
        IdentifyData first = one.identity().orElseThrow().data();
        IdentifyData second = other.identity().orElseThrow().data();
        List<String> differences = new ArrayList<>();
        if (!first.serial().equals(second.serial())) {
            differences.add("serial");
        }
        if (!first.model().equals(second.model())) {
            differences.add("model (\"%s\" and \"%s\")".formatted(first.model(), second.model()));
        }
        if (first.sectors() != second.sectors()) {
            differences.add(
                    "size (%d and %d sectors)".formatted(first.sectors(), second.sectors()));
        }
        if (!Arrays.equals(one.found().configString(), other.found().configString())) {
            differences.add("config string");
        }
        return String.join(", ", differences);
    }

    /** The slowest interface decides for all of them, in the Linux driver. */
    private void interfaces(DiskAddress disk, List<CheckedPath> of) {
        Map<Integer, List<String>> byMtu = of.stream()
                .map(path -> path.found().port())
                .distinct()
                .collect(Collectors.groupingBy(
                        port -> port.client().mtu(),
                        LinkedHashMap::new,
                        Collectors.mapping(LocalPort::name, Collectors.toList())));
        if (byMtu.size() > 1) {
            String each = byMtu.entrySet().stream()
                    .map(entry -> String.join(",", entry.getValue()) + " has " + entry.getKey())
                    .collect(Collectors.joining(", "));
            complain(
                    Kind.MTU,
                    "the interfaces to %s differ in their MTU: %s".formatted(disk, each),
                    "give them one MTU: ip link set IFACE mtu N; Linux uses the least of them for"
                            + " all");
        }
    }

    // ---- one path ----

    private void path(CheckedPath path) {
        if (path.probe().outSectors() == 0) {
            complain(
                    Kind.SILENT,
                    path.found().where() + " answers discovery, but no IDENTIFY DEVICE",
                    "see the log of that target, and whether its disk still works");
            return;
        }
        mtu(path.found());
        narrow(path);
        loss(path);
        buffers(path);
    }

    private void mtu(FoundPath path) {
        int local = path.localSectors();
        int stated = path.statedSectors();
        int localPages = local < PAGE_SECTORS ? local : local - local % PAGE_SECTORS;
        if (stated > local) {
            complain(
                    Kind.MTU,
                    "%s: the target takes %d bytes of data in a frame, MTU %d of %s carries %d"
                            .formatted(
                                    path.where(),
                                    bytes(stated),
                                    path.port().client().mtu(),
                                    path.port().name(),
                                    bytes(local)),
                    "raise the MTU here and at the switch: ip link set %s mtu %d"
                            .formatted(path.port().name(), mtuFor(stated)));
        } else if (stated < localPages) {
            complain(
                    Kind.MTU,
                    "%s: the target takes %d bytes of data in a frame, MTU %d of %s carries %d"
                            .formatted(
                                    path.where(),
                                    bytes(stated),
                                    path.port().client().mtu(),
                                    path.port().name(),
                                    bytes(local)),
                    "raise the MTU at the target and at the switch to " + mtuFor(local));
        }
    }

    private void narrow(CheckedPath path) {
        int out = path.outSectorsExpected();
        if (path.probe().outSectors() < out) {
            blackHole(path.found(), "to the target", path.probe().outSectors(), out);
        }
        if (!path.probe().inRefusal().isEmpty()) {
            complain(
                    Kind.UNREAD,
                    "%s: the way back was not measured: %s"
                            .formatted(path.found().where(), path.probe().inRefusal()),
                    "read from it where it may be read from");
        } else if (path.probe().inSectors() < path.inSectorsExpected()) {
            blackHole(
                    path.found(),
                    "from the target",
                    path.probe().inSectors(),
                    path.inSectorsExpected());
        }
    }

    private void blackHole(FoundPath path, String way, int passed, int expected) {
        complain(
                Kind.NARROW,
                "%s: %d bytes of data pass in a frame %s, both ends promise %d"
                        .formatted(path.where(), bytes(passed), way, bytes(expected)),
                "raise the MTU of every switch and bridge between to %d, or lower that of %s to %d"
                        .formatted(
                                mtuFor(expected), path.port().name(), mtuFor(Math.max(passed, 1))));
    }

    private void loss(CheckedPath path) {
        PathProbe.Result probe = path.probe();
        if (probe.lostCount() > 0) {
            complain(
                    Kind.LOSS,
                    "%s: %d of %d round trips of the largest frames were lost"
                            .formatted(path.found().where(), probe.lostCount(), probe.roundCount()),
                    "look for errors and drops of cables and ports: ip -s link show %s, ethtool -S;"
                                    .formatted(path.found().port().name())
                            + " one in a hundred is too many");
        }
    }

    private void buffers(CheckedPath path) {
        PathProbe.Result probe = path.probe();
        FoundPath found = path.found();
        if (probe.burstLostCount() > 0) {
            complain(
                    Kind.BUFFERS,
                    "%s: of %d frames at once, which it has buffers for, %d were lost"
                            .formatted(found.where(), probe.burstCount(), probe.burstLostCount()),
                    "raise net.core.rmem_max at the target (or `buffers` of etherbay.toml), let it"
                            + " advertise fewer (-b), or turn flow control of the switch on");
        }
        long wholeBytes = (long) found.config().bufferCount()
                * Payload.frameBytes(Math.min(found.localSectors(), found.statedSectors()));
        int room = found.port().receiveBytes();
        if (room > 0 && wholeBytes > room) {
            complain(
                    Kind.BUFFERS,
                    "%s: its %d buffers are %d bytes of frames, %s receives %d unseen"
                            .formatted(
                                    found.where(),
                                    found.config().bufferCount(),
                                    wholeBytes,
                                    found.port().name(),
                                    room),
                    "let the target advertise fewer buffers (-b)");
        }
    }

    private static int bytes(int sectors) {
        return sectors * AtaHeader.SECTOR_BYTES;
    }

    /** The least MTU at which so many sectors go into a frame; see {@link Payload#sectors}. */
    private static int mtuFor(int sectors) {
        return Payload.frameBytes(sectors);
    }
}
