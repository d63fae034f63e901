// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;

import java.util.Locale;

/**
 * What an acknowledged write is worth at a target, by what IDENTIFY DEVICE claims: words 82 and 85
 * bit 5 (write cache there, and in use), 83 bits 12 and 13 (FLUSH). The one rule, for the tools and
 * for {@link RemoteDisk}.
 */
public enum Durability {
    /** Nobody knows, and nothing that we could send would make it durable. */
    UNKNOWN,
    /** Durable once a FLUSH behind it was answered. */
    FLUSH,
    /** Durable when acknowledged. */
    WRITE_THROUGH;

    /** vblade of any version; it answers FLUSH CACHE and does nothing (ata.c). */
    private static final String VBLADE = "Coraid EtherDrive vblade";

    public static Durability of(IdentifyData data) {
        if (isVblade(data)) {
            return UNKNOWN;
        }
        boolean inUse = data.has(Capability.WRITE_CACHE_ENABLED);
        // A target of ours says so when it has one; what others leave empty says nothing.
        boolean knowsItsCache =
                data.has(Capability.WRITE_CACHE) || data.vendor().isPresent();
        if (knowsItsCache && !inUse) {
            return WRITE_THROUGH;
        }
        return offersFlush(data) ? FLUSH : UNKNOWN;
    }

    /** Whether a FLUSH sent there means something. */
    static boolean offersFlush(IdentifyData data) {
        return !isVblade(data) && (data.has(Capability.FLUSH) || data.has(Capability.FLUSH_EXT));
    }

    /** Told by its model: it claims less than it does, and does less than others claim. */
    public static boolean isVblade(IdentifyData data) {
        return data.model().equals(VBLADE);
    }

    /** The word for it: {@code unknown}, {@code flush}, {@code write-through}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What a disk that says so is as a block device. */
    static BlockCapabilities capabilities(IdentifyData data) {
        boolean durable = of(data) != UNKNOWN;
        boolean trims = data.has(Capability.TRIM);
        return new BlockCapabilities(
                durable,
                durable,
                trims,
                data.vendor().isPresent() && trims && data.has(Capability.TRIM_ZEROES),
                BlockDevice.SECTOR_BYTES,
                AtaHeader.SECTOR_BYTES << data.physicalBlockExponent(),
                false,
                !data.has(Capability.NON_ROTATING));
    }
}
