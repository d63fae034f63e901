// SPDX-License-Identifier: Apache-2.0
/** The AoE target: exports, the ATA command set, durable export state, and frame dispatch. */
@org.jspecify.annotations.NullMarked
package etherbay.target;
