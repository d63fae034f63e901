// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.JavaRuntime;
import etherbay.guest.Nic;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * File systems on an AoE disk that no kernel driver reaches: of a guest whose virtio disk is our
 * NBD, and of a machine with our block device. Who uses them is killed. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class AttachGuestSysTest {
    private static final int DISK_BYTES = 96 << 20;
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration TIMEOUT = Duration.ofMinutes(4);
    private static final int FILE_COUNT_MIN = 12;

    /** Writes files, each durable before its sum is noted, until it is stopped or killed. */
    private static final String WRITER = """
            cat >/tmp/writer <<'END'
            n=0
            while [ ! -e /tmp/stop ]; do
                n=$((n + 1))
                head -c 131072 /dev/urandom >/tmp/chunk
                dd if=/tmp/chunk of=/mnt/f$n bs=128k conv=fsync 2>/tmp/error || touch /tmp/failed
                [ ! -e /tmp/failed ] || break
                echo "f$n $(md5sum </tmp/chunk)" >>/tmp/sums
                [ $n -lt 200 ] || break
            done
            touch /tmp/stopped
            END
            rm -f /tmp/stop /tmp/stopped /tmp/failed; : >/tmp/sums
            sh /tmp/writer >/dev/null 2>&1 &
            """;

    @TempDir
    Path folder;

    private Path segment;
    private Path image;

    @BeforeEach
    void makeDisk() throws IOException {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        segment = folder.resolve("segment");
        image = folder.resolve("disk");
        Files.write(image, new byte[DISK_BYTES]);
    }

    private Daemon target() {
        return SegmentLab.export("unix:" + segment, folder.resolve("state"), image);
    }

    private static Initramfs programs(DebianKernel kernel, String... modules) {
        return Initramfs.with(kernel)
                .modules(modules)
                .program("mke2fs", "e2fsprogs")
                .program("e2fsck", "e2fsprogs");
    }

    /** Waits until so many more files are durable. */
    private static void awaitFiles(QemuGuest guest, int count) {
        guest.check("""
                want=$(($(wc -l </tmp/sums) + %d))
                while [ $(wc -l </tmp/sums) -lt $want ]; do
                    [ ! -e /tmp/failed ] || { cat /tmp/error; exit 1; }
                    usleep 100000
                done
                """.formatted(count), TIMEOUT);
    }

    /** Lines that say which file of {@code sums} is not as it was when it was made durable. */
    private static String wrong(QemuGuest guest, String disk, String sums) {
        return guest.check("""
                set -e
                cat >/tmp/sums <<'END'
                %s
                END
                mount -t ext4 -o ro %s /mnt
                while read -r file sum rest; do
                    [ "$(md5sum </mnt/$file)" = "$sum  -" ] || echo "wrong: $file"
                done </tmp/sums
                umount /mnt
                """.formatted(sums, disk), TIMEOUT);
    }

    @Test
    void theFileSystemOfAGuestIsCleanAfterItsQemuIsKilled() {
        Path socket = folder.resolve("nbd");
        try (Daemon _ = SegmentLab.segment(segment);
                Daemon target = target();
                AttachProcess attached = AttachProcess.start(
                        command -> command, socket, "--if", "unix:" + segment)) {
            String sums;
            try (QemuGuest guest = guestOn(attached)) {
                guest.check("/usr/bin/mke2fs -q -t ext4 /dev/vda && mount -t ext4 /dev/vda /mnt");
                guest.check(WRITER);
                awaitFiles(guest, FILE_COUNT_MIN);
                sums = guest.check("cat /tmp/sums");
                guest.kill(); // and the writer writes on until then
            }
            try (QemuGuest guest = guestOn(attached)) {
                // The journal is played, nothing else is to mend; then there is nothing at all.
                String played = guest.check("/usr/bin/e2fsck -p /dev/vda; [ $? -le 1 ]", TIMEOUT);
                assertThat(played).contains("recovering journal").doesNotContain("FIXED");
                guest.check("/usr/bin/e2fsck -fn /dev/vda", TIMEOUT);
                assertThat(sums.lines().count()).isGreaterThanOrEqualTo(FILE_COUNT_MIN);
                assertThat(wrong(guest, "/dev/vda", sums)).isEmpty();
            }
            assertThat(target.isAlive()).isTrue();
            assertThat(attached.terminate()).as(attached.log()).isEqualTo(143);
        }
    }

    private static QemuGuest guestOn(AttachProcess attached) {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("ext4", "virtio_console"));
        Path initramfs = programs(kernel, "virtio_pci", "virtio_console", "virtio_blk", "ext4")
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs)
                .extra(
                        "-drive",
                        "if=none,format=raw,cache=none,id=d,file=" + attached.uri(),
                        "-device",
                        "virtio-blk-pci,drive=d");
        return QemuGuest.boot(command, BOOT_TIMEOUT);
    }

    @Test
    void aDeviceOfAnAoeDiskOutlivesTheProcessThatMadeIt() {
        try (Daemon _ = SegmentLab.segment(segment, "--mtu", "9000");
                Daemon target = target();
                QemuGuest guest = guestOnSegment()) {
            startAttach(guest);
            guest.check("/usr/bin/mke2fs -q -t ext4 /dev/etherbay/e1.0"
                    + " && mount -t ext4 /dev/etherbay/e1.0 /mnt");
            guest.check(WRITER);
            awaitFiles(guest, 3);
            stopAttach(guest, "KILL");
            startAttach(guest);
            assertThat(guest.check("cat /tmp/attach")).contains("taken over");
            awaitFiles(guest, FILE_COUNT_MIN);
            guest.check(
                    "touch /tmp/stop; while [ ! -e /tmp/stopped ]; do usleep 100000; done",
                    TIMEOUT);
            guest.check("[ ! -e /tmp/failed ] && umount /mnt", TIMEOUT);
            guest.check("/usr/bin/e2fsck -fn /dev/etherbay/e1.0", TIMEOUT);
            String sums = guest.check("cat /tmp/sums");
            assertThat(wrong(guest, "/dev/etherbay/e1.0", sums)).isEmpty();
            assertThat(stopAttach(guest, "TERM")).contains("e1.0: the device has ended");
            assertThat(guest.check("dmesg")).doesNotContain("I/O error", "EXT4-fs error");
            assertThat(target.isAlive()).isTrue();
        }
    }

    private QemuGuest guestOnSegment() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("nbd", "ext4", "virtio_console"));
        JavaRuntime runtime = JavaRuntime.obtain(cache);
        Initramfs initramfs = runtime.addTo(programs(
                kernel, "virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "ext4", "nbd"));
        TargetGuest.addProgram(initramfs);
        QemuCommand command = QemuCommand.linux(kernel, initramfs.build(cache))
                .memoryMib(1024)
                .cpuCount(2)
                .nic(Nic.segment(segment, 9000))
                .drive(runtime.drive());
        QemuGuest guest = QemuGuest.boot(command, BOOT_TIMEOUT);
        guest.check(
                "echo '%s %s -cp '$(echo /app/*.jar | tr ' ' :)' etherbay.cli.Main' >/tmp/etherbay"
                        .formatted(runtime.java(), TargetGuest.JVM));
        return guest;
    }

    private static void startAttach(QemuGuest guest) {
        guest.check("""
                : >/tmp/attach
                $(cat /tmp/etherbay) attach e1.0 --if eth0 --device --fail-after 60 \
                    >>/tmp/attach 2>&1 &
                echo $! >/run/attach
                while ! grep -q 'e1.0: /dev' /tmp/attach; do
                    [ -d /proc/$(cat /run/attach) ] || { cat /tmp/attach; exit 1; }
                    usleep 200000
                done
                """, TIMEOUT);
    }

    private static String stopAttach(QemuGuest guest, String signal) {
        return guest.check("""
                kill -%s $(cat /run/attach)
                while [ -d /proc/$(cat /run/attach) ]; do usleep 50000; done
                cat /tmp/attach
                """.formatted(signal), TIMEOUT);
    }
}
