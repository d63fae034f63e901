// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

/**
 * The turn of one contender in one round.
 *
 * @param round from 1; also the seed of the addresses, so that all of a round get the same ones
 * @param seconds of each point
 * @param warmUpSeconds before its first point; half as long before each further kind of request
 */
record Turn(Setting setting, BackingFile file, int round, double seconds, double warmUpSeconds) {}
