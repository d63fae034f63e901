// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport;
import etherbay.admin.Rates;

import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** What {@code top} shows between two reports. */
final class TopTableTest {
    private static TopTable table() {
        MadeUpNode node = new MadeUpNode();
        node.exports = List.of(
                MadeUpNode.export("e0.0", MadeUpNode.traffic(0)),
                MadeUpNode.export("e0.1", MadeUpNode.traffic(0)));
        NodeReport before = node.report();
        node.nowMs = MadeUpNode.NOW_MS + 2000;
        node.exports = List.of(
                MadeUpNode.export("e0.0", MadeUpNode.traffic(0)),
                MadeUpNode.export(
                        "e0.1",
                        MadeUpNode.traffic(4000),
                        MadeUpNode.initiator("02:00:00:00:00:0a", 1000, false),
                        MadeUpNode.initiator("02:00:00:00:00:0b", 3000, false)));
        return new TopTable(node.report(), Rates.between(before, node.report()));
    }

    @Test
    void theBusiestComesFirstAndItsInitiatorsBelowIt() {
        String time = Quantity.time(MadeUpNode.NOW_MS + 2000);
        assertThat(table().lines(80))
                .containsExactly(
                        "node1  " + time + "  over 2.0 s, latency of the last 10 s",
                        "EXPORT                     IOPS  READ/s  WRITE/s  QUEUE   R p99   W p99"
                                + "  AGAIN/s",
                        "e0.1                      3.00K   8.19M    4.10M      3  1.25ms  1.25ms"
                                + "        0",
                        "  02:00:00:00:00:0b eth0  2.25K   6.14M    3.07M         1.25ms  1.25ms"
                                + "      0.5",
                        "  02:00:00:00:00:0a eth0    750   2.05M    1.02M         1.25ms  1.25ms"
                                + "      0.5",
                        "e0.0                          0       0        0      3  1.25ms  1.25ms"
                                + "        0");
    }

    @Test
    void aNarrowTerminalLeavesOutWholeColumnsTheLastOnesFirst() {
        assertThat(table().lines(40))
                .contains("EXPORT                     IOPS  READ/s")
                .allMatch(line -> line.length() <= 40);
        assertThat(table().lines(4)).contains("EXPO", "e0.1").allMatch(it -> it.length() <= 4);
        assertThat(table().lines(200).get(1)).endsWith("ERROR/s");
    }

    @Test
    void nothingServedIsSaid() {
        MadeUpNode node = new MadeUpNode();
        node.exports = List.of();
        assertThat(new TopTable(node.report(), Rates.between(node.report(), node.report()))
                        .lines(80))
                .contains("nothing is served");
    }

    @Test
    void aScreenIsDrawnOverAndSaysWhatIsBelowIt() {
        StringWriter drawn = new StringWriter();
        Terminal.draw(
                new PrintWriter(drawn), List.of("a", "b", "c", "d"), new Terminal.Size(80, 4));
        assertThat(drawn.toString())
                .isEqualTo("\u001b[H\u001b[Ka\r\n\u001b[Kb\r\n\u001b[K... and 2 more lines\r\n"
                        + "\u001b[J");
        assertThat(Terminal.parse("50 132\n")).isEqualTo(new Terminal.Size(132, 50));
        assertThat(Terminal.parse("")).isEqualTo(new Terminal.Size(80, 24));
        assertThat(Terminal.parse("0 0")).isEqualTo(new Terminal.Size(80, 24));
    }

    @Test
    void quantitiesAreShort() {
        assertThat(List.of(0.0, 0.04, 1.5, 12.0, 999.4, 999.6, 1500.0, 99_960.0, 123e6, 2e21))
                .map(Quantity::short3)
                .containsExactly(
                        "0", "0.0", "1.5", "12", "999", "1.00K", "1.50K", "100K", "123M", "2000E");
        assertThat(List.of(0L, 999L, 1250L, 99_940L, 150_000L, 3_000_000L))
                .map(Quantity::latency)
                .containsExactly("0us", "999us", "1.25ms", "99.94ms", "150ms", "3.00s");
        assertThat(List.of(-5L, 119_000L, 120_000L, 7_200_000L, 172_800_000L))
                .map(Quantity::duration)
                .containsExactly("0 s", "119 s", "2 min", "2 h", "2 d");
    }
}
