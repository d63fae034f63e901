// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Linux kernel and its modules out of a Debian package, unpacked into our cache and never
 * installed on the host. Needs no rights: {@code apt-get download} and {@code dpkg-deb -x} work for
 * everybody.
 *
 * <p>The cloud flavour comes first: a third of the download, and it boots faster, because it is
 * made for virtual machines. Where it lacks a module, the general flavour follows.
 *
 * @param version for instance {@code 6.1.0-56-cloud-amd64}
 * @param image what QEMU's {@code -kernel} takes
 * @param moduleFolder {@code .../lib/modules/VERSION}
 */
public record DebianKernel(String version, Path image, Path moduleFolder) {
    private static final String PACKAGE_PREFIX = "linux-image-";

    /**
     * A kernel that has all of {@code modules} (as files or built in): from the cache, else
     * downloaded from the Debian mirror of this machine.
     *
     * @throws EtherbayException when apt has no package lists, no mirror answers, or no flavour has
     *     the modules
     */
    public static DebianKernel obtain(Path cacheFolder, List<String> modules) {
        Arch arch = Arch.ofThisMachine();
        try {
            Path kernels = Files.createDirectories(cacheFolder.resolve("kernels"));
            List<String> flavours = List.of("cloud-" + arch.debianName, arch.debianName);
            Optional<DebianKernel> cached = newestCached(kernels, modules);
            if (cached.isPresent()) {
                return cached.get();
            }
            for (String flavour : flavours) {
                DebianKernel kernel = download(kernels, flavour);
                if (kernel.hasAll(modules)) {
                    return kernel;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "no Debian kernel for the guest",
                "neither flavour of linux-image has all of the modules " + modules,
                "see which release apt uses (apt-cache policy linux-image-" + arch.debianName
                        + ")");
    }

    private boolean hasAll(List<String> modules) {
        KernelModules index = new KernelModules(moduleFolder);
        return modules.stream().allMatch(index::has);
    }

    private static Optional<DebianKernel> newestCached(Path kernels, List<String> modules)
            throws IOException {
        List<Path> folders;
        try (Stream<Path> entries = Files.list(kernels)) {
            folders = entries.filter(
                            entry -> entry.getFileName().toString().startsWith(PACKAGE_PREFIX))
                    .sorted(Comparator.comparingLong(DebianKernel::modifiedMillis)
                            .reversed())
                    .toList();
        }
        // Cloud before general, so that a machine with both caches boots the fast one.
        return Stream.concat(
                        folders.stream().filter(folder -> folder.toString().contains("-cloud-")),
                        folders.stream().filter(folder -> !folder.toString().contains("-cloud-")))
                .map(DebianKernel::unpacked)
                .filter(kernel -> kernel.hasAll(modules))
                .findFirst();
    }

    private static long modifiedMillis(Path file) {
        return file.toFile().lastModified();
    }

    private static DebianKernel download(Path kernels, String flavour) throws IOException {
        String name = packageOf(kernels, flavour);
        Path place = kernels.resolve(name);
        if (Files.isDirectory(place)) {
            return unpacked(place);
        }
        Path work = Files.createTempDirectory(kernels, "unpacking-");
        try {
            HostCommand.runOrThrow(
                    work,
                    List.of("apt-get", "-q", "download", name),
                    "check the network and the mirror; refresh the lists with: apt-get update");
            Path tree = Files.createDirectory(work.resolve("tree"));
            Path deb = onlyFile(work, ".deb");
            HostCommand.runOrThrow(
                    work,
                    List.of("dpkg-deb", "-x", deb.toString(), tree.toString()),
                    "is there room in " + kernels + "? (df -h)");
            return unpacked(GuestCache.publish(tree, place));
        } finally {
            GuestCache.deleteTree(work);
        }
    }

    /**
     * Resolves the metapackage {@code linux-image-FLAVOUR} to the package with the kernel in it.
     */
    private static String packageOf(Path folder, String flavour) {
        String meta = PACKAGE_PREFIX + flavour;
        HostCommand.Outcome shown =
                HostCommand.run(folder, List.of("apt-cache", "show", "--no-all-versions", meta));
        return shown.text()
                .lines()
                .filter(line -> line.startsWith("Depends:"))
                .flatMap(line -> Stream.of(line.substring("Depends:".length()).split("[,|]", -1)))
                .map(dependency -> dependency.strip().split(" ", 2)[0])
                .filter(name -> name.startsWith(PACKAGE_PREFIX))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "no kernel for the guest: apt does not know the package " + meta,
                        "this machine has no package lists, or its sources are not Debian's",
                        "as root: apt-get update"));
    }

    private static DebianKernel unpacked(Path folder) {
        try {
            Path image = onlyFile(folder.resolve("boot"), "vmlinu");
            Path modules = folder.resolve("lib/modules");
            if (!Files.isDirectory(modules)) {
                modules = folder.resolve("usr/lib/modules");
            }
            try (Stream<Path> versions = Files.list(modules)) {
                Path versionFolder = versions.findFirst().orElseThrow();
                return new DebianKernel(
                        versionFolder.getFileName().toString(), image, versionFolder);
            }
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the cached kernel " + folder + " is not whole",
                    e.toString(),
                    "delete that folder and try again");
        }
    }

    private static Path onlyFile(Path folder, String namePart) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().contains(namePart))
                    .findFirst()
                    .orElseThrow(
                            () -> new IOException("no file like *" + namePart + "* in " + folder));
        }
    }
}
