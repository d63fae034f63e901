// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.Drive;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A Linux guest with the md driver and mdadm, and files of the host as its disks: {@code /dev/vda},
 * {@code /dev/vdb} and so on. Nothing in it assembles an array unasked. Needs no root.
 */
final class MdGuest implements AutoCloseable {
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final QemuGuest guest;

    private MdGuest(QemuGuest guest) {
        this.guest = guest;
    }

    /** Skips the test where the machine has no QEMU, or no mdadm. */
    static MdGuest boot(List<Path> disks) {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Tool.require("mdadm", "mdadm");
        Path cache = GuestCache.folder();
        DebianKernel kernel =
                DebianKernel.obtain(cache, List.of("raid1", "virtio_console", "virtio_blk"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_console", "virtio_blk", "raid1")
                .program("mdadm", "mdadm")
                .setup("mkdir -p /run/mdadm")
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs);
        for (Path disk : disks) {
            command = command.drive(new Drive(disk, false));
        }
        return new MdGuest(QemuGuest.boot(command, BOOT_TIMEOUT));
    }

    /** A shell command that must succeed. @return what it printed */
    String run(String command) {
        return guest.check(command, TIMEOUT);
    }

    /** What md says of an array: {@code attribute("md0", "sync_action")}. */
    String attribute(String array, String name) {
        return run("cat /sys/block/" + array + "/md/" + name).strip();
    }

    /** What the kernel has said of md so far. */
    String messages() {
        return run("dmesg | grep -E 'md[/:]|md[0-9]' || true");
    }

    /** For what this does not offer. */
    QemuGuest guest() {
        return guest;
    }

    @Override
    public void close() {
        guest.close();
    }
}
