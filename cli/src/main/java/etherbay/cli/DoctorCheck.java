// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.Health.Reason;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What {@code etherbay doctor} checks, each by the codes of the reasons that break it. */
enum DoctorCheck {
    DAEMON("the daemon answers", "DAEMON_SILENT"),
    COPIES(
            "mirrors have all their copies",
            "ONE_GOOD_COPY",
            "NO_GOOD_COPY",
            "MIRROR_DEGRADED",
            "MIRROR_RESYNCING",
            "MIRROR_OFFLINE",
            "MIRROR_FENCED"),
    HOSTS("the legs of a mirror are on different hosts", "LEGS_ON_ONE_HOST"),
    SYNCS("what was synced is on the disks", "SYNC_FAILED"),
    FLUSHES("whoever writes under a write cache also flushes", "NEVER_FLUSHES"),
    EXPORTS(
            "exports and volumes are served",
            "EXPORT_OFFLINE",
            "EXPORT_UNREACHABLE",
            "VOLUME_OFFLINE"),
    DISKS(
            "disks of other nodes answer",
            "DISK_SILENT",
            "DISK_SOUGHT",
            "DISK_FENCED",
            "DISK_OFFLINE"),
    LINKS("interfaces have a link", "INTERFACE_DOWN"),
    ADDRESSES("nobody else serves our addresses", "ROGUE", "ROGUE_SEEN"),
    FRAMES("frames are large, and everywhere the same", "MTU_SMALL", "MTU_DIFFERS"),
    RINGS("the kernel had room for every frame", "RING_DROPS"),
    LOSSES("at most 1 % of the requests were asked again", "RETRANSMITS", "DISK_RETRANSMITS"),
    PEERS(
            "other nodes answer, and are who they should be",
            "PEER_SILENT",
            "PEER_STRANGER",
            "PEER_REFUSES",
            "PEER_CERTIFICATE_ENDS"),
    /** For reasons that a newer node knows and this table does not. */
    OTHERS("nothing else is wrong");

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // Set.of() is
    private final Set<String> codes;

    DoctorCheck(String title, String... codes) {
        this.title = title;
        this.codes = Set.of(codes);
    }

    String title() {
        return title;
    }

    /** What was found, by check; all checks are there, in their order. */
    static Map<DoctorCheck, List<Reason>> sorted(List<Reason> reasons) {
        Map<DoctorCheck, List<Reason>> found = new EnumMap<>(DoctorCheck.class);
        Arrays.stream(values()).forEach(check -> found.put(check, new ArrayList<>()));
        for (Reason reason : reasons) {
            found.getOrDefault(of(reason), new ArrayList<>()).add(reason);
        }
        return found;
    }

    private static DoctorCheck of(Reason reason) {
        return Arrays.stream(values())
                .filter(check -> check.codes.contains(reason.code()))
                .findFirst()
                .orElse(OTHERS);
    }
}
