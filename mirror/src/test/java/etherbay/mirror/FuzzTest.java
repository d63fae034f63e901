// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.FuzzTarget;

import org.junit.jupiter.api.Test;

/** The fuzz target of this module on what is kept for it, and on mutations of that. */
final class FuzzTest {
    private static final FuzzTarget TARGET =
            new FuzzTarget(LegFuzz.class, LegFuzz::fuzzerTestOneInput);

    @Test
    void everyInputThatIsKeptIsTaken() {
        assertThat(TARGET.replay()).isGreaterThanOrEqualTo(6);
    }

    /** What is kept is no use where the first check ends it; {@link GoldenTest} reads the rest. */
    @Test
    void theRecordThatIsKeptIsWhole() {
        FuzzTarget.Input ours = TARGET.inputs().stream()
                .filter(input -> input.name().equals("ours.hex"))
                .findFirst()
                .orElseThrow();
        assertThat(ClaimFormat.decode(LegFuzz.sector(ours.bytes(), 3), 0, Samples.ARRAY_ID))
                .isPresent();
    }

    @Test
    void mutationsOfThemAreTaken() {
        TARGET.mutate(2000);
    }
}
