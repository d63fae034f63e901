// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Addresses in the order in which they were given, each once. Immutable. */
final class MacList {
    static final MacList EMPTY = new MacList(List.of());

    private final List<MacAddress> macs;
    private final Set<MacAddress> set;

    MacList(List<MacAddress> macs) {
        this.macs = List.copyOf(macs);
        set = new HashSet<>(macs);
    }

    List<MacAddress> macs() {
        return macs;
    }

    boolean contains(MacAddress mac) {
        return set.contains(mac);
    }

    boolean isEmpty() {
        return macs.isEmpty();
    }

    int size() {
        return macs.size();
    }

    MacAddress get(int index) {
        return macs.get(index);
    }
}
