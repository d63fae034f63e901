// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** How QEMU executes a guest's code: by the processor (KVM) or by translation (TCG). */
public enum Accelerator {
    KVM,
    TCG;

    private static final Path KVM_DEVICE = Path.of("/dev/kvm");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    // A kernel that KVM really runs is at its init in about a second.
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(8);
    private static final String PROBE_WORD = "etherbay-guest-ready";

    /**
     * The fastest accelerator that works here. That {@code /dev/kvm} opens proves nothing (nested
     * and filtered ones hang a guest), so a small guest is booted once per boot of this machine and
     * the outcome kept in the cache; {@code ETHERBAY_ACCEL=kvm|tcg} overrides.
     */
    public static Accelerator probe() {
        String wanted = System.getenv().getOrDefault("ETHERBAY_ACCEL", "");
        if (wanted.equals("kvm") || wanted.equals("tcg")) {
            return wanted.equals("kvm") ? KVM : TCG;
        }
        if (!Files.isReadable(KVM_DEVICE) || !Files.isWritable(KVM_DEVICE)) {
            return TCG;
        }
        try {
            Path cache = GuestCache.folder();
            Path known =
                    cache.resolve("accelerator-" + Files.readString(BOOT_ID).strip());
            if (Files.exists(known)) {
                return valueOf(Files.readString(known).strip());
            }
            Accelerator found = kvmBoots(cache) ? KVM : TCG;
            Path work = Files.createTempFile(cache, "probe-", ".tmp");
            Files.writeString(work, found.name());
            GuestCache.publish(work, known);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean kvmBoots(Path cache) {
        DebianKernel kernel = DebianKernel.obtain(cache, List.of());
        Path initramfs = Initramfs.with(kernel).build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs).accelerator(KVM);
        try (QemuProcess guest = QemuProcess.start(command)) {
            return guest.awaitConsole(PROBE_WORD, PROBE_TIMEOUT);
        }
    }

    List<String> arguments(int tcgCacheMib) {
        return List.of("-accel", option(tcgCacheMib), "-cpu", bestCpu());
    }

    /**
     * What QEMU's {@code -accel} takes.
     *
     * @param tcgCacheMib of translated code; QEMU's own default is up to 1 GiB
     */
    public String option(int tcgCacheMib) {
        return switch (this) {
            case KVM -> "kvm";
            case TCG -> "tcg,thread=multi,tb-size=" + tcgCacheMib;
        };
    }

    /** The model of processor with all that it can do. */
    public String bestCpu() {
        return switch (this) {
            case KVM -> "host";
            case TCG -> "max";
        };
    }
}
