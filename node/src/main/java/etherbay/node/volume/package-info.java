// SPDX-License-Identifier: Apache-2.0
/**
 * Volume groups on the disks of a node: where they lie, who may change them, how they are served.
 */
@org.jspecify.annotations.NullMarked
package etherbay.node.volume;
