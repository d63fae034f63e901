// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.JavaRuntime;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A guest whose kernel has the NBD driver, with our program and qemu-nbd, which serves a file of
 * the guest's memory on {@value #SOCKET}.
 */
final class NbdGuest implements AutoCloseable {
    static final String SOCKET = "/run/nbd.sock";
    static final String DISK = "/tmp/disk";
    static final String NAME = "e1.0";
    static final int DISK_MIB = 96;

    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration TIMEOUT = Duration.ofMinutes(4);
    private static final int MEMORY_MIB = 1024;

    private final QemuGuest guest;
    private final String program;

    private NbdGuest(QemuGuest guest, String program) {
        this.guest = guest;
        this.program = program;
    }

    static NbdGuest boot() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("nbd", "ext4", "virtio_console"));
        JavaRuntime runtime = JavaRuntime.obtain(cache);
        Initramfs initramfs = runtime.addTo(Initramfs.with(kernel))
                .modules("virtio_pci", "virtio_console", "virtio_blk", "ext4", "nbd")
                .program("qemu-nbd", "qemu-utils")
                .program("mke2fs", "e2fsprogs")
                .program("e2fsck", "e2fsprogs");
        TargetGuest.addProgram(initramfs);
        QemuCommand command = QemuCommand.linux(kernel, initramfs.build(cache))
                .memoryMib(MEMORY_MIB)
                .cpuCount(2)
                .drive(runtime.drive());
        String program = "%s %s -cp $(echo /app/*.jar | tr ' ' :) etherbay.cli.Main"
                .formatted(runtime.java(), TargetGuest.JVM);
        return new NbdGuest(QemuGuest.boot(command, BOOT_TIMEOUT), program);
    }

    /** Runs shell lines; a failing one is an error. @return what they printed */
    String sh(String lines) {
        return guest.check("set -e\n" + lines, TIMEOUT);
    }

    /** Runs our program to its end. @return what it printed; an exit code but 0 is an error */
    String etherbay(String arguments) {
        return sh(program + " " + arguments);
    }

    /** Runs our program to its end. @return its exit code, a line, what it printed */
    String etherbayFails(String arguments) {
        return sh("set +e; " + program + " " + arguments + "; echo exit $?");
    }

    void startServer() {
        sh("""
            [ -e %1$s ] || truncate -s %2$dM %1$s
            /usr/bin/qemu-nbd --fork -t -e 16 -f raw -x %3$s -k %4$s --pid-file=/run/server %1$s
            """.formatted(DISK, DISK_MIB, NAME, SOCKET));
    }

    /** As a crash: what was asked of it and not answered is lost. */
    void killServer() {
        sh("""
            kill -9 $(cat /run/server) 2>/dev/null || true
            while [ -d /proc/$(cat /run/server) ]; do usleep 50000; done
            rm -f %s
            """.formatted(SOCKET));
    }

    /** Starts {@code etherbay nbd connect} and waits until it has the device. */
    void startConnect(String options) {
        sh("""
            : >/tmp/connect
            %s nbd connect unix:%s --device --export %s %s >>/tmp/connect 2>&1 &
            echo $! >/run/connect
            while ! grep -q ' bytes' /tmp/connect; do
                [ -d /proc/$(cat /run/connect) ] || { cat /tmp/connect; exit 1; }
                usleep 200000
            done
            """.formatted(program, SOCKET, NAME, options));
    }

    /** Ends it with a signal, and waits until it is gone. @return all that it printed */
    String stopConnect(String signal) {
        return sh("""
            kill -%s $(cat /run/connect)
            while [ -d /proc/$(cat /run/connect) ]; do usleep 50000; done
            cat /tmp/connect
            """.formatted(signal));
    }

    /** Waits until {@code etherbay nbd connect} has said that. */
    void awaitLog(String text) {
        sh("while ! grep -q '%s' /tmp/connect; do usleep 100000; done".formatted(text));
    }

    /** What {@code etherbay nbd connect} has printed so far. */
    String connectLog() {
        return sh("cat /tmp/connect");
    }

    /** What the kernel has said. */
    String dmesg() {
        return sh("dmesg");
    }

    @Override
    public void close() {
        guest.close();
    }
}
