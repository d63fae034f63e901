// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The JDK that runs this program as a read-only ext4 disk, so that our own code can run inside a
 * guest. In the guest it stands at the same path as on the host; the C library that it needs goes
 * into the initramfs. Made without mounting and without rights ({@code mke2fs -d}), kept in the
 * cache.
 *
 * @param home of the JDK, on the host and in the guest
 * @param image the disk
 */
public record JavaRuntime(Path home, Path image) {
    private static final String LABEL = "etherbay-jdk";
    // Of no use for running programs, and two thirds of a JDK.
    private static final Set<String> LEFT_OUT =
            Set.of("jmods", "man", "demo", "include", "legal", "src.zip", "ct.sym");
    private static final long SPARE_BYTES = 16L << 20;

    /** The image in {@code cacheFolder}, made on first use (some seconds). */
    public static JavaRuntime obtain(Path cacheFolder) {
        Path home = Path.of(System.getProperty("java.home"));
        try {
            Path folder = Files.createDirectories(cacheFolder.resolve("jdk"));
            Path image = folder.resolve(keyOf(home) + ".ext4");
            if (!Files.exists(image)) {
                make(home, folder, image);
            }
            return new JavaRuntime(home, image);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds what mounts it at boot, and its libraries, to {@code initramfs}. */
    public Initramfs addTo(Initramfs initramfs) {
        try (Stream<Path> files = Files.walk(home, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> binaries = files.filter(file -> file.toString().endsWith(".so"))
                    .filter(file -> !file.toString().contains("awt"))
                    .toList();
            for (Path binary : binaries) {
                initramfs.librariesOf(binary, home);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return initramfs
                .modules("virtio_blk", "ext4")
                .librariesOf(java(), home)
                .setup("mkdir -p %1$s && mount -t ext4 -o ro LABEL=%2$s %1$s"
                        .formatted(home, LABEL));
    }

    /** The disk to give the guest; its place among the drives does not matter. */
    public Drive drive() {
        return new Drive(image, true);
    }

    /** The {@code java} program, on the host and in the guest. */
    public Path java() {
        return home.resolve("bin/java");
    }

    private static String keyOf(Path home) throws IOException {
        Path release = home.resolve("release");
        String identity = home + "\n" + (Files.exists(release) ? Files.readString(release) : "");
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(identity.getBytes(StandardCharsets.UTF_8)),
                            0,
                            12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }

    private static void make(Path home, Path folder, Path image) throws IOException {
        Path work = Files.createTempDirectory(folder, "making-");
        try {
            Path tree = Files.createDirectory(work.resolve("tree"));
            long bytes = SPARE_BYTES + copy(home, tree);
            Path unfinished = work.resolve("image");
            HostCommand.runOrThrow(
                    work,
                    List.of(
                            HostCommand.require("mke2fs", "e2fsprogs").toString(),
                            "-q",
                            "-t",
                            "ext4",
                            "-O",
                            "^has_journal",
                            "-m",
                            "0",
                            "-L",
                            LABEL,
                            "-d",
                            tree.toString(),
                            unfinished.toString(),
                            (bytes + bytes / 8) / 1024 + "k"),
                    "is there room in " + folder + "? (df -h)");
            GuestCache.publish(unfinished, image);
        } finally {
            GuestCache.deleteTree(work);
        }
    }

    /** Copies files, not links: Debian's JDK has links out of its home. @return bytes copied */
    private static long copy(Path from, Path to) throws IOException {
        long bytes = 0;
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (LEFT_OUT.contains(name) || !Files.exists(entry)) {
                    continue;
                }
                Path copied = to.resolve(name);
                if (Files.isDirectory(entry)) {
                    bytes += copy(entry, Files.createDirectory(copied));
                } else {
                    Files.copy(entry, copied);
                    bytes += Files.size(copied);
                }
            }
        }
        return bytes;
    }
}
