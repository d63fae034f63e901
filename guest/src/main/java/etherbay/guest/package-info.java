// SPDX-License-Identifier: Apache-2.0
/** Virtual machines: a Debian kernel, a small initramfs, and QEMU with a command channel. */
@org.jspecify.annotations.NullMarked
package etherbay.guest;
