// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Clock;
import etherbay.base.Loop;
import etherbay.base.ParkIdler;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class LoadGeneratorTest {
    private static final Address E1_0 = new Address(1, 0);
    private static final int SPAN_SECTORS = 8 * 1000;
    private static final long STEP_NS = 100_000;

    private long nowNs;
    private final Clock clock = new Clock() {
        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return nowNs / 1_000_000;
        }
    };
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final Cable[] cable = Cable.pair();
    private final LoadGenerator generator = new LoadGenerator(loop, cable[0]);
    private final List<LoadResult> results = new ArrayList<>();

    private LoadResult run(Workload workload) {
        loop.add(cable[0]);
        loop.add(cable[1]);
        generator.start(workload, results::add);
        for (int turn = 0; turn < 1_000_000 && results.isEmpty(); turn++) {
            nowNs += STEP_NS;
            loop.turn(nowNs);
        }
        return results.getFirst();
    }

    private static Workload counted(int window, long requestCount) {
        return new Workload(E1_0, false, false, false, window, 8, 0, 0, requestCount, 7);
    }

    @Test
    void aCountedRunAsksExactlyThatOften() {
        new Responder(cable[1], E1_0, SPAN_SECTORS);

        LoadResult result = run(counted(16, 1000));

        assertThat(result.failure()).isEmpty();
        assertThat(result.requestCount()).isEqualTo(1000);
        assertThat(result.errors()).isZero();
        assertThat(result.retransmits()).isZero();
    }

    @Test
    void aTimedRunEndsAndCountsWhatWasAnsweredInIt() {
        new Responder(cable[1], E1_0, SPAN_SECTORS);

        LoadResult result = run(Workload.random(E1_0, false, 4, 8, 0).lasting(0.1));

        assertThat(result.elapsedNs()).isBetween(100_000_000L, 110_000_000L);
        assertThat(result.requestCount()).isBetween(1000L, 4L * 1100);
        assertThat(result.latency().p50Ns()).isBetween(STEP_NS, 3 * STEP_NS);
    }

    @Test
    void lostFramesAreSentAgainAndCountWithTheTimeTheyCost() {
        new Responder(cable[1], E1_0, SPAN_SECTORS);
        cable[1].dropEvery(10);

        LoadResult result = run(counted(4, 100));

        assertThat(result.requestCount()).isEqualTo(100);
        assertThat(result.retransmits()).isGreaterThan(5);
        assertThat(result.latency().maxNs()).isGreaterThan(LoadGenerator.RETRANSMIT_NS);
    }

    @Test
    void verifyFindsDataThatIsNotThePattern() {
        new Responder(cable[1], E1_0, SPAN_SECTORS); // answers with what lies in the frame

        LoadResult result = run(new Workload(E1_0, false, true, true, 2, 8, 0, 0, 10, 7));

        assertThat(result.mismatches()).isEqualTo(80);
    }

    @Test
    void nobodyThereIsAFailureAndNotASilence() {
        LoadResult result = run(counted(1, 1));

        assertThat(result.failure()).isEqualTo("no answer from e1.0");
    }

    @Test
    void requestsThatDoNotFitTheFrameAreRefused() {
        new Responder(cable[1], E1_0, SPAN_SECTORS);

        LoadResult result = run(new Workload(E1_0, false, true, false, 2, 64, 0, 0, 10, 7));

        assertThat(result.failure()).isEqualTo("64 sectors do not fit: target 17, MTU 17");
    }

    @Test
    void aResultSurvivesItsWayBetweenProcesses() {
        LoadResult result =
                new LoadResult("", 1, 2, 3, 4, 5, 6, new LoadResult.Latency(7, 8, 9, 10));

        assertThat(LoadResult.parse(result.toLine())).isEqualTo(result);
        assertThat(LoadResult.parse(LoadResult.failed("no such thing").toLine()))
                .isEqualTo(LoadResult.failed("no such thing"));
    }
}
