// SPDX-License-Identifier: Apache-2.0
/**
 * The conformance suite: whether a target of any make does on the wire what the initiators in the
 * field need. {@link etherbay.initiator.conform.Suite} runs it; {@code docs/conformance.md} is its
 * manual.
 */
@org.jspecify.annotations.NullMarked
package etherbay.initiator.conform;
