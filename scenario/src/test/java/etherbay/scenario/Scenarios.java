// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.sim.Simulation;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All scenarios by name: the one table that tests, {@code ./dev replay} and {@code ./dev sim} use.
 */
final class Scenarios {
    private static final Map<String, Simulation.Body> BY_NAME = table();

    private Scenarios() {}

    private static Map<String, Simulation.Body> table() {
        Map<String, Simulation.Body> table = new LinkedHashMap<>();
        table.put("power-cut-cache-off", PowerCut::cacheOff);
        table.put("power-cut-cache-on", PowerCut::cacheOn);
        table.put("failed-sync", FailedSync::run);
        table.put("late-duplicate", LateDuplicate::run);
        table.put("fence-in-flight", FenceInFlight::run);
        table.put("remote-disk", RemoteDiskLife::run);
        table.put("two-disks", TwoDisks::run);
        table.put("whole-stack", WholeStack::run);
        table.put("modelled-export", ModelledExport::run);
        table.put("quick-reboot", QuickReboot::run);
        table.put("held-copies", HeldCopies::run);
        table.put("short-frames", ShortFrames::run);
        table.put("long-outage", LongOutage::run);
        table.put("volumes", VolumeLife::run);
        table.put("mirror", MirrorLife::run);
        table.put("mirror-remote", RemoteMirrorLife::run);
        table.put("guest-moves", MoveLife::run);
        return table;
    }

    static Map<String, Simulation.Body> byName() {
        return BY_NAME;
    }

    /** Whether there is one, canaries included. */
    static boolean has(String name) {
        return BY_NAME.containsKey(name) || Canaries.byName().containsKey(name);
    }

    /** The scenario or canary of that name. */
    static Simulation.Body of(String name) {
        Simulation.Body body = BY_NAME.getOrDefault(name, Canaries.byName().get(name));
        if (body == null) {
            throw new IllegalArgumentException("no scenario is called " + name);
        }
        return body;
    }
}
