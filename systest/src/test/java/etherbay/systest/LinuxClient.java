// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.GuestRun;
import etherbay.guest.Initramfs;
import etherbay.guest.Nic;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** A Linux guest with the kernel's own {@code aoe} driver, plugged into a {@link NetLab}. */
final class LinuxClient implements AutoCloseable {
    static final Duration BOOT_TIMEOUT = Duration.ofSeconds(90);

    private static final String AOE_STAT = "/usr/bin/aoe-stat";

    private final QemuGuest guest;

    private LinuxClient(QemuGuest guest) {
        this.guest = guest;
    }

    static LinuxClient boot(NetLab lab, int mtu) {
        return boot(lab, mtu, initramfs -> initramfs);
    }

    /** With Debian's aoe-stat, which is a script for bash. */
    static LinuxClient bootWithAoeStat(NetLab lab, int mtu) {
        Path script = Tool.require("aoe-stat", "aoetools");
        return boot(
                lab,
                mtu,
                initramfs -> initramfs
                        .program("bash", "bash")
                        .file(AOE_STAT, 0755, Tool.bytesOf(script)));
    }

    private static LinuxClient boot(NetLab lab, int mtu, UnaryOperator<Initramfs> with) {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("aoe", "ext4", "virtio_console"));
        Path initramfs = with.apply(Initramfs.with(kernel)
                        .modules("virtio_pci", "virtio_console", "virtio_net", "ext4", "aoe")
                        .program("mkfs.ext4", "e2fsprogs")
                        .program("e2fsck", "e2fsprogs"))
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs)
                .nic(Nic.tap(lab.tap(), mtu))
                .inNamespace(lab.switchNamespace());
        return new LinuxClient(QemuGuest.boot(command, BOOT_TIMEOUT));
    }

    QemuGuest guest() {
        return guest;
    }

    /** Runs shell lines; a failing one is an error. @return what they printed */
    String sh(String lines) {
        return guest.check("set -e\n" + lines, Duration.ofMinutes(2));
    }

    /** Looks for {@code eX.Y} and waits until the driver calls it up. */
    void discover(String name) {
        sh("""
            echo > /dev/etherd/discover
            for i in $(seq 100); do
                [ "$(cat '/sys/block/etherd!%1$s/state' 2>/dev/null)" = up ] && exit 0
                usleep 100000
            done
            echo "no %1$s"; dmesg | tail -5; exit 1
            """.formatted(name));
    }

    /** An attribute of the driver: state, payload, mac, netif, size. */
    String attribute(String name, String attribute) {
        return sh("cat '/sys/block/etherd!" + name + "/" + attribute + "'");
    }

    /** What aoe-stat prints, every byte of it; after {@link #bootWithAoeStat}. */
    String aoeStat(String... arguments) {
        GuestRun run = guest.run("/usr/bin/bash " + AOE_STAT + " " + String.join(" ", arguments));
        if (run.exitCode() != 0) {
            throw new AssertionError("aoe-stat: " + run);
        }
        return new String(run.output(), StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        guest.close();
    }
}
