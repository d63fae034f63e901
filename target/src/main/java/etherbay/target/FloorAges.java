// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.Loop;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When each floor of an export was last set, so that the table can make room. Not durable: a floor
 * found at start counts from then. Owned by the export's loop; control path.
 */
final class FloorAges {
    private final Loop loop;
    private final Map<MacAddress, Long> setNs = new HashMap<>();

    FloorAges(ExportState state, Loop loop) {
        this.loop = loop;
        state.floors().forEach(floor -> setNs.put(floor.mac(), loop.nowNs()));
    }

    /** The floor of {@code mac} is durable; floors that are not in {@code state} are forgotten. */
    void stored(ExportState state, MacAddress mac) {
        setNs.put(mac, loop.nowNs());
        setNs.keySet().removeIf(known -> !holds(state.floors(), known));
    }

    /** The oldest floor of a full table that may give up its place; null when all are too young. */
    @Nullable
    MacAddress evictable(ExportState state) {
        long nowNs = loop.nowNs();
        MacAddress oldest = null;
        long oldestNs = nowNs - Limits.FLOOR_AGE_NS_MIN;
        for (ExportState.Floor floor : state.floors()) {
            long atNs = setNs.getOrDefault(floor.mac(), nowNs);
            if (atNs < oldestNs) {
                oldest = floor.mac();
                oldestNs = atNs;
            }
        }
        return oldest;
    }

    private static boolean holds(List<ExportState.Floor> floors, MacAddress mac) {
        return floors.stream().anyMatch(floor -> floor.mac().equals(mac));
    }
}
