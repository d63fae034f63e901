// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.concurrent.CompletableFuture;

/**
 * Block devices by the kernel's NBD driver, with a file system on them, while our process and the
 * server are killed and started again. In a guest; needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class KernelDeviceSysTest {
    /** Short, so that what was under way at a crash is soon asked again. */
    private static final String QUICK = "--timeout 8 --dead-timeout 120";

    private static NbdGuest guest;

    @BeforeAll
    static void boot() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Tool.require("qemu-nbd", "qemu-utils");
        guest = NbdGuest.boot();
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @BeforeEach
    void start() {
        guest.sh("dmesg -c >/dev/null; rm -f " + NbdGuest.DISK);
        guest.startServer();
    }

    @AfterEach
    void cleanUp() {
        // In order, if it can be: that ends the device, for which else another JVM is to start.
        guest.sh("""
            set +e
            umount /mnt 2>/dev/null
            [ -f /run/connect ] && kill -TERM $(cat /run/connect) 2>/dev/null
            for i in $(seq 200); do
                [ -f /run/connect ] && [ -d /proc/$(cat /run/connect) ] || break
                usleep 100000
            done
            [ -f /run/connect ] && kill -9 $(cat /run/connect) 2>/dev/null
            rm -f /run/connect
            """);
        if (!guest.sh("ls /dev/etherbay 2>/dev/null || true").isBlank()) {
            guest.etherbayFails("nbd disconnect --force " + NbdGuest.NAME);
        }
        guest.killServer();
    }

    private static void makeFileSystem() {
        guest.sh("/usr/bin/mke2fs -q -t ext4 /dev/etherbay/e1.0 && mount /dev/etherbay/e1.0 /mnt");
    }

    /** Begins to write files without end, each synced, and their checksums. */
    private static void startWriting() {
        guest.sh("""
            rm -f /tmp/stop /tmp/failed /tmp/sums; : >/tmp/sums
            (
                n=0
                while [ ! -e /tmp/stop ]; do
                    n=$((n + 1))
                    head -c 262144 /dev/urandom >/tmp/chunk
                    dd if=/tmp/chunk of=/mnt/f$((n % 100)) bs=256k conv=fsync || touch /tmp/failed
                    echo "$n $(md5sum </tmp/chunk)" >>/tmp/sums
                done
                touch /tmp/stopped
            ) >/dev/null 2>/tmp/writer &
            rm -f /tmp/stopped
            """);
        awaitWrites(3);
    }

    /** Waits until that many more files are written. */
    private static void awaitWrites(int count) {
        guest.sh("""
            want=$(($(wc -l </tmp/sums) + %d))
            while [ $(wc -l </tmp/sums) -lt $want ]; do usleep 100000; done
            """.formatted(count));
    }

    /** Ends the writing and holds the disk, read anew from the server, against the checksums. */
    private static void judgeWrites() {
        guest.sh("touch /tmp/stop; while [ ! -e /tmp/stopped ]; do usleep 100000; done");
        String wrong = guest.sh("""
            [ ! -e /tmp/failed ] || { echo failed; tail /tmp/writer; }
            umount /mnt
            /usr/bin/e2fsck -fn /dev/etherbay/e1.0 >/tmp/fsck 2>&1 || cat /tmp/fsck
            mount -o ro /dev/etherbay/e1.0 /mnt
            tail -n 100 /tmp/sums | while read -r n sum rest; do
                [ "$(md5sum </mnt/f$((n % 100)))" = "$sum  -" ] || echo "wrong: $n"
            done
            umount /mnt
            """);
        assertThat(wrong).isEmpty();
        assertThat(guest.dmesg()).doesNotContain("I/O error", "EXT4-fs error", "EXT4-fs warning");
    }

    private static void assertNoDevice() {
        assertThat(guest.sh("cat /sys/block/nbd0/size; ls /dev/etherbay; ls /sys/block/nbd*/pid"
                        + " 2>/dev/null || true"))
                .isEqualTo("0");
    }

    @Test
    void aDeviceHoldsAFileSystemAndLeavesNothingWhenItIsStopped() {
        guest.startConnect(QUICK);
        assertThat(guest.connectLog())
                .contains("e1.0: /dev/etherbay/e1.0 is /dev/nbd0, %d bytes"
                        .formatted(NbdGuest.DISK_MIB << 20));
        CompletableFuture<String> list =
                CompletableFuture.supplyAsync(() -> guest.etherbay("nbd list"));
        makeFileSystem();
        startWriting();
        awaitWrites(30);
        assertThat(list.join()).contains("/dev/nbd0", "etherbay e1.0/");
        judgeWrites();
        assertThat(guest.stopConnect("TERM")).contains("e1.0: the device has ended");
        assertNoDevice();
    }

    @Test
    void aFileSystemGoesOnWhenProcessAndServerAreKilledAndStartedAgain() {
        guest.startConnect(QUICK);
        makeFileSystem();
        startWriting();
        int roundCount = Share.of(1, 2, "kills", getClass());
        for (int round = 0; round < roundCount; round++) {
            guest.stopConnect("KILL");
            guest.killServer();
            guest.startServer();
            guest.startConnect(QUICK);
            assertThat(guest.connectLog()).contains("/dev/nbd0", "taken over");
            awaitWrites(10);
        }
        judgeWrites();
        assertThat(guest.stopConnect("TERM")).contains("e1.0: the device has ended");
        assertNoDevice();
    }

    @Test
    void aServerThatStartsAnewGetsNewConnections() {
        guest.startConnect(QUICK);
        makeFileSystem();
        startWriting();
        guest.killServer();
        guest.awaitLog("there is no new one");
        guest.startServer();
        awaitWrites(10);
        guest.awaitLog("4 of its connections are new");
        judgeWrites();
    }

    @Test
    void aProcessThatIsKilledAloneIsMissedByNobody() {
        guest.startConnect(QUICK);
        makeFileSystem();
        startWriting();
        guest.stopConnect("KILL");
        awaitWrites(10);
        guest.startConnect(QUICK);
        assertThat(guest.connectLog()).contains("taken over");
        awaitWrites(10);
        guest.killServer(); // and the new process knows of it
        guest.startServer();
        awaitWrites(10);
        judgeWrites();
    }

    @Test
    void aMountedDeviceIsNotTakenAway() {
        guest.startConnect(QUICK);
        makeFileSystem();
        startWriting();
        assertThat(guest.etherbayFails("nbd disconnect e1.0"))
                .contains("the device e1.0 is in use", "exit 6");
        assertThat(guest.stopConnect("TERM")).contains("is in use and stays");
        awaitWrites(10);
        judgeWrites();
        assertThat(guest.etherbay("nbd disconnect e1.0")).contains("the device has ended");
        assertNoDevice();
        assertThat(guest.etherbayFails("nbd disconnect e1.0"))
                .contains("there is no device e1.0", "exit 4");
    }

    @Test
    void theDeviceGrowsWithItsDiskAndEndsBehindTheBackOfItsProcess() {
        guest.startConnect(QUICK);
        guest.killServer();
        guest.sh("truncate -s %dM %s".formatted(NbdGuest.DISK_MIB + 32, NbdGuest.DISK));
        guest.startServer();
        guest.sh("while [ $(cat /sys/block/nbd0/size) != %d ]; do usleep 100000; done"
                .formatted((NbdGuest.DISK_MIB + 32) << 11));
        assertThat(guest.etherbayFails(
                        "nbd connect unix:" + NbdGuest.SOCKET + " --device --export e1.0"))
                .contains("is looked after already", "exit 6");
        guest.etherbay("nbd disconnect e1.0");
        guest.sh("while [ -d /proc/$(cat /run/connect) ]; do usleep 50000; done");
        assertThat(guest.connectLog()).contains("ended by another command");
        assertNoDevice();
    }

    @Test
    void whatCannotBeServedIsSaidInThreeLines() {
        CompletableFuture<String> noServer = CompletableFuture.supplyAsync(
                () -> guest.etherbayFails("nbd connect unix:/run/nobody --device --name x"));
        assertThat(guest.etherbayFails(
                        "nbd connect unix:" + NbdGuest.SOCKET + " --device --export none"))
                .contains("has no export `none`", "why: it says: ", "do: ", "exit 4");
        assertThat(noServer.join()).contains("cannot connect to the socket /run/nobody", "exit 4");
        assertNoDevice();
    }
}
