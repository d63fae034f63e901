// SPDX-License-Identifier: Apache-2.0
/**
 * The other end of the wire: what asks AoE targets, of any make. {@link
 * etherbay.initiator.AoeClient} is the blocking client of the tools. Knows nothing of our own
 * target.
 */
@org.jspecify.annotations.NullMarked
package etherbay.initiator;
