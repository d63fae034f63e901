// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.DebianKernel;
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
import java.util.Map;

/**
 * The file system of a guest on a mirror, over NBD, while a target is killed and comes back. Needs
 * no root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorGuestSysTest {
    private static final long DISK_BYTES = 128L << 20;

    /** Issue 8, "what it must show", 2. */
    private static final Duration STALL_MAX = Duration.ofMillis(1500);

    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration TIMEOUT = Duration.ofMinutes(4);

    /**
     * Writes small files over and over, each durable before its sum is noted, and reads now and
     * then one past the page cache. /tmp/longest: hundredths of a second that one write took at
     * most.
     */
    private static final String WRITER = """
            cat >/tmp/writer <<'END'
            now() { cut -d' ' -f1 /proc/uptime | tr -d .; }
            put() { echo $2 >$1.new; mv $1.new $1; } # never empty, whoever looks
            fail() { echo "file $n: $1" >/tmp/failed; exit 1; }
            trap 'touch /tmp/stopped' EXIT
            n=0
            echo 0 >/tmp/longest
            while [ ! -e /tmp/stop ]; do
                n=$((n + 1)); file=f$((n % 200))
                head -c 16384 /dev/urandom >/tmp/chunk
                began=$(now)
                dd if=/tmp/chunk of=/mnt/$file bs=16k conv=fsync 2>/tmp/error || fail written
                took=$(($(now) - began))
                [ $took -le $(cat /tmp/longest) ] || put /tmp/longest $took
                md5sum </tmp/chunk >/tmp/sums/$file
                if [ $((n % 16)) = 0 ]; then
                    dd if=/mnt/$file bs=16k iflag=direct 2>/dev/null | md5sum >/tmp/found
                    cmp -s /tmp/found /tmp/sums/$file || fail differs
                fi
                put /tmp/count $n
                usleep 20000
            done
            END
            mkdir -p /tmp/sums; echo 0 >/tmp/count
            sh /tmp/writer >/dev/null 2>&1 &
            """;

    private static final String VERIFY = """
            touch /tmp/stop
            while [ ! -e /tmp/stopped ]; do usleep 100000; done
            [ ! -e /tmp/failed ] || { cat /tmp/failed /tmp/error; exit 1; }
            umount /mnt && /usr/bin/e2fsck -fn /dev/vda && mount -t ext4 -o ro /dev/vda /mnt
            for sum in /tmp/sums/*; do
                md5sum </mnt/${sum##*/} | cmp -s - $sum || { echo "wrong: $sum"; exit 1; }
            done
            umount /mnt
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void findTools() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
    }

    private static QemuGuest guestOn(Path socket) {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("ext4", "virtio_console"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_console", "virtio_blk", "ext4")
                .program("mke2fs", "e2fsprogs")
                .program("e2fsck", "e2fsprogs")
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs)
                .extra(
                        "-drive",
                        "if=none,format=raw,cache=none,id=d,file=nbd+unix:///?socket=" + socket,
                        "-device",
                        "virtio-blk-pci,drive=d");
        return QemuGuest.boot(command, BOOT_TIMEOUT);
    }

    private static int count(QemuGuest guest) {
        return Integer.parseInt(
                guest.check("[ ! -e /tmp/failed ] || { cat /tmp/failed /tmp/error; exit 1; };"
                                + " cat /tmp/count")
                        .strip());
    }

    private static void awaitFiles(QemuGuest guest, int more) {
        int wanted = count(guest) + more;
        Tool.await(more + " more files", TIMEOUT, () -> count(guest) >= wanted);
    }

    /** What one write took at most since the last call. */
    private static Duration takeLongest(QemuGuest guest) {
        String hundredths =
                guest.check("cat /tmp/longest; echo 0 >/tmp/zero; mv /tmp/zero /tmp/longest");
        return Duration.ofMillis(10 * Long.parseLong(hundredths.strip()));
    }

    @Test
    void aKilledTargetCostsAGuestOneShortStallAndNoByte() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach();
                    QemuGuest guest = guestOn(lab.socket())) {
                guest.check("/usr/bin/mke2fs -q -t ext4 /dev/vda && mount -t ext4 /dev/vda /mnt");
                guest.check(WRITER);
                awaitFiles(guest, 50);
                Duration before = takeLongest(guest);
                lab.killTarget(0);
                attached.awaitLog("e0.0: faulty, and the other legs say so", TIMEOUT);
                awaitFiles(guest, 30);
                Duration stall = takeLongest(guest);
                lab.startTarget(0);
                attached.awaitLog("e0.0: in sync", TIMEOUT);
                awaitFiles(guest, 30);
                Map<String, Object> detail = lab.awaitInSync(2, TIMEOUT);
                guest.check(VERIFY, TIMEOUT);
                System.out.printf(
                        "kill -9 of a target under ext4: stall %d ms (%d before), %d KiB copied%n",
                        stall.toMillis(),
                        before.toMillis(),
                        MirrorLab.number(detail, "copied_bytes") >> 10);
                assertThat(stall).isLessThanOrEqualTo(STALL_MAX);
                assertThat(guest.check("dmesg")).doesNotContain("I/O error", "EXT4-fs error");
                lab.check("stop", MirrorLab.NAME);
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
            }
            assertThat(MirrorLegs.firstDifference(lab.image(0), lab.image(1))).isNegative();
        }
    }
}
