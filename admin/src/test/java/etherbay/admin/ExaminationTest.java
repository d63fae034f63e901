// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport.Export;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Place;
import etherbay.admin.NodeReport.Rogue;

import org.junit.jupiter.api.Test;

import java.util.List;

/** What a close look finds besides the reasons of the health. */
final class ExaminationTest {
    private static List<String> found(Reports.Parts parts) {
        return Examination.of(parts.at(Reports.NOW_MS, 1), Reports.NOW_MS).stream()
                .map(it -> it.code() + " " + it.object())
                .toList();
    }

    private static Interface nic(String name, int mtu, long dropped) {
        return new Interface(name, "02:00:00:00:00:01", mtu, true, dropped);
    }

    private static Export on(Export export, long retransmits, Place... places) {
        return new Export(
                export.name(),
                export.origin(),
                export.backing(),
                export.sectors(),
                export.writeCache(),
                export.readOnly(),
                export.traceIo(),
                export.syncFailed(),
                export.queued(),
                retransmits,
                export.warnings(),
                List.of(places),
                export.access(),
                export.initiators(),
                export.traffic(),
                export.readTimes(),
                export.writeTimes(),
                export.trouble());
    }

    @Test
    void whatWeAskOthersTwiceIsFoundFromAThousandRequestsOn() {
        assertThat(codesOf(disk(999, 100))).doesNotContain("DISK_RETRANSMITS");
        assertThat(codesOf(disk(1000, 10))).doesNotContain("DISK_RETRANSMITS");
        assertThat(codesOf(disk(1000, 11))).contains("DISK_RETRANSMITS");
        assertThat(Examination.of(disk(1000, 11).at(Reports.NOW_MS, 1), Reports.NOW_MS))
                .filteredOn(it -> it.code().equals("DISK_RETRANSMITS"))
                .extracting(Health.Reason::text)
                .containsExactly("1.1 % of what we asked of it was asked again, most by eth2");
    }

    private static List<String> codesOf(Reports.Parts parts) {
        return Examination.of(parts.at(Reports.NOW_MS, 1), Reports.NOW_MS).stream()
                .map(Health.Reason::code)
                .toList();
    }

    private static Reports.Parts disk(long requests, long again) {
        return Reports.healthy()
                .disks(new NodeReport.Disk(
                        "e1.0",
                        "file",
                        "up",
                        1,
                        null,
                        List.of(
                                new NodeReport.Path("eth1", "m", "up", 1, 1, requests - 100, 1),
                                new NodeReport.Path("eth2", "n", "up", 1, 1, 100, again - 1)),
                        null));
    }

    @Test
    void aNodeThatIsWellHasNothing() {
        assertThat(found(Reports.healthy())).isEmpty();
    }

    @Test
    void reasonsOfTheHealthComeFirst() {
        Rogue now = new Rogue("e0.0", "eth0", "02:66", "02:01", 0, Reports.NOW_MS, 5);
        Rogue former = new Rogue("e0.1", "eth0", "02:66", "02:01", 0, 1, 5);
        assertThat(found(Reports.healthy().interfaces(nic("eth0", 9000, 3)).rogues(former, now)))
                .containsExactly(
                        "ROGUE export e0.0", "RING_DROPS interface eth0", "ROGUE_SEEN export e0.1");
    }

    @Test
    void framesAreSmallOrDiffer() {
        Export two = on(
                Reports.export("e0.0", 10),
                0,
                new Place("eth0", 8704, true),
                new Place("eth1", 1024, true));
        assertThat(found(Reports.healthy()
                        .exports(two)
                        .interfaces(nic("eth0", 9000, 0), nic("eth1", 1500, 0))))
                .containsExactly("MTU_SMALL interface eth1", "MTU_DIFFERS export e0.0");
        assertThat(found(Reports.healthy()
                        .exports(two)
                        .interfaces(nic("eth0", 0, 0), nic("eth1", 9216, 0))))
                .isEmpty();
    }

    @Test
    void aShareOfRetransmitsNeedsEnoughRequestsToBeOne() {
        Place place = new Place("eth0", 8704, true);
        assertThat(found(Reports.healthy().exports(on(Reports.export("e0.0", 600), 500, place))))
                .isEmpty();
        assertThat(found(Reports.healthy().exports(on(Reports.export("e0.0", 2000), 30, place))))
                .isEmpty();
        assertThat(found(Reports.healthy().exports(on(Reports.export("e0.0", 2000), 31, place))))
                .containsExactly("RETRANSMITS export e0.0");
    }
}
