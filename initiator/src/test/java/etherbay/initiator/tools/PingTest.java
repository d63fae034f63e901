// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static etherbay.initiator.tools.FakeWire.MS;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

class PingTest {
    private final FakeWire wire = new FakeWire(1500);
    private final FakeTarget target = wire.target();
    private final FoundPath path = wire.path();
    private final List<Integer> answered = new ArrayList<>();

    @AfterEach
    void close() {
        wire.close();
    }

    private Ping.Result run(Ping.Plan plan) {
        return new Ping(path, plan)
                .run((number, reply, _) -> reply.ifPresent(_ -> answered.add(number)), () -> false);
    }

    private static Ping.Plan plan(int count, long deadlineNs) {
        return new Ping.Plan(count, 50 * MS, 20 * MS, deadlineNs, false);
    }

    @Test
    void whatIsNotAnsweredInTimeIsLost() {
        int[] number = {0};
        target.loses = _ -> ++number[0] == 2;
        Ping.Result result = run(plan(4, Long.MAX_VALUE / 4));
        assertThat(result.sentCount()).isEqualTo(4);
        assertThat(result.lostCount()).isEqualTo(1);
        assertThat(answered).containsExactly(1, 3, 4);
    }

    @Test
    void requestsKeepTheirInterval() {
        long before = wire.clock.nanoTime();
        run(plan(5, Long.MAX_VALUE / 4));
        assertThat(wire.clock.nanoTime() - before).isBetween(4 * 50 * MS, 4 * 50 * MS + MS);
    }

    @Test
    void theDeadlineEndsItWhateverIsLeft() {
        long before = wire.clock.nanoTime();
        assertThat(run(plan(1000, 120 * MS)).sentCount()).isEqualTo(3);
        assertThat(wire.clock.nanoTime() - before).isEqualTo(120 * MS);
    }

    @Test
    void aSignalEndsItAfterTheRequestUnderWay() {
        Ping.Result result =
                new Ping(path, plan(1000, Long.MAX_VALUE / 4)).run((_, _, _) -> {}, () -> true);
        assertThat(result.sentCount()).isEqualTo(1);
    }

    @Test
    void identifyIsAskedWhereItIsWanted() {
        target.seen.clear();
        new Ping(path, new Ping.Plan(2, 0, MS, MS * 100, true)).run((_, _, _) -> {}, () -> false);
        assertThat(target.seen).hasSize(2).allMatch(FakeTarget::isIdentify);
    }

    @Test
    void figuresAreThoseOfTheRoundTrips() {
        Ping.Result result =
                new Ping.Result(250, LongStream.rangeClosed(1, 200).boxed().toList());
        assertThat(result.lostCount()).isEqualTo(50);
        assertThat(result.rttNsMin()).hasValue(1);
        assertThat(result.rttNsMax()).hasValue(200);
        assertThat(result.rttNsAverage()).hasValue(100);
        assertThat(result.rttNs99()).hasValue(198);
        assertThat(new Ping.Result(1, List.of(7L)).rttNs99()).hasValue(7);
        assertThat(new Ping.Result(3, List.of()).rttNs99()).isEmpty();
        assertThat(new Ping.Result(3, List.of()).rttNsAverage()).isEmpty();
    }
}
