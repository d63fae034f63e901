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
        String what, long doneSectors, long totalSectors, long bytesPerSecond, long etaNs) {}
