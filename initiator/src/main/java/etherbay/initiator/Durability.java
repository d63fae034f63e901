// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AtaCommand;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;

import java.util.OptionalLong;

/**
 * What is known about the writes of one disk that were acknowledged and not flushed. Owned by the
 * disk's loop.
 */
final class Durability {
    /** How vblade calls itself; it offers FLUSH, and flushes nothing. */
    static final String VBLADE_MODEL = "Coraid EtherDrive vblade";

    /** What the disk offers. */
    enum Kind {
        /** Nobody knows when a write is durable. */
        UNKNOWN,
        /** A write is durable when it is answered. */
        WRITE_THROUGH,
        /** A write is durable after a FLUSH. */
        FLUSH
    }

    private Kind kind = Kind.UNKNOWN;
    private boolean extended;
    private boolean fua;
    private OptionalLong incarnation = OptionalLong.empty();
    private boolean dirty;
    private boolean dirtySinceFlush;
    private boolean lost;

    /** Takes what IDENTIFY offers, once when the disk is opened. */
    void offered(IdentifyData data) {
        kind = kindOf(data);
        extended = data.has(Capability.FLUSH_EXT);
        fua = data.has(Capability.FUA) && kind != Kind.UNKNOWN;
        incarnation = data.vendor()
                .map(vendor -> OptionalLong.of(vendor.incarnation()))
                .orElse(OptionalLong.empty());
    }

    /** What a disk with that IDENTIFY offers. */
    static Kind kindOf(IdentifyData data) {
        if (data.model().startsWith(VBLADE_MODEL)) {
            return Kind.UNKNOWN;
        }
        if (data.has(Capability.FLUSH) || data.has(Capability.FLUSH_EXT)) {
            return Kind.FLUSH;
        }
        // Word 82 says that there is a cache, word 85 that it is not used.
        return data.has(Capability.WRITE_CACHE) && !data.has(Capability.WRITE_CACHE_ENABLED)
                ? Kind.WRITE_THROUGH
                : Kind.UNKNOWN;
    }

    Kind kind() {
        return kind;
    }

    boolean flushOffered() {
        return kind == Kind.FLUSH;
    }

    int flushOpcode() {
        return extended ? AtaCommand.FLUSH_CACHE_EXT : AtaCommand.FLUSH_CACHE;
    }

    /** Whether a write can ask on the wire to be durable by itself. */
    boolean fuaOffered() {
        return fua;
    }

    boolean hasIncarnation() {
        return incarnation.isPresent();
    }

    /** A write was acknowledged that a FLUSH must still cover. */
    void written() {
        dirty = true;
        dirtySinceFlush = true;
    }

    boolean isDirty() {
        return dirty;
    }

    /** Whether acknowledged writes may be gone: no FLUSH succeeds any more. */
    boolean isLost() {
        return lost;
    }

    /**
     * Takes the incarnation that the disk has now.
     *
     * @return whether it is another one than before
     */
    boolean seen(OptionalLong now) {
        if (now.equals(incarnation)) {
            return false;
        }
        lost |= dirty;
        incarnation = now;
        return true;
    }

    void flushBegins() {
        dirtySinceFlush = false;
    }

    void flushFailed() {
        lost = true;
    }

    /** FLUSH and the look at the incarnation are done. @return whether all is durable */
    boolean flushEnds() {
        if (!lost) {
            dirty = dirtySinceFlush;
        }
        return !lost;
    }
}
