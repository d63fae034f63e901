// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;

import java.util.List;

/** What a mirror can, by what its legs can. Values. */
final class Abilities {
    private Abilities() {}

    /** All that every leg which takes writes can. */
    static BlockCapabilities of(List<Leg> legs, boolean readOnly) {
        BlockCapabilities all = legs.stream()
                .filter(Leg::takesWrites)
                .map(leg -> leg.device.capabilities())
                .reduce(Abilities::both)
                .orElseThrow();
        return both(all, readOnly ? all.asReadOnly() : all);
    }

    private static BlockCapabilities both(BlockCapabilities one, BlockCapabilities other) {
        boolean trim = trims(one) && trims(other);
        return new BlockCapabilities(
                one.flush() && other.flush(),
                one.fua() && other.fua(),
                trim,
                trim,
                BlockDevice.SECTOR_BYTES,
                Math.max(one.physicalBlockBytes(), other.physicalBlockBytes()),
                one.readOnly() || other.readOnly(),
                one.rotational() || other.rotational());
    }

    /** All legs read zero where they were trimmed, or they would differ there. */
    private static boolean trims(BlockCapabilities can) {
        return can.trim() && can.zeroesAfterTrim();
    }

    /** Whether a leg can what a mirror has promised. */
    static boolean suffice(BlockCapabilities has, BlockCapabilities promised) {
        return (has.flush() || !promised.flush())
                && (has.fua() || !promised.fua())
                && (trims(has) || !promised.trim())
                && !has.readOnly();
    }
}
