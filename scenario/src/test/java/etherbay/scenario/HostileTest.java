// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.Seeds;

import org.junit.jupiter.api.Test;

/**
 * The share of the hostile frames that every build runs; {@code ./dev hostile} runs ten million.
 */
final class HostileTest {
    private static final long FIXED_SEED = 20261125;
    private static final long FIXED_FRAME_COUNT = 100_000;
    private static final long FRESH_FRAME_COUNT = 100_000;

    private static HostileRun run(long seed, long frameCount) {
        System.out.printf("hostile: seed 0x%016x, %,d frames%n", seed, frameCount);
        HostileRun run = new HostileRun(HostilePlant.NONE);
        run.run(seed, frameCount, count -> {});
        System.out.println("hostile: " + run);
        return run;
    }

    @Test
    void framesOfAFixedSeedLeaveTheTargetAsTheModelSays() {
        HostileRun run = run(FIXED_SEED, FIXED_FRAME_COUNT);
        assertThat(run.marks().missing()).as("what no frame did").isEmpty();
    }

    @Test
    void framesOfAFreshSeedLeaveTheTargetAsTheModelSays() {
        String seed = System.getProperty("etherbay.seed", "");
        long chosen = seed.isEmpty() ? Seeds.fresh() : Seeds.parse(seed);
        HostileRun run = run(chosen, FRESH_FRAME_COUNT);
        assertThat(run.frameCount()).isEqualTo(FRESH_FRAME_COUNT);
    }
}
