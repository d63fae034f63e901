// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

/**
 * How a pass over a mirror stands.
 *
 * @param what resync, recovery, check or repair
 * @param bytesPerSecond since it began
 * @param etaNs until it is through, at that pace; negative while there is none
 */
public record SyncProgress(
        String what, long doneSectors, long totalSectors, long bytesPerSecond, long etaNs) {
    /**
     * Of a pass that runs.
     *
     * @param skippedSectors below where it began
     * @param doneSectors since then
     */
    static SyncProgress of(
            String what, long skippedSectors, long doneSectors, long totalSectors, long elapsedNs) {
        double perNs = (double) doneSectors / Math.max(1, elapsedNs);
        long reachedSectors = skippedSectors + doneSectors;
        long leftSectors = Math.max(0, totalSectors - reachedSectors);
        long etaNs = perNs > 0 ? (long) (leftSectors / perNs) : -1;
        return new SyncProgress(what, reachedSectors, totalSectors, (long) (perNs * 512e9), etaNs);
    }
}
