// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;

/**
 * A volume as a person asks for it.
 *
 * @param size how large, or by how much
 * @param stripeCount disks that the data goes round; 1 for linear
 * @param stripeSectors 512-byte sectors on one of them before the next follows
 * @param policy contiguous, normal, or inherit for the group's
 * @param disks media from which its extents are taken; empty for any
 */
public record VolumeRequest(
        VolumeSize size,
        int stripeCount,
        long stripeSectors,
        String policy,
        List<String> tags,
        List<String> disks) {
    /** lvm2's default: 64 KiB. */
    public static final long STRIPE_SECTORS_DEFAULT = 128;

    public VolumeRequest {
        tags = List.copyOf(tags);
        disks = List.copyOf(disks);
        policy = GroupChange.policy(policy);
        tags.forEach(Names::checkTag);
        boolean powerOfTwo = Long.bitCount(stripeSectors) == 1;
        if (stripeCount < 1 || stripeCount > 128 || !powerOfTwo || stripeSectors < 8) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    stripeCount + " stripes of " + stripeSectors * 512 + " bytes cannot be",
                    "there are 1 to 128 of them, each a power of two of at least 4 KiB",
                    "choose others: --stripes 2 --stripe-size 64K");
        }
    }

    /** Linear, wherever there is room. */
    public static VolumeRequest of(VolumeSize size) {
        return new VolumeRequest(size, 1, STRIPE_SECTORS_DEFAULT, "inherit", List.of(), List.of());
    }

    /** The same by another policy, from these disks. */
    public VolumeRequest with(String otherPolicy, List<String> otherDisks) {
        return new VolumeRequest(size, stripeCount, stripeSectors, otherPolicy, tags, otherDisks);
    }
}
