// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.target.StateStore;

/** Where a canary may put something between the target and the world of a {@link HostileBox}. */
interface HostilePlant {
    /** Nothing is planted. */
    HostilePlant NONE = new HostilePlant() {};

    default void port(HostilePort port, HostileBox box) {}

    default BlockDevice disk(BlockDevice disk) {
        return disk;
    }

    default StateStore store(StateStore store) {
        return store;
    }
}
