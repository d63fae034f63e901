// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NbdResultsTest {
    private static final NbdPoint READ = new NbdPoint("reads", "randread", 4096, 32, 1.0);
    private static final NbdPoint WRITE = new NbdPoint("writes", "write", 131072, 8, 0);

    private static Sample run(long requests, long cpuNs) {
        LoadResult result = new LoadResult(
                "", requests, 1_000_000_000, 0, 0, 0, 0, new LoadResult.Latency(1, 2, 3, 4));
        return new Sample(result, cpuNs, 0);
    }

    private static NbdResults measured(long ours, long theirs) {
        NbdResults results = new NbdResults("etherbay", "nbdkit");
        for (NbdPoint point : new NbdPoint[] {READ, WRITE}) {
            results.add(
                    point,
                    "etherbay",
                    run(ours, ours * 1_000),
                    new NbdServers.Spent(ours * 2_000, ours * 4_000, ours + ours / 10));
            results.add(
                    point,
                    "nbdkit",
                    run(theirs, theirs * 1_000),
                    new NbdServers.Spent(theirs * 2_000, 0, 0));
        }
        return results;
    }

    @Test
    void aBarIsReachedByTheMedianRatioOfARound() {
        assertThat(measured(100, 100).bars()).singleElement().matches(bar -> !bar.missed());
        assertThat(measured(99, 100).bars()).singleElement().matches(Verdict::missed);
        assertThat(new NbdResults("etherbay", "nbdkit").bars()).isEmpty();
    }

    @Test
    void theReportHasTheCpuOfEachEnd() {
        assertThat(measured(90, 100).toText().lines())
                .anyMatch(line ->
                        line.matches(" *etherbay .*CPU 2\\.0 us/request \\(load 5\\.0\\).*"))
                .anyMatch(
                        line -> line.matches(" *nbdkit .*CPU 2\\.0 us/request \\(load 1\\.0\\).*"))
                .anyMatch(line -> line.matches(
                        "reads +etherbay +attach CPU 4\\.0 us/request, sends 1\\.10 .*"));
        assertThat(Json.of(measured(90, 100).toJson())).contains("cpuUsPerRequest");
    }

    @Test
    void eachSideThatIsAttachedHasItsOwnFigures() {
        NbdResults results = new NbdResults("mirror", "single");
        results.add(READ, "mirror", run(100, 0), new NbdServers.Spent(0, 300_000, 210));
        results.add(READ, "single", run(50, 0), new NbdServers.Spent(0, 100_000, 50));

        assertThat(results.bars()).singleElement().matches(bar -> !bar.missed());
        assertThat(results.toText().lines())
                .anyMatch(line -> line.matches("reads +mirror +attach CPU 3\\.0 .* 2\\.10 .*"))
                .anyMatch(line -> line.matches("reads +single +attach CPU 2\\.0 .* 1\\.00 .*"));
    }
}
