// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

class NbdResultsTest {
    private static final NbdPoint READ = new NbdPoint("reads", "randread", 4096, 32, 1.0);
    private static final NbdPoint WRITE = new NbdPoint("writes", "write", 131072, 8, 0);

    /**
     * {@code fio --name=x --ioengine=nbd --uri=... --rw=randread --bs=4k --iodepth=32
     * --runtime=500ms --time_based --output-format=terse --terse-version=3
     * --percentile_list=50:99:99.9}, fio 3.33, on nbdkit.
     */
    private static final String SAID = "fio: connected to NBD server\n"
            + "3;fio-3.33;x;0;0;59412;118586;29646;501;1;8534;6.521750;113.035103;290;28049;"
            + "1070.426296;1966.754166;50.000000%=651;99.000000%=9895;99.900000%=25034;"
            + "0%=0;".repeat(17)
            + "292;28050;1076.948045;1971.673970;118576;118576;99.991567%;118576.000000;"
            + "0.000000;0;0;0;0;0;0;0.000000;0.000000;0;0;0.000000;0.000000;50.000000%=0;"
            + "99.000000%=0;99.900000%=0;"
            + "0%=0;".repeat(17)
            + "0;0;0.000000;0.000000;0;0;0.000000%;0.000000;0.000000;"
            + "5.000000%;26.600000%;1379;1;70;0.1%;0.1%;0.1%;0.1%;0.1%;99.8%;0.0%\n";

    @Test
    void whatFioSaysIsRead() {
        FioRun run = FioRun.parse(SAID, READ);

        assertThat(run.result().requestCount()).isEqualTo(59412 / 4);
        assertThat(run.result().elapsedNs()).isEqualTo(501_000_000);
        assertThat(run.result().rate()).isBetween(29_646.0, 29_647.0);
        assertThat(run.result().latency())
                .isEqualTo(new LoadResult.Latency(651_000, 9_895_000, 25_034_000, 28_049_000));
        assertThat(run.cpuNs()).isEqualTo(158_316_000);
    }

    @Test
    void aDirectionThatMovedNothingIsNoResult() {
        assertThatThrownBy(() -> FioRun.parse(SAID, WRITE)).isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> FioRun.parse("fio: it failed\n", READ))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("it failed");
    }

    private static FioRun run(long requests, long cpuNs) {
        LoadResult result = new LoadResult(
                "", requests, 1_000_000_000, 0, 0, 0, 0, new LoadResult.Latency(1, 2, 3, 4));
        return new FioRun(result, cpuNs);
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
        assertThat(measured(100, 100).reached(READ)).contains(true);
        assertThat(measured(99, 100).reached(READ)).contains(false);
        assertThat(measured(100, 100).reached(WRITE)).isEmpty();
        assertThat(new NbdResults("etherbay", "nbdkit").reached(READ)).isEmpty();
    }

    @Test
    void theReportHasTheCpuOfEachEndAndTheBars() {
        assertThat(measured(90, 100).toText().lines())
                .anyMatch(line ->
                        line.matches(" *etherbay .*CPU 2\\.0 us/request \\(load 5\\.0\\).*"))
                .anyMatch(
                        line -> line.matches(" *nbdkit .*CPU 2\\.0 us/request \\(load 1\\.0\\).*"))
                .anyMatch(
                        line -> line.matches("reads +attach CPU 4\\.0 us/request, sends 1\\.10 .*"))
                .anyMatch(line -> line.matches("reads +at least 1\\.00 of nbdkit: NOT reached"))
                .noneMatch(line -> line.matches("writes +at least.*"));
        assertThat(Json.of(measured(90, 100).toJson()))
                .contains("\"ratioMin\": 1.0000", "\"reached\": false", "attachCpuUsPerRequest");
    }
}
