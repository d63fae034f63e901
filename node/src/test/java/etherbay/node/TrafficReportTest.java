// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport;
import etherbay.base.MacAddress;
import etherbay.target.TrafficView;

import org.junit.jupiter.api.Test;

import java.util.List;

class TrafficReportTest {
    private static final MacAddress MAC = new MacAddress(0x0200_0000_0001L);
    private static final TrafficView.Sums SUMS = new TrafficView.Sums(1, 2, 3, 4, 5, 6, 7);
    private static final TrafficView.Latency READS = new TrafficView.Latency(1, 2, 3, 4, 5);
    private static final TrafficView.Latency WRITES = new TrafficView.Latency(6, 7, 8, 9, 10);
    private static final NodeReport.Traffic TOLD = new NodeReport.Traffic(
            1,
            2,
            3,
            4,
            5,
            6,
            new NodeReport.Latency(1, 2, 3, 4, 5),
            new NodeReport.Latency(6, 7, 8, 9, 10));

    @Test
    void eachNumberHasItsPlace() {
        TrafficView view = new TrafficView(
                SUMS,
                READS,
                WRITES,
                new TrafficView.Times(List.of(1L, 2L), 3),
                TrafficView.Times.NONE,
                List.of(new TrafficView.Initiator(MAC, "eth0", 11, 12, true, SUMS, READS, WRITES)));
        assertThat(TrafficReport.traffic(view)).isEqualTo(TOLD);
        assertThat(TrafficReport.times(view.readTimes()))
                .isEqualTo(new NodeReport.Times(List.of(1L, 2L), 3));
        assertThat(TrafficReport.initiators(view))
                .containsExactly(new NodeReport.Initiator(
                        "02:00:00:00:00:01", "eth0", 11, 12, true, 7, TOLD));
    }
}
