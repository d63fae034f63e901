// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Prng;
import etherbay.mirror.Assembly.Extent;
import etherbay.mirror.Assembly.InSync;
import etherbay.mirror.Assembly.Leg;
import etherbay.mirror.Assembly.Recovering;
import etherbay.mirror.Assembly.Resync;
import etherbay.mirror.Assembly.Standing;
import etherbay.sim.Property;
import etherbay.sim.SimulationFailure;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Histories of arrays from seeds; {@code ./dev test mirror AssemblyHistoriesTest --seeds 100000}
 * runs more of them than usual. Wrong rules show that it can fail.
 */
final class AssemblyHistoriesTest {
    private static final int COUNT = Integer.getInteger("etherbay.seeds", 2000);

    /** Seeds within which each wrong rule is caught. */
    private static final int WRONG_COUNT = 2000;

    private record History(long seed, int stepCount) {}

    private static History make(Prng prng, int size) {
        return new History(prng.nextLong(), 2 + size * 100 / Property.SIZE_MAX);
    }

    @Test
    void noHistoryLeavesALegInSyncThatLacksAnAcknowledgedWrite() {
        Map<String, Integer> marks = new TreeMap<>();
        Property.check(
                "histories",
                COUNT,
                AssemblyHistoriesTest::make,
                history -> new MirrorHistory(new Prng(history.seed()), Assembly::decide, marks)
                        .run(history.stepCount()));
        System.out.println("histories: " + marks);
        if (COUNT >= 1000 && System.getProperty("etherbay.seed", "").isEmpty()) {
            assertThat(marks)
                    .containsKeys(
                            "assembled",
                            "assembled with BITMAP",
                            "assembled with FULL",
                            "bring back BITMAP",
                            "bring back FULL",
                            "clear",
                            "crash",
                            "filled",
                            "refused UNAVAILABLE",
                            "replace");
        }
    }

    @Test
    void aStaleLegTakenForFreshIsCaught() {
        assertCaught(
                "",
                (legs, request) ->
                        changed(Assembly.decide(legs, request), standing -> new InSync()));
    }

    @Test
    void anAbsentLegThatIsIgnoredIsCaught() {
        assertCaught(
                "",
                (legs, request) -> Assembly.decide(
                        legs, new AssemblyRequest(false, false, true, request.node(), 0)));
    }

    @Test
    void aBitmapTrustedWithoutReasonIsCaught() {
        assertCaught(
                "",
                (legs, request) -> changed(
                        Assembly.decide(legs, request),
                        standing -> standing instanceof Recovering
                                ? new Recovering(Extent.BITMAP, 0)
                                : standing));
    }

    @Test
    void aDirtyArrayTakenForCleanIsCaught() {
        assertCaught("differs", (legs, request) -> {
            Assembly plan = Assembly.decide(legs, request);
            return with(plan, plan.legs(), Resync.NONE);
        });
    }

    /** @param complaint a part of it; several kinds may come first where it is empty */
    private static void assertCaught(String complaint, MirrorHistory.Rules wrong) {
        assertThatThrownBy(() -> Property.check(
                        "wrong rules",
                        WRONG_COUNT,
                        AssemblyHistoriesTest::make,
                        history -> new MirrorHistory(
                                        new Prng(history.seed()), wrong, new TreeMap<>())
                                .run(history.stepCount())))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining(complaint);
    }

    private static Assembly changed(Assembly plan, UnaryOperator<Standing> change) {
        List<Leg> legs = plan.legs().stream()
                .map(leg -> leg.slot() == Superblock.SPARE
                        ? leg
                        : new Leg(
                                leg.reading(),
                                leg.deviceNumber(),
                                leg.slot(),
                                change.apply(leg.standing())))
                .toList();
        return with(plan, legs, plan.resync());
    }

    private static Assembly with(Assembly plan, List<Leg> legs, Resync resync) {
        return new Assembly(
                plan.arrayId(),
                plan.name(),
                plan.sizeSectors(),
                plan.legCount(),
                plan.freshest(),
                legs,
                plan.mustClaim(),
                plan.absent(),
                resync,
                plan.bitmaps(),
                plan.eventsCleared(),
                plan.eventsNext(),
                plan.epochMax(),
                plan.numbersTaken(),
                plan.losesWithForce(),
                plan.warnings());
    }
}
