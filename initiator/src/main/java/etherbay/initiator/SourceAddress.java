// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

/**
 * Whom the frames for one disk come from: the port that sends them, or one term of ownership,
 * whichever port sends them. Owned by the disk's loop.
 */
final class SourceAddress {
    private @Nullable MacAddress term;

    /** The source of what goes out by that port now. */
    MacAddress of(EthernetPort port) {
        MacAddress address = term;
        return address == null ? port.mac() : address;
    }

    /** The address of the present term; null before the first. */
    @Nullable
    MacAddress term() {
        return term;
    }

    void term(MacAddress address) {
        term = address;
    }
}
