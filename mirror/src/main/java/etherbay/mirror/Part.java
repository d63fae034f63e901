// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;

/**
 * What may be a leg, as whoever opened it knows it.
 *
 * @param name as a person names it: {@code e0.0}, a path
 * @param device with 512-byte logical blocks, on the loop of the mirror; closed by its opener
 * @param host the machine that serves it, where that is known; else empty
 */
public record Part(String name, BlockDevice device, LegGate gate, String host) {}
