// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.Seeds;
import etherbay.sim.Simulation;
import etherbay.sim.SimulationFailure;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Set;

final class CanariesTest {
    private static final int SEED_COUNT_MAX = 50;

    static Set<String> names() {
        return Canaries.byName().keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void eachPlantedBugIsFoundWithinFewSeeds(String name) {
        int tried = seedsUntilFound(name, Canaries.byName().get(name));
        System.out.println(name + ": found with seed " + tried);
        assertThat(tried).isLessThanOrEqualTo(SEED_COUNT_MAX);
    }

    private static int seedsUntilFound(String name, Simulation.Body body) {
        for (int seed = 1; seed <= SEED_COUNT_MAX; seed++) {
            try {
                Seeds.run(name, seed, body);
            } catch (SimulationFailure found) {
                return seed;
            }
        }
        return Integer.MAX_VALUE;
    }
}
