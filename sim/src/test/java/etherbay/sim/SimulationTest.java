// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

final class SimulationTest {
    @Test
    void theSameSeedGivesTheSameRunAndAnotherOneAnother() {
        assertThat(Seeds.run("walk", 5, SimulationTest::randomWalk).traceHash())
                .isEqualTo(Seeds.run("walk", 5, SimulationTest::randomWalk).traceHash())
                .isNotEqualTo(Seeds.run("walk", 6, SimulationTest::randomWalk).traceHash());
    }

    @Test
    void aRunThatDrawsChanceElsewhereIsFound() {
        AtomicLong elsewhere = new AtomicLong();
        assertThatThrownBy(() -> Simulation.forSeeds(
                        "leaky",
                        1,
                        simulation -> simulation.trace("draw", elsewhere.incrementAndGet(), 0)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the same seed gave another run");
    }

    @Test
    void aFailureSaysHowToRunItAgain() {
        assertThatThrownBy(() -> Seeds.run("broken", 0x5eed, simulation -> {
                    simulation.after(2_000_000, () -> {
                        throw new AssertionError("the disk is on fire");
                    });
                    simulation.runFor(10_000_000);
                }))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("broken failed at 2.000000 ms: the disk is on fire")
                .hasMessageContaining("./dev replay broken --seed 0x0000000000005eed");
    }

    @Test
    void eventsHappenInTheOrderOfTheirTime() {
        try (Simulation simulation = new Simulation("order", 1)) {
            List<Integer> order = new ArrayList<>();
            simulation.after(30, () -> order.add(30));
            simulation.after(10, () -> {
                order.add(10);
                simulation.after(5, () -> order.add(15));
            });
            simulation.after(20, () -> order.add(20));
            simulation.runFor(25);
            assertThat(order).containsExactly(10, 15, 20);
            assertThat(simulation.nowNs()).isEqualTo(SimClock.START_NS + 25);
            assertThat(simulation.runUntilQuiet(100)).isTrue();
            assertThat(order).endsWith(30);
        }
    }

    @Test
    void eventsOfOneInstantComeInMoreThanOneOrder() {
        List<List<Integer>> orders = new ArrayList<>();
        for (int seed = 0; seed < 20; seed++) {
            try (Simulation simulation = new Simulation("tie", seed)) {
                List<Integer> order = new ArrayList<>();
                simulation.after(1, () -> order.add(1));
                simulation.after(1, () -> order.add(2));
                simulation.runFor(1);
                orders.add(order);
            }
        }
        assertThat(orders).contains(List.of(1, 2), List.of(2, 1));
    }

    @Test
    void aLoopTurnsForMessagesAndDeadlinesAndNotAfterItsEnd() {
        try (Simulation simulation = new Simulation("loop", 1)) {
            SimNode node = simulation.node("host");
            List<String> seen = new ArrayList<>();
            node.loop().timers().timer(() -> seen.add("timer")).at(simulation.nowNs() + 5_000_000);
            node.loop().mailbox().offer(() -> seen.add("message"));
            simulation.after(1_000, () -> seen.add("event"));
            simulation.runFor(4_000_000);
            assertThat(seen).containsExactly("event", "message");
            simulation.runFor(2_000_000);
            assertThat(seen).containsExactly("event", "message", "timer");
            node.tell(() -> seen.add("too late"));
            node.kill();
            assertThat(simulation.runUntilQuiet(1_000_000_000)).isTrue();
            assertThat(seen).doesNotContain("too late");
        }
    }

    @Test
    void aPausedNodeDoesNothingUntilItsPauseEnds() {
        try (Simulation simulation = new Simulation("pause", 1)) {
            SimNode node = simulation.node("host");
            List<Long> turns = new ArrayList<>();
            node.pauseUntil(simulation.nowNs() + 1_000_000);
            node.tell(() -> turns.add(simulation.nowNs() - SimClock.START_NS));
            assertThat(simulation.runUntilQuiet(10_000_000)).isTrue();
            assertThat(turns).hasSize(1);
            assertThat(turns.getFirst()).isGreaterThanOrEqualTo(1_000_000);
        }
    }

    @Test
    void whatMustHappenInTimeAndDoesNotIsAFailure() {
        try (Simulation simulation = new Simulation("liveness", 1)) {
            assertThatThrownBy(() -> simulation.runUntil("peace", 5_000_000, () -> false))
                    .hasMessageContaining("after 5 ms of simulated time not yet: peace");
        }
    }

    private static void randomWalk(Simulation simulation) {
        long[] place = new long[1];
        for (int step = 0; step < 100; step++) {
            simulation.after(simulation.prng().below(1000), () -> {
                place[0] += simulation.prng().between(-5, 5);
                simulation.trace("step", place[0], 0);
            });
        }
        simulation.runFor(1000);
    }
}
