// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;

import java.util.List;

/**
 * What the model of an export is told about it: the decisions of its owner, and what its disk can.
 *
 * @param sectors size in 512-byte sectors
 * @param queueLength advertised as the buffer count
 * @param sectorsMax most sectors per request; 0 for what the MTU carries
 * @param accept who sees the export at all; empty for everybody
 * @param writeCache whether the write cache is on at start, and may be turned on again
 * @param trim whether the disk trims, and reads zeroes afterwards
 * @param frameAgeNsMax older frames are dropped
 */
public record ExportFacts(
        int shelf,
        int slot,
        int sectors,
        int queueLength,
        int sectorsMax,
        List<MacAddress> accept,
        boolean writeCache,
        boolean readOnly,
        boolean trim,
        long frameAgeNsMax) {

    public ExportFacts {
        accept = List.copyOf(accept);
    }
}
