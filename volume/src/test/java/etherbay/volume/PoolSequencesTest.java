// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.Property;

import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.TreeMap;

/**
 * Sequences of commands from seeds; {@code ./dev test volume PoolSequencesTest --seeds 10000} runs
 * more of them than usual.
 */
final class PoolSequencesTest {
    private static final int COUNT = Integer.getInteger("etherbay.seeds", 2000);

    private record Sequence(long seed, int stepCount) {}

    @Test
    void everySequenceOfCommandsAndAccidentsLeavesWhatItSays() {
        Map<String, Integer> marks = new TreeMap<>();
        Property.check(
                "sequences",
                COUNT,
                (prng, size) -> new Sequence(prng.nextLong(), 1 + size * 39 / Property.SIZE_MAX),
                sequence -> new PoolSequence(sequence.seed(), marks).run(sequence.stepCount()));
        System.out.println("sequences: " + marks);
        if (COUNT >= 1000 && System.getProperty("etherbay.seed", "").isEmpty()) {
            assertThat(marks).containsKeys("lose", "bring back", "wipe");
            for (String command : java.util.List.of(
                    "vg create",
                    "vg extend",
                    "vg reduce",
                    "vg remove-missing",
                    "vg rename",
                    "vg remove",
                    "vg restore",
                    "pv extend",
                    "tag",
                    "lv create",
                    "lv extend",
                    "lv reduce",
                    "lv rename",
                    "lv remove")) {
                assertThat(marks).containsKeys(command + " DONE", command + " CUT");
            }
        }
    }
}
