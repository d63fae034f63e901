// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel: packet sockets, disks, waiting, locks. The only package that makes native calls, and
 * the only one that knows what differs between processor architectures.
 */
@org.jspecify.annotations.NullMarked
package etherbay.linux;
