// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

/**
 * What a guest begins with.
 *
 * @param kernel a kernel of the node that runs it, as an absolute path, which is started instead of
 *     what stands on the disk; empty to boot from the disk
 * @param initrd its initramfs; empty for none
 * @param commandLine of the kernel
 * @param seed a raw image for the guest's second, read-only disk (cloud-init's, say), as an
 *     absolute path on every node; empty for none
 */
public record GuestBoot(String kernel, String initrd, String commandLine, String seed) {
    public static final GuestBoot DISK = new GuestBoot("", "", "", "");
}
