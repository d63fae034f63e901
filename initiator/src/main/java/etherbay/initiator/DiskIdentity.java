// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.IdentifyData;

/**
 * What makes two answers to IDENTIFY those of one disk. Two processes of vblade on one host have
 * the same serial ({@code shelf.slot:hostname}); with the same size they cannot be told apart.
 *
 * @param sectors 512-byte sectors; grows, see {@link #grownFrom}
 */
record DiskIdentity(String serial, String model, long sectors) {
    static DiskIdentity of(IdentifyData data) {
        return new DiskIdentity(data.serial(), data.model(), data.sectors());
    }

    /** Whether serial and model are the same, whatever the size. */
    boolean sameDisk(DiskIdentity other) {
        return serial.equals(other.serial) && model.equals(other.model);
    }

    /** Whether it can be the same disk at a later time: as large or larger. */
    boolean grownFrom(DiskIdentity earlier) {
        return sameDisk(earlier) && sectors >= earlier.sectors;
    }

    @Override
    public String toString() {
        return "serial `" + serial + "`, model `" + model + "`, " + sectors + " sectors";
    }
}
