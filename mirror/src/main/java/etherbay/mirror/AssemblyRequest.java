// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.UUID;

/**
 * How somebody wants an array assembled.
 *
 * @param readOnly without a claim, and without a word to the owner: nothing is written
 * @param takeOver although another node owns it
 * @param force although legs are absent that may know more
 * @param node identity of the node that asks
 * @param nowMs wall clock
 */
public record AssemblyRequest(
        boolean readOnly, boolean takeOver, boolean force, UUID node, long nowMs) {}
