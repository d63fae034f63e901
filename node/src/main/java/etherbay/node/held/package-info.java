// SPDX-License-Identifier: Apache-2.0
/**
 * What a node uses and offers besides its exports: AoE disks, mirrors, volumes. Each is opened as
 * soon as it can be, and looked for until then.
 */
@org.jspecify.annotations.NullMarked
package etherbay.node.held;
