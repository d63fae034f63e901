// SPDX-License-Identifier: Apache-2.0
/**
 * Hostile traffic: frames from a seed, most of them mutations of valid ones, and a model of what a
 * target must make of each. The model is written from {@code docs/protocols}, reads the bytes by
 * itself, and shares nothing with the module {@code target}, nor with {@code aoe}.
 */
@org.jspecify.annotations.NullMarked
package etherbay.sim.hostile;
