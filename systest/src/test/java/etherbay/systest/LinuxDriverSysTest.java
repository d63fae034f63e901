// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;

/** The {@code aoe} driver of a Linux kernel that nobody here wrote. */
@ExtendWith(ReasonInTrace.class)
class LinuxDriverSysTest {
    private static final long DISK_BYTES = 256L << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"VBLADE, 9000", "ETHERBAY, 1500", "ETHERBAY, 9000"})
    void linuxKeepsAFileSystemOnTheDisk(AoeServer server, int mtu) throws IOException {
        Path image = sparse("disk");
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            try (Capture capture = Capture.start(target, folder.resolve("aoe.pcap"));
                    Daemon daemon = server.start(target, 1, 0, image);
                    LinuxClient linux = LinuxClient.boot(lab, mtu)) {
                linux.discover("e1.0");
                assertThat(linux.attribute("e1.0", "payload"))
                        .isEqualTo(mtu == 9000 ? "8704" : "1024");
                assertThat(linux.attribute("e1.0", "size")).isEqualTo("" + DISK_BYTES / 512);
                assertThat(linux.attribute("e1.0", "mac"))
                        .isEqualTo(target.mac().replace(":", ""));
                fileSystemKeepsWhatWasWritten(linux);
                assertThat(daemon.isAlive()).isTrue();
                capture.assertAllWellFormed(target.mac());
            }
        }
        String e2fsck = Tool.require("e2fsck", "e2fsprogs").toString();
        Tool.check(List.of(e2fsck, "-fn", image.toString())); // what Linux wrote is in our file
    }

    private static void fileSystemKeepsWhatWasWritten(LinuxClient linux) {
        linux.sh("""
            mkfs.ext4 -q /dev/etherd/e1.0
            mount -t ext4 /dev/etherd/e1.0 /mnt
            for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/file$i bs=64k count=64 2>/dev/null; done
            printf odd > /mnt/small
            cd /mnt; sha256sum file* small > /tmp/sums; cd /
            sync
            umount /mnt
            echo 3 > /proc/sys/vm/drop_caches
            mount -t ext4 /dev/etherd/e1.0 /mnt
            cd /mnt; sha256sum -c /tmp/sums; cd /
            umount /mnt
            e2fsck -fn /dev/etherd/e1.0
            """);
    }

    @ParameterizedTest
    @CsvSource({"ETHERBAY, 9000"})
    void linuxComesBackToATargetThatWasAwayForLongerThanDeadsecs(AoeServer server, int mtu)
            throws IOException {
        Path image = sparse("disk");
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            Daemon first = server.start(target, 1, 0, image);
            try (LinuxClient linux = LinuxClient.boot(lab, mtu)) {
                linux.discover("e1.0");
                linux.sh("echo 3 > /sys/module/aoe/parameters/aoe_deadsecs");
                first.close();
                assertThat(linux.guest()
                                .run("dd if=/dev/etherd/e1.0 of=/dev/null bs=4k count=1")
                                .exitCode())
                        .as("a read without a target")
                        .isNotZero();
                assertThat(linux.attribute("e1.0", "state")).startsWith("down");
                try (Daemon second = server.start(target, 1, 0, image)) {
                    linux.discover("e1.0");
                    linux.sh("dd if=/dev/etherd/e1.0 of=/dev/null bs=4k count=1");
                    assertThat(second.isAlive()).isTrue();
                }
            }
        }
    }

    private Path sparse(String name) throws IOException {
        Path file = folder.resolve(name);
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(DISK_BYTES);
        }
        return file;
    }
}
