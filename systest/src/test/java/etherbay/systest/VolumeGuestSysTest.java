// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.DebianKernel;
import etherbay.guest.Drive;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A group that we made, in a Linux guest with device-mapper: LVM2 finds nothing to complain of,
 * activates it, and sees the bytes that we see; and we see what the guest then does to it. Needs no
 * root.
 */
@ExtendWith(ReasonInTrace.class)
class VolumeGuestSysTest {
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int DISK_BYTES = 40 << 20;
    private static final String GROUP = "labguest";

    @TempDir
    Path folder;

    private Path one;
    private Path two;

    @BeforeEach
    void makeDisks() throws IOException {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Tool.require("lvm", "lvm2");
        one = VolumeLab.disk(folder.resolve("one.img"), DISK_BYTES, 1);
        two = VolumeLab.disk(folder.resolve("two.img"), DISK_BYTES, 2);
    }

    private String etherbay(String... words) {
        return VolumeLab.etherbay(List.of(words), List.of(one, two));
    }

    private static String lvm(String verb, String rest) {
        return "/usr/bin/lvm " + verb + " --config 'activation{udev_sync=0 udev_rules=0"
                + " monitoring=0} backup{backup=0 archive=0}' " + rest;
    }

    private QemuGuest boot() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("dm-mod", "virtio_console"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_console", "virtio_blk", "dm-mod")
                .program("lvm", "lvm2")
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs)
                .drive(new Drive(one, false))
                .drive(new Drive(two, false));
        return QemuGuest.boot(command, BOOT_TIMEOUT);
    }

    @Test
    void aKernelSeesTheBytesThatWeSeeAndWeSeeWhatItDid() {
        etherbay("vg", "create", GROUP, one.toString(), two.toString(), "--yes");
        etherbay("lv", "create", GROUP, "whole", "--size", "20M");
        etherbay("lv", "create", GROUP, "striped", "--size", "16M", "--stripes", "2");
        etherbay("lv", "extend", GROUP, "whole", "--size", "+8M");
        String whole = VolumeLab.sha256(GROUP + "/whole", folder, List.of(one, two));
        String striped = VolumeLab.sha256(GROUP + "/striped", folder, List.of(one, two));
        try (QemuGuest guest = boot()) {
            String checked = guest.check(lvm("vgck", GROUP), TIMEOUT);
            assertThat(checked).doesNotContainIgnoringCase("warning");
            guest.check(lvm("vgchange", "-ay " + GROUP), TIMEOUT);
            assertThat(sum(guest, "whole")).isEqualTo(whole);
            assertThat(sum(guest, "striped")).isEqualTo(striped);
            guest.check("head -c 1000000 /dev/zero | tr '\\0' 'x'"
                    + " | dd of=/dev/mapper/labguest-striped bs=100000 conv=fsync 2>/dev/null");
            striped = sum(guest, "striped");
            guest.check(lvm("lvrename", GROUP + " whole all"), TIMEOUT);
            guest.check(lvm("lvextend", "-l +1 " + GROUP + "/all"), TIMEOUT);
            guest.check(lvm("lvcreate", "-an -Zn -Wn -L 4M -n theirs " + GROUP), TIMEOUT);
            guest.check(lvm("vgchange", "-an " + GROUP), TIMEOUT);
            guest.check("sync");
        }
        assertThat(etherbay("lv", "list"))
                .containsPattern("all +labguest +\\S+ +32\\.00m")
                .containsPattern("theirs +labguest +\\S+ +4\\.00m");
        assertThat(VolumeLab.sha256(GROUP + "/striped", folder, List.of(one, two)))
                .isEqualTo(striped);
    }

    private static String sum(QemuGuest guest, String volume) {
        return guest.check("sha256sum </dev/mapper/" + GROUP + "-" + volume, TIMEOUT)
                .split(" ", 2)[0];
    }
}
