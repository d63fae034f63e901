// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.BlockDevice;
import etherbay.base.MacAddress;

import java.util.List;

/**
 * How a remote disk stands at one moment, for a person.
 *
 * @param sectors of 512 bytes; 0 while it was never identified
 * @param durable whether FLUSH means something; otherwise the durability of its writes is unknown
 * @param lost whether acknowledged writes may be gone, so that no FLUSH succeeds any more
 */
public record DiskStatus(
        DiskAddress address,
        BlockDevice.State state,
        long sectors,
        String serial,
        String model,
        boolean durable,
        boolean lost,
        List<PathStatus> paths) {
    /**
     * One way to it.
     *
     * @param port our interface
     * @param mac the target's address behind it
     * @param standing {@code up}, {@code silent} or {@code refused}: another disk answers there
     * @param sectors in a frame now
     * @param windowCount requests under way at most now
     * @param srttNs smoothed round-trip time
     * @param carriedCount frames for data sent by it so far
     * @param lostCount of those that were sent again, here or by another path, for want of an
     *     answer
     */
    public record PathStatus(
            String port,
            MacAddress mac,
            String standing,
            int sectors,
            int windowCount,
            long srttNs,
            long carriedCount,
            long lostCount) {}
}
