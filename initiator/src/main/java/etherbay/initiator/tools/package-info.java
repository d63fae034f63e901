// SPDX-License-Identifier: Apache-2.0
/**
 * What the tools ask targets of any make, and what they make of the answers: discovery, IDENTIFY
 * DEVICE, config string, mask list, reservation, the paths in between. Text is the business of the
 * command line.
 */
@org.jspecify.annotations.NullMarked
package etherbay.initiator.tools;
