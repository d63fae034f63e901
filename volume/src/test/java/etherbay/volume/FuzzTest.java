// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.FuzzTarget;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** The fuzz target of this module on what is kept for it, and on mutations of that. */
final class FuzzTest {
    static List<FuzzTarget> targets() {
        return List.of(new FuzzTarget(VolumeFuzz.class, VolumeFuzz::fuzzerTestOneInput));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everyInputThatIsKeptIsTaken(FuzzTarget target) {
        assertThat(target.replay()).isPositive();
    }

    /** What is kept is no use where the first check ends it. */
    @Test
    void theInputsThatAreKeptHoldGroups() {
        List<String> groups = targets().getFirst().inputs().stream()
                .map(input -> input.name() + " " + versionCount(input))
                .toList();
        assertThat(groups)
                .contains("raw-small.hex 1", "raw-two-areas.hex 2", "raw-volumes.hex 1")
                .contains("text-foreign.txt 1", "text-one-line.txt 1", "text-volumes.txt 1")
                .contains("raw-unsealed.hex 0");
    }

    private static int versionCount(FuzzTarget.Input input) {
        Pool pool = Pool.open(VolumeFuzz.media(input.bytes()));
        return pool.groups().stream()
                .mapToInt(group -> pool.history(group).size())
                .sum();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void mutationsOfThemAreTaken(FuzzTarget target) {
        target.mutate(1000);
    }
}
