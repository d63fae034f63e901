// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.MacAddress;

import java.util.Arrays;
import java.util.Collection;

/**
 * Who may do what with an export by the configuration of its node, as opposed to the mask list,
 * which is edited over the wire. Asked once per frame; allocates nothing.
 *
 * <p>Without {@link #DISCOVER} or {@link #CONFIG} the answer is silence, without {@link #READ} or
 * {@link #WRITE} it is ABRT. None of the four: the requester does not exist.
 */
@FunctionalInterface
public interface Access {
    /** May read, test and compare the config string, and gets beacons. */
    int DISCOVER = 1;

    /** May set the config string, edit masks, reserve, fence and set floors. */
    int CONFIG = 2;

    /** May send ATA commands. */
    int READ = 4;

    /** May send ATA commands that change data or settings. */
    int WRITE = 8;

    int ALL = DISCOVER | CONFIG | READ | WRITE;

    /** The rights of a source address, as a set of bits. */
    int rights(long mac);

    /** Everybody may do everything. */
    static Access open() {
        return mac -> ALL;
    }

    /** The listed addresses may do everything, others nothing; an empty list is {@link #open}. */
    static Access accepting(Collection<MacAddress> macs) {
        if (macs.isEmpty()) {
            return open();
        }
        long[] sorted = macs.stream().mapToLong(MacAddress::bits).sorted().toArray();
        return mac -> Arrays.binarySearch(sorted, mac) >= 0 ? ALL : 0;
    }
}
