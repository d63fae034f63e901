// SPDX-License-Identifier: Apache-2.0
/** The daemon of a node: what it was told, how it becomes so, and what it answers. */
@org.jspecify.annotations.NullMarked
package etherbay.node.daemon;
