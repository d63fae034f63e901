// SPDX-License-Identifier: Apache-2.0
/**
 * Measures the target: a load generator that speaks plain AoE, an answer-only responder that shows
 * how much the generator itself can carry, and the runs that put us beside other targets.
 */
@org.jspecify.annotations.NullMarked
package etherbay.bench;
