// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.Arch;
import etherbay.guest.HostCommand;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A Debian made of packages, which starts from the disk by itself: a partition table, GRUB in the
 * gap before the first partition, an ext4 file system over all the rest. Nothing is mounted, so
 * that any user can make one. Any thread.
 *
 * <pre>
 *   sector 0      boot.img of GRUB, 440 bytes; partition table
 *   sector 1...   core.img of GRUB, which reads /boot/grub/grub.cfg
 *   sector 2048   file system
 * </pre>
 */
final class DebianImage {
    private static final int SECTOR_BYTES = 512;
    private static final int PARTITION_SECTOR = 2048;
    private static final long PARTITION_BYTES_AT = (long) PARTITION_SECTOR * SECTOR_BYTES;
    private static final long DISK_BYTES_MIN = 1L << 30;
    private static final int BOOT_CODE_BYTES = 440; // then a signature, then the table
    private static final int TABLE_AT = 446;
    private static final long SECTORS_MAX = 0xFFFF_FFFFL; // of a partition in such a table
    private static final Path GRUB = Path.of("/usr/lib/grub/i386-pc");
    private static final List<String> GRUB_MODULES = List.of(
            "biosdisk",
            "part_msdos",
            "ext2",
            "normal",
            "linux",
            "configfile",
            "search",
            "search_fs_uuid",
            "echo",
            "test",
            "serial",
            "terminal",
            "boot");
    private static final String PACKAGES =
            "systemd-sysv,udev,dbus,kmod,iproute2,linux-image-cloud-amd64";
    private static final Set<String> RESOLVED_IN_SYSTEMD = Set.of("buster", "bullseye");
    private static final int PERCENT_FILE_SYSTEM = 60;
    private static final int PERCENT_COPY = 80;

    private final String suite;
    private final String hostname;
    private final Login login;
    private final Path work;
    private final ImageProgress progress;
    private final boolean root = System.getProperty("user.name").equals("root");
    private String step = "";
    private int percent;

    DebianImage(String suite, String hostname, Login login, Path work, ImageProgress progress) {
        this.suite = suite;
        this.hostname = hostname;
        this.login = login;
        this.work = work;
        this.progress = progress;
    }

    /** That this machine has what it takes, and the disk has room. */
    void require(ImageDestination to) {
        if (Arch.ofThisMachine() != Arch.X86_64) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "no Debian can be made of packages here",
                    "that is for x86-64 only: elsewhere a disk needs a partition for UEFI",
                    "use a cloud image: --image cloud:FILE");
        }
        HostCommand.require("mmdebstrap", "mmdebstrap");
        HostCommand.require("mke2fs", "e2fsprogs");
        HostCommand.require("perl", "perl-base");
        HostCommand.require("grub-mkimage", "grub-common");
        if (!Files.isReadable(GRUB.resolve("boot.img"))) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "GRUB for BIOS is not installed",
                    "there is no " + GRUB.resolve("boot.img"),
                    "apt-get install grub-pc-bin");
        }
        if (!root) {
            HostCommand.require("fakeroot", "fakeroot");
            HostCommand.require("newuidmap", "uidmap");
        }
        ImageCopy.program();
        if (to.bytes() < DISK_BYTES_MIN) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a Debian does not fit the disk",
                    "it has " + to.bytes() + " bytes",
                    "give a disk of at least " + (DISK_BYTES_MIN >> 20) + " MiB");
        }
    }

    void write(ImageDestination to) {
        packages();
        Path image = work.resolve("disk");
        fileSystem(image, to.bytes());
        boot(image, to.bytes());
        ImageCopy.copy(
                image,
                new ImageCopy.Info("raw", to.bytes(), true),
                to,
                work,
                progress,
                PERCENT_COPY);
    }

    private void packages() {
        progress.at("fetching Debian's packages", 0);
        String more = (RESOLVED_IN_SYSTEMD.contains(suite) ? "" : ",systemd-resolved")
                + (login.sshKey().isEmpty() ? "" : ",openssh-server");
        // Root writes a folder at once; others an archive, which is unpacked by fakeroot later.
        List<String> command = List.of(
                HostCommand.require("mmdebstrap", "mmdebstrap").toString(),
                "--variant=minbase",
                "--dpkgopt=force-unsafe-io",
                "--aptopt=Acquire::Languages \"none\"",
                "--include=" + PACKAGES + more,
                suite,
                work.resolve(root ? "root" : "root.tar").toString(),
                mirror());
        if (!root) {
            permit("rwxr-xr-x"); // mmdebstrap is another user inside its namespace
        }
        LongCommand.run(
                work,
                command,
                this::packagesSaid,
                "see that " + suite + " is there and the network reaches it");
        permit("rwx------");
    }

    private void permit(String permissions) {
        try {
            Files.setPosixFilePermissions(work, PosixFilePermissions.fromString(permissions));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Of {@code I: extracting archives...} the words, and a share of the time by experience. */
    private void packagesSaid(String said) {
        for (String line : said.split("[\\r\\n]+", -1)) {
            if (line.startsWith("I: ")) {
                step = line.substring("I: ".length()).replace("...", "").strip();
            }
        }
        int reached = step.startsWith("extracting") ? 15 : step.startsWith("installing") ? 30 : 5;
        percent = Math.max(percent, reached);
        progress.at(step.isEmpty() ? "fetching Debian's packages" : step, percent);
    }

    /** Where this machine itself has Debian from, of this release if it has that. */
    private String mirror() {
        List<String> lines = HostCommand.run(
                        work,
                        List.of(
                                "apt-get",
                                "indextargets",
                                "--format",
                                "$(CODENAME) $(REPO_URI)",
                                "Created-By: Packages",
                                "Label: Debian",
                                "Component: main"))
                .text()
                .lines()
                .filter(line -> !line.contains("-updates "))
                .toList();
        return lines.stream()
                .filter(line -> line.startsWith(suite + " "))
                .findFirst()
                .or(() -> lines.stream().findFirst())
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "no mirror of Debian is known here",
                        "apt has no package lists of Debian's",
                        "as root: apt-get update"));
    }

    private void fileSystem(Path image, long diskBytes) {
        progress.at("making the file system", PERCENT_FILE_SYSTEM);
        try {
            Path script = work.resolve("debian-image.sh");
            try (InputStream in = DebianImage.class.getResourceAsStream("debian-image.sh")) {
                if (in == null) {
                    throw new IllegalStateException("debian-image.sh is not on the class path");
                }
                Files.copy(in, script);
            }
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(diskBytes);
            }
            Files.writeString(work.resolve("key"), line(login.sshKey()));
            Files.writeString(work.resolve("hash"), hash());
            List<String> command = new ArrayList<>();
            if (!root) {
                command.add(HostCommand.require("fakeroot", "fakeroot").toString());
            }
            command.addAll(List.of("sh", script.toString(), hostname));
            command.addAll(List.of(UUID.randomUUID().toString(), image.toString()));
            command.addAll(List.of("" + PARTITION_BYTES_AT, partitionSectors(diskBytes) / 2 + "k"));
            LongCommand.run(
                    work,
                    command,
                    said -> {},
                    "is there room in " + work.getParent() + "? (df -h)");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String line(String text) {
        return text.isEmpty() ? "" : text + "\n";
    }

    /** As it stands in {@code /etc/shadow}; empty for no password. */
    private String hash() throws IOException {
        if (login.password().isEmpty()) {
            return "";
        }
        Path password = Files.writeString(work.resolve("password"), login.password());
        String salt = UUID.randomUUID().toString().replace("-", "").substring(0, 16);
        // The C library's crypt(3), by what every Debian has; not on the command line, for ps.
        return HostCommand.runOrThrow(
                        work,
                        List.of("perl", "-e", "print crypt(scalar <STDIN>, '$6$" + salt + "$')"),
                        password,
                        "give a key instead of a password")
                .text();
    }

    private static long partitionSectors(long diskBytes) {
        long sectors = diskBytes / SECTOR_BYTES - PARTITION_SECTOR;
        return Math.min(sectors, SECTORS_MAX) & -8; // whole blocks of the file system
    }

    /** GRUB's two parts and the table; all as {@code grub-install} would place them. */
    private void boot(Path image, long diskBytes) {
        Path core = work.resolve("core.img");
        List<String> command = new ArrayList<>(List.of(
                HostCommand.require("grub-mkimage", "grub-common").toString(),
                "-O",
                "i386-pc",
                "-o",
                core.toString(),
                "-p",
                "(hd0,msdos1)/boot/grub"));
        command.addAll(GRUB_MODULES);
        HostCommand.runOrThrow(work, command, "apt-get install --reinstall grub-pc-bin");
        try (RandomAccessFile disk = new RandomAccessFile(image.toFile(), "rw")) {
            byte[] later = Files.readAllBytes(core);
            if (later.length > PARTITION_BYTES_AT - SECTOR_BYTES) {
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "GRUB does not fit before the first partition",
                        "its core has " + later.length + " bytes",
                        "report the version of grub-pc-bin");
            }
            disk.write(Files.readAllBytes(GRUB.resolve("boot.img")), 0, BOOT_CODE_BYTES);
            disk.seek(TABLE_AT);
            disk.write(table(partitionSectors(diskBytes)));
            disk.write(later);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** One partition of Linux, to be started; its addresses as cylinders do not reach so far. */
    static byte[] table(long sectors) {
        return ByteBuffer.allocate(SECTOR_BYTES - TABLE_AT)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xFFFFFE80)
                .putInt(0xFFFFFE83)
                .putInt(PARTITION_SECTOR)
                .putInt((int) sectors)
                .putShort(SECTOR_BYTES - TABLE_AT - 2, (short) 0xAA55)
                .array();
    }
}
