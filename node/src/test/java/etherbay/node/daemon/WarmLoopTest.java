// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

class WarmLoopTest {
    private final AtomicInteger warmed = new AtomicInteger();
    private final WarmLoop loop = new WarmLoop(warmed::incrementAndGet);

    @Test
    void aLoopThatHasServedLittleIsCold() {
        loop.seen(null, served());
        loop.seen(served(), served(WarmLoop.REQUEST_COUNT - 1));
        assertThat(warmed).hasValue(0);
    }

    @Test
    void theRequestsOfAllExportsCountAndItIsToldOnce() {
        loop.seen(null, served(WarmLoop.REQUEST_COUNT / 2, WarmLoop.REQUEST_COUNT / 2));
        assertThat(warmed).hasValue(1);
        loop.seen(served(), served(WarmLoop.REQUEST_COUNT));
        assertThat(warmed).hasValue(1);
    }

    private static NodeReport served(long... requests) {
        List<NodeReport.Export> exports =
                LongStream.of(requests).mapToObj(WarmLoopTest::export).toList();
        return new NodeReport(
                "a", "", 1, 0, 0, "/tmp", 0, exports, List.of(), List.of(), List.of(), List.of(),
                List.of(), List.of(), List.of(), Map.of());
    }

    private static NodeReport.Export export(long requests) {
        NodeReport.Traffic traffic = new NodeReport.Traffic(
                requests / 2,
                0,
                requests - requests / 2,
                0,
                0,
                0,
                NodeReport.Latency.NONE,
                NodeReport.Latency.NONE);
        return new NodeReport.Export(
                "e1.0",
                "file",
                "/tmp/a",
                1,
                true,
                false,
                false,
                false,
                0,
                0,
                List.of(),
                List.of(),
                new NodeReport.Access(List.of(), null, "accept"),
                List.of(),
                traffic,
                NodeReport.Times.NONE,
                NodeReport.Times.NONE,
                null);
    }
}
