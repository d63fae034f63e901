// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.scenario.PlantedBugs.EarlyAnswer;
import etherbay.scenario.PlantedBugs.EarlySave;
import etherbay.scenario.PlantedBugs.PolledTime;
import etherbay.scenario.PlantedBugs.RepeatedFlush;
import etherbay.scenario.PlantedBugs.SwallowedFlush;
import etherbay.sim.Simulation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Each scenario with each planted bug that it must find, by name; {@code ./dev replay} runs them
 * too.
 */
final class Canaries {
    private static final long LATE_NS = 2_000_000;

    private Canaries() {}

    static Map<String, Simulation.Body> byName() {
        Map<String, Simulation.Body> table = new LinkedHashMap<>();
        Consumer<TargetBox> swallow = box -> box.disguiseDisk(SwallowedFlush::new);
        table.put(
                "canary-flush-swallowed-cache-on",
                simulation -> PowerCut.planted(simulation, false, swallow));
        table.put(
                "canary-flush-swallowed-cache-off",
                simulation -> PowerCut.planted(simulation, true, swallow));
        table.put(
                "canary-acknowledged-before-sync",
                simulation -> PowerCut.planted(
                        simulation,
                        true,
                        box -> box.settings(settings -> settings.withWriteCache(true))));
        Consumer<TargetBox> early =
                box -> box.disguiseDisk((node, disk) -> new EarlyAnswer(node, disk, LATE_NS));
        table.put(
                "canary-acknowledged-before-disk",
                simulation -> PowerCut.planted(simulation, false, early));
        table.put(
                "canary-flush-repeated",
                simulation -> FailedSync.planted(
                        simulation,
                        box -> box.disguiseDisk((node, disk) -> new RepeatedFlush(disk))));
        table.put(
                "canary-order-of-polling",
                simulation -> LateDuplicate.planted(
                        simulation, box -> box.disguisePorts(PolledTime::new)));
        table.put(
                "canary-executed-out-of-order",
                simulation -> LateDuplicate.planted(simulation, early));
        table.put(
                "canary-fence-answered-before-writes",
                simulation -> FenceInFlight.planted(simulation, early));
        table.put(
                "canary-fence-answered-before-stored",
                simulation -> FenceInFlight.planted(
                        simulation, box -> box.disguiseStore(EarlySave::new)));
        plantInInitiator(table);
        plantUnderTheWholeStack(table);
        return table;
    }

    private static void plantInInitiator(Map<String, Simulation.Body> table) {
        table.put(
                "canary-tag-reused",
                simulation -> RemoteDiskLife.planted(simulation, InitiatorBugs.ReusedTags::new));
        table.put(
                "canary-rewritten-before-the-floor",
                simulation ->
                        RemoteDiskLife.planted(simulation, InitiatorBugs::floorThatStaysBehind));
        table.put(
                "canary-flush-without-incarnation",
                simulation ->
                        RemoteDiskLife.planted(simulation, InitiatorBugs::incarnationNotLookedAt));
        table.put(
                "canary-path-without-serial",
                simulation -> TwoDisks.planted(simulation, InitiatorBugs::serialNotLookedAt));
    }

    private static void plantUnderTheWholeStack(Map<String, Simulation.Body> table) {
        table.put(
                "canary-answer-under-a-foreign-tag",
                simulation -> WholeStack.planted(
                        simulation,
                        box -> box.disguisePorts((node, port) -> new TargetBugs.ForeignTag(port))));
        table.put(
                "canary-frame-never-given-back",
                simulation -> WholeStack.planted(
                        simulation,
                        box -> box.disguisePorts((node, port) -> new TargetBugs.KeptFrame(port))));
        table.put(
                "canary-error-without-a-reason",
                simulation -> WholeStack.planted(
                        simulation,
                        box -> box.disguiseDisk(
                                (node, disk) -> new TargetBugs.FailingWrites(disk))));
    }
}
