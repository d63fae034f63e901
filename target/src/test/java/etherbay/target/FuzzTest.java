// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.FuzzTarget;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** The fuzz targets of this module on what is kept for them, and on mutations of that. */
final class FuzzTest {
    static List<FuzzTarget> targets() {
        return List.of(
                new FuzzTarget(TargetFuzz.class, TargetFuzz::fuzzerTestOneInput),
                new FuzzTarget(StateFuzz.class, StateFuzz::fuzzerTestOneInput));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everyInputThatIsKeptIsTaken(FuzzTarget target) {
        assertThat(target.replay()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void mutationsOfThemAreTaken(FuzzTarget target) {
        target.mutate(1000);
    }
}
