// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Health.Reason;
import etherbay.admin.NodeReport.Disk;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.NodeReport.Volume;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** Each rule on the report that breaks it, and none on one that is well. */
final class HealthRulesTest {
    private static final String GOOD = "in sync";

    /** What is wrong, and the reasons that are expected for it, each as WORD CODE OBJECT. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Case(String name, Reports.Parts parts, String word, String... reasons) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Reports.Parts mirror(Mirror mirror) {
        return Reports.healthy().mirrors(mirror);
    }

    private static Mirror two(String second) {
        return Reports.mirror(
                "vm1", null, Reports.leg("e1.0", GOOD, "a"), Reports.leg("e2.0", second, "b"));
    }

    static List<Case> mirrors() {
        return List.of(
                new Case(
                        "one of two is faulty",
                        mirror(two("faulty")),
                        "at-risk",
                        "at-risk ONE_GOOD_COPY mirror vm1"),
                new Case(
                        "one of two is missing",
                        mirror(two("missing")),
                        "at-risk",
                        "at-risk ONE_GOOD_COPY mirror vm1"),
                new Case(
                        "one of two is being filled",
                        mirror(Reports.mirror(
                                "vm1",
                                Reports.progress("recover", 250, 1000),
                                Reports.leg("e1.0", GOOD, "a"),
                                Reports.leg("e2.0", "recovering", "b"))),
                        "at-risk",
                        "at-risk ONE_GOOD_COPY mirror vm1",
                        "resyncing MIRROR_RESYNCING mirror vm1"),
                new Case(
                        "two of three are left",
                        mirror(Reports.mirror(
                                "vm1",
                                null,
                                Reports.leg("e1.0", GOOD, "a"),
                                Reports.leg("e2.0", GOOD, "b"),
                                Reports.leg("e3.0", "faulty", "c"))),
                        "degraded",
                        "degraded MIRROR_DEGRADED mirror vm1"));
    }

    static List<Case> otherMirrors() {
        return List.of(
                new Case(
                        "none is left",
                        mirror(Reports.mirror(
                                "vm1",
                                null,
                                Reports.leg("e1.0", "missing", "a"),
                                Reports.leg("e2.0", "missing", "b"))),
                        "offline",
                        "offline NO_GOOD_COPY mirror vm1"),
                new Case(
                        "another owns it",
                        mirror(Reports.mirror(
                                "vm1",
                                "fenced",
                                null,
                                Reports.leg("e1.0", GOOD, "a"),
                                Reports.leg("e2.0", "faulty", "b"))),
                        "fenced",
                        "fenced MIRROR_FENCED mirror vm1"),
                new Case(
                        "a check runs, which is no trouble",
                        mirror(Reports.mirror(
                                "vm1",
                                Reports.progress("check", 1, 1000),
                                Reports.leg("e1.0", GOOD, "a"),
                                Reports.leg("e2.0", GOOD, "b"))),
                        "healthy"),
                new Case(
                        "both legs are on one host",
                        mirror(Reports.mirror(
                                "vm1",
                                null,
                                Reports.leg("e1.0", GOOD, "a"),
                                Reports.leg("e1.1", GOOD, "a"))),
                        "warning",
                        "warning LEGS_ON_ONE_HOST mirror vm1"));
    }

    static List<Case> others() {
        Reports.Parts well = Reports.healthy();
        return List.of(
                new Case("all is well", well, "healthy"),
                new Case(
                        "an export is not served",
                        well.exports(Reports.export("e0.0", 1, false, Reports.TROUBLE, true)),
                        "offline",
                        "offline EXPORT_OFFLINE export e0.0"),
                new Case(
                        "a sync failed",
                        well.exports(Reports.export("e0.0", 1, true, null, true)),
                        "offline",
                        "offline SYNC_FAILED export e0.0"),
                new Case(
                        "an export has no link",
                        well.exports(Reports.export("e0.0", 1, false, null, false)),
                        "offline",
                        "offline EXPORT_UNREACHABLE export e0.0"),
                new Case(
                        "an initiator never flushes",
                        well.exports(Reports.export(
                                "e0.0",
                                1,
                                false,
                                null,
                                true,
                                Reports.initiator("02:00:00:00:00:09", true),
                                Reports.initiator("02:00:00:00:00:0a", false))),
                        "warning",
                        "warning NEVER_FLUSHES export e0.0"));
    }

    static List<Case> peers() {
        Reports.Parts well = Reports.healthy();
        Peer up = Reports.peer("node2", "up", null);
        return List.of(
                new Case(
                        "another node is silent",
                        well.peers(Reports.peer("node2", "silent", Reports.TROUBLE)),
                        "warning",
                        "warning PEER_SILENT peer node2"),
                new Case(
                        "another node shows another certificate",
                        well.peers(Reports.peer("node2", "stranger", Reports.TROUBLE)),
                        "warning",
                        "warning PEER_STRANGER peer node2"),
                new Case(
                        "another node does not know this one",
                        well.peers(Reports.peer("node2", "refuses", Reports.TROUBLE)),
                        "warning",
                        "warning PEER_REFUSES peer node2"),
                new Case(
                        "another node was not asked yet",
                        well.peers(Reports.peer("node2", "sought", null)),
                        "healthy"),
                new Case(
                        "the certificate of another node ends",
                        well.peers(new Peer(
                                up.name(),
                                up.address(),
                                up.state(),
                                up.health(),
                                up.version(),
                                up.sinceMs(),
                                up.answeredMs(),
                                Reports.NOW_MS + 29L * 24 * 3600 * 1000,
                                null)),
                        "warning",
                        "warning PEER_CERTIFICATE_ENDS peer node2"));
    }

    static List<Case> disksAndLinks() {
        Reports.Parts well = Reports.healthy();
        return List.of(
                new Case(
                        "a disk is silent",
                        well.disks(Reports.disk("e1.0", "silent")),
                        "offline",
                        "offline DISK_SILENT disk e1.0"),
                new Case(
                        "a disk is sought",
                        well.disks(Reports.disk("e1.0", "sought")),
                        "offline",
                        "offline DISK_SOUGHT disk e1.0"),
                new Case(
                        "a disk is fenced",
                        well.disks(Reports.disk("e1.0", "fenced")),
                        "fenced",
                        "fenced DISK_FENCED disk e1.0"),
                new Case(
                        "a disk cannot be used",
                        well.disks(new Disk(
                                "e1.0", "file", "up", 1, null, List.of(), Reports.TROUBLE)),
                        "offline",
                        "offline DISK_OFFLINE disk e1.0"),
                new Case(
                        "a volume is not there",
                        well.volumes(new Volume("vg/lv", "file", 1, null, Reports.TROUBLE)),
                        "offline",
                        "offline VOLUME_OFFLINE volume vg/lv"),
                new Case(
                        "a link is down",
                        well.interfaces(new Interface("eth0", "02:00:00:00:00:01", 1500, false, 0)),
                        "degraded",
                        "degraded INTERFACE_DOWN interface eth0"),
                new Case(
                        "another box answers",
                        well.rogues(rogue(Reports.NOW_MS - 1000)),
                        "at-risk",
                        "at-risk ROGUE export e0.0"),
                new Case(
                        "another box answered long ago",
                        well.rogues(rogue(Reports.NOW_MS - 120_000)),
                        "healthy"));
    }

    private static Rogue rogue(long lastMs) {
        return new Rogue(
                "e0.0", "eth0", "02:00:00:00:00:0b", "02:00:00:00:00:01", lastMs, lastMs, 3);
    }

    @ParameterizedTest
    @MethodSource({"mirrors", "otherMirrors", "others", "peers", "disksAndLinks"})
    void theReasonsAreThese(Case expected) {
        Health health = HealthRules.of(expected.parts().at(Reports.NOW_MS, 1), Reports.NOW_MS);
        assertThat(health.reasons().stream()
                        .map(it -> it.word() + " " + it.code() + " " + it.object()))
                .containsExactlyInAnyOrder(expected.reasons());
        assertThat(health.word()).isEqualTo(expected.word());
        for (Reason reason : health.reasons()) {
            assertThat(HealthRules.WORDS).contains(reason.word());
            assertThat(reason.text()).isNotBlank();
            assertThat(reason.correction()).isNotBlank();
        }
    }

    @Test
    void aPersonIsToldWhichLegSinceWhenAndWhatToDo() {
        Reason reason = HealthRules.of(mirror(two("faulty")).at(Reports.NOW_MS, 1), Reports.NOW_MS)
                .reasons()
                .getFirst();
        assertThat(reason.text())
                .isEqualTo("one good copy is left, on e1.0: e2.0 is faulty for 60 s");
        assertThat(reason.correction()).contains("etherbay mirror add vm1 e2.0");
    }

    @Test
    void theWorstComesFirst() {
        Reports.Parts parts = mirror(two("faulty"))
                .interfaces(new Interface("eth0", "02:00:00:00:00:01", 1500, false, 0))
                .disks(Reports.disk("e1.0", "silent"));
        Health health = HealthRules.of(parts.at(Reports.NOW_MS, 1), Reports.NOW_MS);
        assertThat(health.reasons().stream().map(Reason::word))
                .containsExactly("offline", "at-risk", "degraded");
    }
}
