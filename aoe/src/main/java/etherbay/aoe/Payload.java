// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

/** How much data one frame carries. */
public final class Payload {
    /** The sector count of a request has 8 bits. */
    public static final int SECTORS_MAX = 255;

    private Payload() {}

    /**
     * Sectors that a frame carries at an MTU. The MTU does not count the 14 bytes of the Ethernet
     * header, the 36 of {@link AtaHeader#END} do; every peer subtracts all of them, and so do we:
     * to promise one sector more than the other side computes would lose it.
     *
     * @param mtu bytes behind the Ethernet header
     * @return 0..255; 0 below an MTU of 548, where no disk can be served
     */
    public static int sectors(int mtu) {
        return Math.clamp((mtu - AtaHeader.END) / AtaHeader.SECTOR_BYTES, 0, SECTORS_MAX);
    }

    /** Bytes of a frame with that many sectors of data. */
    public static int frameBytes(int sectorCount) {
        return AtaHeader.END + sectorCount * AtaHeader.SECTOR_BYTES;
    }
}
