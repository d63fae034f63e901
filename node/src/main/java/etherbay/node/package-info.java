// SPDX-License-Identifier: Apache-2.0
/** The daemon: what a person asked for, made into loops, ports, disks and exports. */
@org.jspecify.annotations.NullMarked
package etherbay.node;
