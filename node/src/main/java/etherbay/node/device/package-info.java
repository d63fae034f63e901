// SPDX-License-Identifier: Apache-2.0
/** Block devices in {@code /dev} of what an NBD server serves, through the kernel's NBD driver. */
@org.jspecify.annotations.NullMarked
package etherbay.node.device;
