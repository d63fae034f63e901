// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.image.GuestImage;
import etherbay.guest.image.ImageDestination;
import etherbay.guest.image.ImageSource;
import etherbay.guest.image.Login;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Images on disks, by the programs that copy and make them. Needs no root. */
@Timeout(900)
@ExtendWith(ReasonInTrace.class)
class GuestImageSysTest {
    private static final long DISK_BYTES = 64L << 20;
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(6);

    @TempDir
    Path folder;

    private Path work;

    @BeforeEach
    void tools() {
        Tool.require("qemu-img", "qemu-utils");
        work = folder.resolve("work");
    }

    private Path image(String name, long bytes) throws IOException {
        Path file = folder.resolve(name);
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(bytes);
            for (long at = 0; at < bytes / 2; at += 1 << 20) {
                made.seek(at);
                made.writeLong(~at);
            }
        }
        return file;
    }

    private static GuestImage copy(Path file) {
        return new GuestImage(new ImageSource.Copied(file), "h", Login.NOBODY);
    }

    @Test
    void rawAndQcow2AreCopiedToADiskOverNbd() throws IOException {
        Path raw = image("raw", DISK_BYTES / 2);
        Path qcow2 = folder.resolve("qcow2");
        Tool.check(List.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString()));
        for (Path source : List.of(raw, qcow2)) {
            Path disk = image("disk", DISK_BYTES);
            try (NbdServerProcess server = NbdServerProcess.atSocket(disk, folder.resolve("s"))) {
                List<Integer> percents = new ArrayList<>();
                copy(source)
                        .write(
                                ImageDestination.nbd(server.socket(), DISK_BYTES),
                                work,
                                (step, percent) -> percents.add(percent));
                assertThat(percents).isSorted().startsWith(0).endsWith(100);
            }
            Tool.check(List.of("cmp", "-n", "" + DISK_BYTES / 2, raw.toString(), disk.toString()));
            assertThat(work.toFile().list()).isEmpty();
        }
    }

    @Test
    void whatDoesNotFitOrIsNotWholeIsRefused() throws IOException {
        Path raw = image("raw", DISK_BYTES);
        Path disk = image("disk", DISK_BYTES / 2);
        ImageDestination small = ImageDestination.file(disk, DISK_BYTES / 2);
        assertThatThrownBy(() -> copy(raw).write(small, work, (step, percent) -> {}))
                .isInstanceOfSatisfying(EtherbayException.class, failure -> {
                    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(failure.why()).contains("67108864", "33554432");
                });
        Path overlay = folder.resolve("overlay");
        Tool.check(List.of(
                "qemu-img",
                "create",
                "-f",
                "qcow2",
                "-F",
                "raw",
                "-b",
                raw.toString(),
                overlay.toString()));
        assertThatThrownBy(() -> copy(overlay).check(ImageDestination.file(disk, DISK_BYTES)))
                .hasMessageContaining("no whole image");
        assertThatThrownBy(() -> copy(folder.resolve("none")).check(small))
                .hasMessageContaining("no image");
    }

    @Test
    void whoeverIsInterruptedLeavesNothing() throws IOException {
        Path raw = image("raw", DISK_BYTES);
        Path disk = image("disk", DISK_BYTES);
        ImageDestination to = ImageDestination.file(disk, DISK_BYTES);
        assertThatThrownBy(() -> copy(raw)
                        .write(to, work, (s, p) -> Thread.currentThread().interrupt()))
                .hasMessageContaining("not finished");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(work.toFile().list()).isEmpty();

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> copy(raw).write(to, work, (s, p) -> {}))
                .hasMessageContaining("not finished");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aSeedIsADiskThatCloudInitLooksFor() throws IOException {
        Tool.require("genisoimage", "genisoimage");
        Path seed = folder.resolve("seed");
        new GuestImage(new ImageSource.Cloud(seed), "h1", new Login("ssh-rsa AAAA me", ""))
                .writeSeed(seed, "id-1");
        String bytes = Tool.textOf(seed);
        assertThat(bytes.substring(32768, 32768 + 80)).contains("CD001", "cidata");
        assertThat(bytes).contains("#cloud-config\n", "ssh-rsa AAAA me", "id-1");
        assertThat(Files.getPosixFilePermissions(seed)).hasSize(2);
    }

    @Test
    void aDebianOfPackagesStartsToItsLogin() throws IOException {
        boolean full = Share.of(1, 2, "images (the other is a Debian)", getClass()) == 2;
        if (!full) {
            return;
        }
        GuestImage debian = new GuestImage(
                new ImageSource.Debian("bookworm"), "maiden", new Login("", "secret"));
        Path disk = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(2L << 30);
        }
        debian.write(
                ImageDestination.file(disk, 2L << 30),
                work,
                (step, percent) -> System.out.printf("%3d %% %s%n", percent, step));
        try (Daemon server = Daemon.start(List.of(
                "qemu-system-x86_64",
                "-machine",
                "q35,graphics=off",
                "-accel",
                "tcg,thread=multi,tb-size=128",
                "-cpu",
                "max",
                "-m",
                "512",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-drive",
                "if=virtio,format=raw,file=" + disk))) {
            server.awaitLog("maiden login:", BOOT_TIMEOUT);
        }
    }
}
