// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Rogue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** What two reports make of each other, as SEVERITY CODE OBJECT. */
final class ReportDifferenceTest {
    /** A report, and what happened on the way to it from one that is well. */
    record Case(String name, Reports.Parts parts, List<String> forth, List<String> back) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Mirror mirror(String second) {
        return Reports.mirror(
                "vm1", null, Reports.leg("e1.0", "in sync", "a"), Reports.leg("e2.0", second, "b"));
    }

    static List<Case> cases() {
        Reports.Parts well = Reports.healthy();
        return List.of(
                new Case(
                        "only traffic",
                        well.exports(Reports.export("e0.0", 5000)),
                        List.of(),
                        List.of()),
                new Case(
                        "a link",
                        well.interfaces(new Interface("eth0", "02:00:00:00:00:01", 9000, false, 0)),
                        List.of("error LINK_DOWN interface eth0"),
                        List.of("info LINK_UP interface eth0")),
                new Case(
                        "an export",
                        well.exports(Reports.export("e0.0", 100, false, Reports.TROUBLE, true)),
                        List.of("error TROUBLED export e0.0"),
                        List.of("info RECOVERED export e0.0")),
                new Case(
                        "another export",
                        well.exports(Reports.export("e0.0", 100), Reports.export("e0.1", 1)),
                        List.of("info EXPORT_ADDED export e0.1"),
                        List.of("info EXPORT_REMOVED export e0.1")),
                new Case(
                        "a failed sync",
                        well.exports(Reports.export("e0.0", 100, true, null, true)),
                        List.of("error SYNC_FAILED export e0.0"),
                        List.of()),
                new Case(
                        "an initiator",
                        well.exports(Reports.export(
                                "e0.0",
                                100,
                                false,
                                null,
                                true,
                                Reports.initiator("02:00:00:00:00:09", false))),
                        List.of("info INITIATOR_SEEN export e0.0"),
                        List.of()));
    }

    static List<Case> others() {
        Reports.Parts well = Reports.healthy();
        return List.of(
                new Case(
                        "a rogue",
                        well.rogues(new Rogue("e0.0", "eth0", "02:00:00:00:00:0b", "x", 1, 1, 1)),
                        List.of("error ROGUE_SEEN export e0.0"),
                        List.of("info ROGUE_GONE export e0.0")),
                new Case(
                        "a silent disk",
                        well.disks(Reports.disk("e1.0", "silent")),
                        List.of("error DISK_SILENT disk e1.0"),
                        List.of("info DISK_UP disk e1.0")),
                new Case(
                        "a silent node",
                        well.peers(Reports.peer("node2", "silent", Reports.TROUBLE)),
                        List.of("warning PEER_SILENT peer node2"),
                        List.of("info PEER_UP peer node2")),
                new Case(
                        "a node that is another",
                        well.peers(Reports.peer("node2", "stranger", Reports.TROUBLE)),
                        List.of("warning PEER_STRANGER peer node2"),
                        List.of("info PEER_UP peer node2")),
                new Case(
                        "a node that does not know this one",
                        well.peers(Reports.peer("node2", "refuses", Reports.TROUBLE)),
                        List.of("warning PEER_REFUSES peer node2"),
                        List.of("info PEER_UP peer node2")),
                new Case(
                        "a node less",
                        well.peers(new NodeReport.Peer[0]),
                        List.of("info PEER_REMOVED peer node2"),
                        List.of("info PEER_ADDED peer node2", "info PEER_UP peer node2")),
                new Case(
                        "a faulty leg",
                        well.mirrors(mirror("faulty")),
                        List.of("error LEG_FAULTY mirror vm1", "error ONE_GOOD_COPY mirror vm1"),
                        List.of("info LEG_IN_SYNC mirror vm1", "info MIRROR_WHOLE mirror vm1")),
                new Case(
                        "a fence",
                        well.mirrors(Reports.mirror(
                                "vm1",
                                "fenced",
                                null,
                                Reports.leg("e1.0", "in sync", "a"),
                                Reports.leg("e2.0", "in sync", "b"))),
                        List.of("error MIRROR_FENCED mirror vm1"),
                        List.of()));
    }

    @ParameterizedTest
    @MethodSource({"cases", "others"})
    void theWayThereAndBackIsTold(Case told) {
        NodeReport well = Reports.healthy().at(Reports.NOW_MS, 1);
        NodeReport other = told.parts().at(Reports.NOW_MS + 500, 1);
        assertThat(words(well, other)).containsExactlyElementsOf(told.forth());
        assertThat(words(other, well)).containsExactlyElementsOf(told.back());
    }

    private static List<String> words(NodeReport before, NodeReport now) {
        return ReportDifference.between(before, now).stream()
                .map(it -> it.severity() + " " + it.code() + " " + it.object())
                .toList();
    }

    @Test
    void aLegThatIsTakenOutIsTold() {
        NodeReport well = Reports.healthy().at(Reports.NOW_MS, 1);
        NodeReport other = Reports.healthy()
                .mirrors(Reports.mirror("vm1", null, Reports.leg("e1.0", "in sync", "a")))
                .at(Reports.NOW_MS, 1);
        assertThat(words(well, other))
                .containsExactly(
                        "warning LEG_REMOVED mirror vm1", "error ONE_GOOD_COPY mirror vm1");
    }
}
