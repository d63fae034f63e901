// SPDX-License-Identifier: Apache-2.0
/**
 * The simulated world: clock, network and disks behind the seams of {@code base}, driven by one
 * seed on one thread, and the checkers that judge what the code under test did in it. A test
 * library; the shipped program does not contain it.
 */
@org.jspecify.annotations.NullMarked
package etherbay.sim;
