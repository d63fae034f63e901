// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;

import java.util.Locale;

/**
 * What an acknowledged write is worth at a target, by what IDENTIFY DEVICE claims: words 82 and 85
 * bit 5 (write cache there, and in use), 83 bits 12 and 13 (FLUSH). A target that claims nothing
 * promises nothing: most AoE targets keep what they acknowledged in memory and say so nowhere.
 */
public enum Durability {
    /** Nobody knows, or nothing that we could send would make it durable. */
    UNKNOWN,
    /** Durable once a FLUSH behind it was answered. */
    FLUSH,
    /** Durable when acknowledged. */
    WRITE_THROUGH;

    /** vblade of any version; it answers FLUSH CACHE and does nothing (ata.c). */
    private static final String VBLADE = "Coraid EtherDrive vblade";

    public static Durability of(IdentifyData data) {
        boolean flushes = data.has(Capability.FLUSH) || data.has(Capability.FLUSH_EXT);
        if (isVblade(data) || !flushes) {
            return UNKNOWN;
        }
        if (data.has(Capability.WRITE_CACHE_ENABLED)) {
            return FLUSH;
        }
        // A foreign target that does not fill in the cache words may well have one.
        boolean knowsItsCache =
                data.has(Capability.WRITE_CACHE) || data.vendor().isPresent();
        return knowsItsCache ? WRITE_THROUGH : UNKNOWN;
    }

    /** Told by its model: it claims less than it does, and does less than others claim. */
    public static boolean isVblade(IdentifyData data) {
        return data.model().equals(VBLADE);
    }

    /** The word for it: {@code unknown}, {@code flush}, {@code write-through}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
