// SPDX-License-Identifier: Apache-2.0
/** What a virtual machine is, and what runs one: QEMU today, other hypervisors by the same seam. */
@org.jspecify.annotations.NullMarked
package etherbay.guest.machine;
