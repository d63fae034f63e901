// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code ./dev package} makes, and clean roots of Debian, as small as they come and without
 * Java, to put it into. The roots come from where this machine has its packages from. As root;
 * one thread.
 */
final class PackageLab implements AutoCloseable {
    private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration ROOT_TIMEOUT = Duration.ofMinutes(6);
    private static final Path MADE = AoeServer.Repository.root().resolve(".build/package");

    private final Path folder;
    private final Path base;

    private PackageLab(Path folder) {
        this.folder = folder;
        base = folder.resolve("base");
    }

    /** Packages the program, and fetches a Debian. */
    static PackageLab make() {
        Tool.requireRoot();
        String maker = Tool.require("mmdebstrap", "mmdebstrap").toString();
        PackageLab lab = new PackageLab(folder());
        run(BUILD_TIMEOUT, AoeServer.Repository.root().resolve("dev").toString(), "package");
        List<String> words = new ArrayList<>(List.of(
                maker,
                "--quiet",
                "--variant=essential",
                "--dpkgopt=force-unsafe-io",
                "--include=adduser"));
        words.addAll(origin(lab.base));
        run(ROOT_TIMEOUT, words.toArray(String[]::new));
        return lab;
    }

    /** Short, for the sockets in it. */
    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("etherbay-package-");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Suite, folder and mirror of the Debian that this machine itself is. */
    private static List<String> origin(Path folder) {
        String line = Tool.check(List.of(
                        "apt-get",
                        "indextargets",
                        "--format",
                        "$(CODENAME) $(REPO_URI)",
                        "Created-By: Packages",
                        "Label: Debian",
                        "Component: main"))
                .lines()
                .filter(each -> !each.contains("-updates "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("apt knows no mirror: apt-get update"));
        String[] words = line.split(" ", -1);
        return List.of(words[0], folder.toString(), words[1]);
    }

    static Path deb() {
        return made("*.deb");
    }

    static Path tarball() {
        return made("*.tar.xz");
    }

    private static Path made(String pattern) {
        try (var found = Files.newDirectoryStream(MADE, pattern)) {
            return found.iterator().next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Another clean root. */
    Path root(String name) {
        Path root = folder.resolve(name);
        run(ROOT_TIMEOUT, "cp", "-a", base.toString(), root.toString());
        return root;
    }

    /**
     * The words that run a command in a root, with nothing of this machine's environment. Its /proc
     * is mounted for that process only, so that a root is never more than files.
     */
    static List<String> in(Path root, String... command) {
        List<String> words = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" /usr/bin/env -i \"$@\"",
                root.toString(),
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
        words.addAll(List.of(command));
        return words;
    }

    /** All files of a root, by their paths in it. */
    static List<String> files(Path root) {
        return Tool.check(List.of("find", root.toString(), "-mindepth", "1", "-printf", "%P\n"))
                .lines()
                .sorted()
                .toList();
    }

    private static void run(Duration timeout, String... command) {
        Tool.Outcome outcome = Tool.run(List.of(command), timeout);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(String.join(" ", command) + ":\n" + outcome.text());
        }
    }

    @Override
    public void close() {
        run(ROOT_TIMEOUT, "rm", "-rf", "--one-file-system", folder.toString());
    }
}
