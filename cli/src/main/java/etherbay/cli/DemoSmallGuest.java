// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.guest.Accelerator;
import etherbay.guest.Arch;
import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Debian's kernel and busybox, all in memory: its disk has nothing but the writer's records. */
final class DemoSmallGuest implements DemoGuest {
    private static final long DISK_BYTES = 64L << 20;
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(2);
    private @Nullable DebianKernel kernel;
    private @Nullable Path initramfs;

    @Override
    public long diskBytes() {
        return DISK_BYTES;
    }

    @Override
    public Duration bootTimeout() {
        return BOOT_TIMEOUT;
    }

    @Override
    public DemoSeen prepare(DemoLab lab, Consumer<String> told) {
        Path cache = GuestCache.folder();
        DebianKernel obtained = DebianKernel.obtain(cache, List.of("virtio_blk"));
        kernel = obtained;
        initramfs = Initramfs.with(obtained)
                .modules("virtio_pci", "virtio_blk")
                .setup("(\n" + DemoWriter.script("/dev/vda") + ") >/dev/console 2>&1 &")
                .build(cache);
        Accelerator accelerator = Accelerator.probe();
        return DemoSeen.of("Linux %s and busybox, run by %s"
                        .formatted(obtained.version(), accelerator))
                .with("kernel", obtained.version())
                .with("accelerator", accelerator.name());
    }

    @Override
    public List<String> options(DemoLab lab) {
        if (kernel == null || initramfs == null) {
            throw new IllegalStateException("it is prepared first");
        }
        return List.of(
                "--memory",
                "192M",
                "--kernel",
                kernel.image().toString(),
                "--initrd",
                initramfs.toString(),
                "--append",
                "console=" + Arch.ofThisMachine().serialConsole()
                        + " panic=-1 quiet no_timer_check tsc=reliable random.trust_cpu=on"
                        + " net.ifnames=0");
    }

    /** It is in what the kernel begins with. */
    @Override
    public void begin(DemoLab lab, DemoNode host, Consumer<String> told) {}
}
