// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

/** What running a rule changes at the target, for as long as it runs. */
public enum Touches {
    NOTHING,
    /** Config string, reservation, write cache. */
    STATE,
    /** The mask list. By itself, because vblade dies when an address is taken off it. */
    MASKS,
    /** Sectors of the disk too. */
    DATA
}
