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
final class UnflushedWrites {
    private boolean known;
    private boolean flush;
    private boolean extended;
    private boolean fua;
    private OptionalLong incarnation = OptionalLong.empty();
    private boolean dirty;
    private boolean dirtySinceFlush;
    private boolean lost;

    /** Takes what IDENTIFY offers, once when the disk is opened. */
    void offered(IdentifyData data) {
        known = Durability.of(data) != Durability.UNKNOWN;
        flush = Durability.offersFlush(data);
        extended = data.has(Capability.FLUSH_EXT);
        fua = data.has(Capability.FUA) && known;
        incarnation = data.vendor()
                .map(vendor -> OptionalLong.of(vendor.incarnation()))
                .orElse(OptionalLong.empty());
    }

    /** Whether it can be known when a write is durable. */
    boolean isKnown() {
        return known;
    }

    /**
     * Whether a FLUSH is sent. Also to a disk that writes through: its cache may be turned on while
     * we use it.
     */
    boolean flushOffered() {
        return flush;
    }

    int flushOpcode() {
        return extended ? AtaCommand.FLUSH_CACHE_EXT : AtaCommand.FLUSH_CACHE;
    }

    /** Whether a write can ask on the wire to be durable by itself. */
    boolean fuaOffered() {
        return fua;
    }

    /**
     * What READs are bound to: the incarnation that the disk has as far as its user knows. Another
     * one refuses them, since it may lack what was acknowledged. 0 where there is none.
     */
    int mark() {
        return incarnation.isPresent() ? IdentifyData.Vendor.mark(incarnation.getAsLong()) : 0;
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

    /** What was lost is forgotten: somebody else sees to it. The present incarnation stands. */
    void renew() {
        lost = false;
        dirty = false;
        dirtySinceFlush = false;
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
