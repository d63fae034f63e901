// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.MacAddress;

/**
 * Whom a request is for: a disk, and the Ethernet address behind which it is.
 *
 * @param mac {@link MacAddress#BROADCAST} while it is not known, or to reach all
 */
public record Station(MacAddress mac, DiskAddress disk) {
    /** The disk, wherever it is. */
    public static Station anywhere(DiskAddress disk) {
        return new Station(MacAddress.BROADCAST, disk);
    }

    /** Another disk behind the same Ethernet address. */
    public Station with(DiskAddress other) {
        return new Station(mac, other);
    }
}
