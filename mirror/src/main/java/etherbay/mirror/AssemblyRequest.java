// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import java.util.UUID;

/**
 * How somebody wants an array assembled.
 *
 * @param readOnly without a claim, and without a word to the owner: nothing is written
 * @param takeOver although another node owns it
 * @param force although legs are absent that may know more
 * @param node identity of the node that asks
 * @param nowMs wall clock
 * @param since the latest epoch in which another node may have had it: it is refused, whatever else
 *     is asked for, when one has had it later; and without {@code takeOver} also when a leg has
 *     been claimed later
 */
public record AssemblyRequest(
        boolean readOnly, boolean takeOver, boolean force, UUID node, long nowMs, Epoch since) {
    /** Whoever has had it since. */
    public AssemblyRequest(
            boolean readOnly, boolean takeOver, boolean force, UUID node, long nowMs) {
        this(readOnly, takeOver, force, node, nowMs, new Epoch(-1));
    }
}
