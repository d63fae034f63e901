// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.JavaRuntime;
import etherbay.guest.Nic;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A machine that runs our target and can lose its power: a QEMU guest with the JDK and the program
 * in it, plugged into a segment. Its file system is a {@link PowerCutDisk} at {@code /data}, a
 * second one is bare.
 */
final class TargetGuest implements AutoCloseable {
    static final int MTU = 9000;

    /** The bare disk's name in the guest. */
    static final String BARE_DISK = "/dev/vdc";

    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final int MEMORY_MIB = 768;
    /**
     * An emulated processor is slow at compiling, so only what is very hot is compiled; and at
     * loading classes, so the launcher's cache of them is used, at the address that it was made
     * for: moving it costs 6 s. A start is a third faster with both.
     */
    static final String JVM = "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -Xss512k"
            + " -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=40 -Xmx64m"
            + " -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0"
            + " --enable-native-access=ALL-UNNAMED -XX:AOTCache=/app/etherbay.aot";

    private final QemuGuest guest;
    private final JavaRuntime runtime;

    private TargetGuest(QemuGuest guest, JavaRuntime runtime) {
        this.guest = guest;
        this.runtime = runtime;
    }

    /** The memory file system of such a guest; made once, used for each boot. */
    static Path initramfs() {
        Path cache = GuestCache.folder();
        Initramfs initramfs = JavaRuntime.obtain(cache)
                .addTo(Initramfs.with(kernel()))
                .modules("virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "ext4")
                .setup("mkdir -p /data && mount -t ext4 /dev/vdb /data");
        addProgram(initramfs);
        return initramfs.build(cache);
    }

    private static DebianKernel kernel() {
        return DebianKernel.obtain(GuestCache.folder(), List.of("ext4", "virtio_console"));
    }

    /** The program as its launcher runs it, built first if need be. */
    static void addProgram(Initramfs initramfs) {
        Path root = AoeServer.Repository.root();
        Tool.check(List.of(root.resolve("etherbay").toString(), "--version"));
        Path built = root.resolve(".build");
        String current = Tool.textOf(built.resolve("current")).strip();
        try (Stream<Path> files = Files.list(built.resolve("app-" + current))) {
            for (Path file : files.sorted().toList()) {
                String path = "/app/" + file.getFileName();
                long modified = Files.getLastModifiedTime(file).to(TimeUnit.SECONDS);
                // The JVM takes its cache for stale when a jar has another time.
                initramfs
                        .file(path, 0644, Files.readAllBytes(file))
                        .setup("touch -d @%d %s".formatted(modified, path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TargetGuest boot(Path initramfs, Path segment, PowerCutDisk data, PowerCutDisk bare) {
        JavaRuntime runtime = JavaRuntime.obtain(GuestCache.folder());
        QemuCommand command = QemuCommand.linux(kernel(), initramfs)
                .memoryMib(MEMORY_MIB)
                .cpuCount(2)
                .nic(Nic.segment(segment, MTU))
                .drive(runtime.drive())
                .extra(data.qemuArguments("data"))
                .extra(bare.qemuArguments("bare"));
        return new TargetGuest(QemuGuest.boot(command, BOOT_TIMEOUT), runtime);
    }

    /** Runs shell lines; a failing one is an error. @return what they printed */
    String sh(String lines) {
        return guest.check("set -e\n" + lines, START_TIMEOUT);
    }

    /**
     * Serves disks as e1.0, e1.1 and so on by the keys; they answer when this returns. One process
     * for all: each takes an emulated machine some ten seconds to start.
     *
     * @param writeCache {@code on} or {@code off}
     * @param disks files or devices of the guest
     */
    void serve(String writeCache, Map<Integer, String> disks) {
        StringBuilder settings = new StringBuilder("""
                state = "/data/state"
                [defaults]
                interfaces = ["eth0"]
                write-cache = "%s"
                """.formatted(writeCache));
        disks.forEach((slot, path) -> settings.append(
                "[[export]]\nshelf = 1\nslot = %d\npath = \"%s\"\n".formatted(slot, path)));
        sh("""
            cat >/tmp/etherbay.toml <<'END'
            %s
            END
            jars=$(echo /app/*.jar | tr ' ' :)
            %s %s -cp $jars etherbay.cli.Main node run -c /tmp/etherbay.toml >/tmp/log 2>&1 &
            while ! grep -q 'SIGHUP reads them again' /tmp/log; do
                pidof java >/dev/null || { cat /tmp/log; exit 1; }
                usleep 300000
            done
            """.formatted(settings, runtime.java(), JVM));
    }

    Duration bootTime() {
        return guest.bootTime();
    }

    /** Pulls the plug. */
    void kill() {
        guest.kill();
    }

    @Override
    public void close() {
        guest.close();
    }
}
