// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

/**
 * Hears of each write that was executed: the evidence from which "never two writers" is judged.
 * Called on the export's loop when a write is about to be answered. One that has to be durable
 * first may be told after a newer one to the same sectors that has not: the order in which
 * overlapping writes took effect is that of their completion at the device.
 */
public interface WriteLog {
    /**
     * A write or trim that completed with OK or UNKNOWN.
     *
     * @param epoch the term of ownership in force when it was admitted
     * @param mac who sent it
     * @param crc32c of its data; 0 for a trim
     */
    void executed(long epoch, long mac, long lba, long sectors, int crc32c);
}
