// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Builds the small system that a guest runs from memory: busybox, kernel modules, programs of the
 * host with the shared libraries that they need, files, and an {@code /init}.
 *
 * <p>The {@code /init} is ours ({@code guest-init.sh}): it loads the modules, brings every
 * interface up, runs the caller's setup lines and then serves {@link QemuGuest}'s command channels.
 * The archive is not compressed: unpacking costs an emulated processor more than QEMU's copy does.
 * Same contents give the same bytes, kept in the cache under their SHA-256. One thread.
 */
public final class Initramfs {
    private static final class Entry {
        final int permissions;
        final byte[] data;

        Entry(int permissions, byte[] data) {
            this.permissions = permissions;
            this.data = data;
        }
    }

    private final DebianKernel kernel;
    private final Map<String, Entry> files = new TreeMap<>();
    private final Map<String, String> links = new TreeMap<>();
    private final List<String> modules = new ArrayList<>();
    private final StringBuilder setup = new StringBuilder();

    private Initramfs(DebianKernel kernel) {
        this.kernel = kernel;
    }

    /** Begins with busybox and all its applets, and our {@code /init}. */
    public static Initramfs with(DebianKernel kernel) {
        Initramfs initramfs = new Initramfs(kernel);
        initramfs.busybox();
        try (InputStream init = Initramfs.class.getResourceAsStream("guest-init.sh")) {
            if (init == null) {
                throw new IllegalStateException("guest-init.sh is not on the class path");
            }
            initramfs.file("/init", 0755, init.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return initramfs;
    }

    /** Modules to load at boot, in this order, each after those that it needs. */
    public Initramfs modules(String... names) {
        modules.addAll(List.of(names));
        return this;
    }

    /**
     * A program of the host, found in PATH, put into {@code /usr/bin} with its libraries. Busybox's
     * shell prefers its own applets: call {@code /usr/bin/mke2fs} where busybox has a {@code
     * mke2fs}.
     */
    public Initramfs program(String name, String debianPackage) {
        Path host = HostCommand.require(name, debianPackage);
        file("/usr/bin/" + name, 0755, read(host));
        return librariesOf(host);
    }

    /** The shared libraries (and loader) of a program of the host, but not the program itself. */
    public Initramfs librariesOf(Path program) {
        return librariesOf(program, Path.of("/nowhere"));
    }

    /** As {@link #librariesOf(Path)}, without those below {@code elsewhere}. */
    Initramfs librariesOf(Path program, Path elsewhere) {
        for (Path library : SharedLibraries.of(program)) {
            if (!library.startsWith(elsewhere)) {
                files.putIfAbsent(library.toString(), new Entry(0755, read(library)));
            }
        }
        return this;
    }

    /** All files of a folder of the host, below {@code guestPath}; for classes and test data. */
    public Initramfs tree(Path folder, String guestPath) {
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                file(guestPath + "/" + folder.relativize(file), 0755, read(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** A file with these bytes; an earlier one of that path is replaced. */
    public Initramfs file(String path, int permissions, byte[] data) {
        files.put(path, new Entry(permissions, data));
        return this;
    }

    /** Shell lines that run once at boot, after modules and interfaces, before commands. */
    public Initramfs setup(String shellLines) {
        setup.append(shellLines).append('\n');
        return this;
    }

    /** @return the archive's file in {@code cacheFolder}, written unless it is there already */
    public Path build(Path cacheFolder) {
        byte[] archive = archive();
        try {
            String hash = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(archive), 0, 12);
            Path folder = Files.createDirectories(cacheFolder.resolve("initramfs"));
            Path file = folder.resolve(hash + ".cpio");
            if (Files.exists(file)) {
                return file;
            }
            Path work = Files.createTempFile(folder, "writing-", ".cpio");
            Files.write(work, archive);
            return GuestCache.publish(work, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }

    byte[] archive() {
        Map<String, byte[]> ordered = new KernelModules(kernel.moduleFolder()).loadOrder(modules);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CpioArchive cpio = new CpioArchive(bytes);
        try {
            for (String folder : List.of("/dev", "/mnt", "/proc", "/run", "/sys", "/tmp")) {
                cpio.directory(folder);
            }
            cpio.characterDevice("/dev/console", 5, 1);
            for (Map.Entry<String, Entry> file : files.entrySet()) {
                cpio.file(file.getKey(), file.getValue().permissions, file.getValue().data);
            }
            for (Map.Entry<String, String> link : links.entrySet()) {
                cpio.link(link.getKey(), link.getValue());
            }
            StringBuilder load = new StringBuilder();
            for (Map.Entry<String, byte[]> module : ordered.entrySet()) {
                String path = "/lib/modules/" + module.getKey() + ".ko";
                cpio.file(path, 0644, module.getValue());
                load.append(path).append('\n');
            }
            cpio.file("/etc/modules.load", 0644, load.toString().getBytes(StandardCharsets.UTF_8));
            cpio.file("/etc/setup", 0644, setup.toString().getBytes(StandardCharsets.UTF_8));
            cpio.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void busybox() {
        Path busybox = HostCommand.require("busybox", "busybox-static");
        if (!SharedLibraries.of(busybox).isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    busybox + " needs shared libraries",
                    "it comes from the package busybox; a guest needs the static one",
                    "apt-get install busybox-static");
        }
        file("/bin/busybox", 0755, read(busybox));
        String list = HostCommand.runOrThrow(
                        Path.of("/"),
                        List.of(busybox.toString(), "--list"),
                        "apt-get install busybox-static")
                .text();
        for (String applet : list.lines().toList()) {
            if (!applet.equals("busybox") && !applet.isBlank()) {
                links.put("/bin/" + applet, "busybox");
            }
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
