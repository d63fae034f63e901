// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class RatesTest {
    private static final NodeReport.Latency QUICK = new NodeReport.Latency(9, 1, 2, 3, 4);

    private static NodeReport report(
            long pid, long startedMs, long atMs, NodeReport.Export... exports) {
        return new NodeReport(
                "node",
                "1",
                pid,
                startedMs,
                atMs,
                "/",
                0,
                List.of(exports),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of());
    }

    private static NodeReport at(long atMs, NodeReport.Export... exports) {
        return report(1, 0, atMs, exports);
    }

    private static NodeReport.Traffic traffic(long reads, long writes) {
        return new NodeReport.Traffic(
                reads, reads * 4096, writes, writes * 512, writes / 10, 0, QUICK, QUICK);
    }

    private static NodeReport.Export export(
            String name, long reads, long writes, NodeReport.Initiator... initiators) {
        return new NodeReport.Export(
                name,
                "file",
                "",
                0,
                true,
                false,
                false,
                false,
                7,
                reads / 100,
                List.of(),
                List.of(),
                new NodeReport.Access(List.of(), null, "accept"),
                List.of(initiators),
                traffic(reads, writes),
                NodeReport.Times.NONE,
                NodeReport.Times.NONE,
                null);
    }

    private static NodeReport.Initiator initiator(String mac, long firstMs, long reads) {
        return new NodeReport.Initiator(
                mac, "eth0", firstMs, 0, false, reads / 10, traffic(reads, 0));
    }

    private static Rates.Export only(NodeReport before, NodeReport after) {
        Rates rates = Rates.between(before, after);
        assertThat(rates.exports()).hasSize(1);
        return rates.exports().getFirst();
    }

    @Test
    void aRateIsTheDifferenceByTheTimeBetween() {
        Rates.Export rates =
                only(at(10_000, export("e0.0", 1000, 500)), at(12_000, export("e0.0", 3000, 600)));
        assertThat(rates)
                .isEqualTo(new Rates.Export(
                        "e0.0",
                        7,
                        new Rates.Flow(1000, 4_096_000, 50, 25_600, 5, 0, 10, QUICK, QUICK),
                        List.of()));
        assertThat(rates.flow().requests()).isEqualTo(1050);
        assertThat(rates.flow().bytes()).isEqualTo(4_121_600);
    }

    @Test
    void initiatorsHaveTheirOwn() {
        Rates.Export rates = only(
                at(0, export("e0.0", 0, 0, initiator("a", 1, 100), initiator("b", 2, 100))),
                at(500, export("e0.0", 0, 0, initiator("a", 1, 150), initiator("b", 2, 100))));
        assertThat(rates.initiators()).extracting(Rates.Initiator::mac).containsExactly("a", "b");
        assertThat(rates.initiators())
                .extracting(one -> one.flow().reads())
                .containsExactly(100.0, 0.0);
        assertThat(rates.initiators().getFirst().flow().retransmits()).isEqualTo(10);
    }

    @Test
    void whoWasForgottenAndCameAgainCountsFromZero() {
        Rates.Export rates = only(
                at(0, export("e0.0", 0, 0, initiator("a", 1, 100))),
                at(1000, export("e0.0", 0, 0, initiator("a", 900, 130))));
        assertThat(rates.initiators().getFirst().flow().reads()).isEqualTo(130);
    }

    @Test
    void aNewExportAndOneThatCountsFromZeroHaveDoneAllOfIt() {
        assertThat(only(at(0), at(1000, export("e0.0", 40, 0))).flow().reads()).isEqualTo(40);
        assertThat(only(at(0, export("e0.0", 90, 0)), at(1000, export("e0.0", 40, 0)))
                        .flow()
                        .reads())
                .isEqualTo(40);
    }

    @Test
    void aNodeThatStartedInBetweenCountsSinceThen() {
        NodeReport before = report(1, 0, 10_000, export("e0.0", 10, 0));
        NodeReport after = report(2, 11_000, 13_000, export("e0.0", 20, 0));
        assertThat(Rates.between(before, after).seconds()).isEqualTo(2);
        assertThat(only(before, after).flow().reads()).isEqualTo(10);
    }

    @Test
    void aWallClockThatStoodStillOrWentBackGivesNoRate() {
        NodeReport before = at(10_000, export("e0.0", 10, 0));
        assertThat(only(before, at(10_000, export("e0.0", 20, 0))).flow().reads())
                .isZero();
        assertThat(only(before, at(9_000, export("e0.0", 20, 0))).flow().reads())
                .isZero();
    }

    @Test
    void whatIsGoneIsNotTold() {
        assertThat(Rates.between(at(0, export("e0.0", 1, 1)), at(1000)).exports())
                .isEmpty();
    }
}
