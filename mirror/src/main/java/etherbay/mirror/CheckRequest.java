// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

/**
 * What a pass that compares the legs is to do with what differs.
 *
 * @param mends whether it writes
 * @param from the leg that is right; empty for what most of them say
 * @param fromSector where it begins: 0, or where a former one was ended
 */
public record CheckRequest(boolean mends, String from, long fromSector) {}
