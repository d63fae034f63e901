// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

/**
 * Hears of each write that was executed: the evidence from which "never two writers" and "never out
 * of order" are judged. Called on the export's loop in the order in which writes took effect,
 * before the answer is sent.
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
