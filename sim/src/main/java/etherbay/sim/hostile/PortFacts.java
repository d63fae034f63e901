// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;

/** A port of the target: its address and its MTU. */
public record PortFacts(MacAddress mac, int mtu) {
    /** Sectors that a frame carries: aoe.md, section 2, "Payload". */
    int sectors() {
        return Math.clamp((mtu - Wire.ATA_DATA) / Wire.SECTOR_BYTES, 0, 255);
    }

    /** Entries of {@code entryBytes} that a frame carries behind {@code headerBytes}. */
    int entries(int headerBytes, int entryBytes) {
        return (mtu + 14 - headerBytes) / entryBytes;
    }
}
