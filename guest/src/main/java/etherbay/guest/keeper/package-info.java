// SPDX-License-Identifier: Apache-2.0
/**
 * Where a guest may run: each node's keeper of its guests, how they move between two nodes without
 * ever running on both, and how one is brought back that went down with its node.
 */
@org.jspecify.annotations.NullMarked
package etherbay.guest.keeper;
