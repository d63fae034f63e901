// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.guest.Accelerator;
import etherbay.guest.Arch;
import etherbay.guest.QemuCommand;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a guest's QEMU. What the guest can see of it follows from its {@link
 * GuestSpec} alone, but for the MTU of its cards: a guest moves only between machines that look the
 * same.
 */
final class QemuArguments {
    /** Names in QEMU of the disk: as the guest has it, and the connection beneath. */
    static final String DISK_NODE = "disk0";

    static final String DISK_CONNECTION = "nbd0";

    /** The largest that QEMU takes, 136 years: only we say when a disk is lost. */
    static final long RECONNECT_DELAY_S = 0xFFFF_FFFFL;

    // -daemonize needs what the sandbox refuses (setsid, clone), so setsid(1) begins the session.
    private static final String SANDBOX =
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
    private static final String FIRMWARE_AARCH64 = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd";
    private static final int TCG_CACHE_MIB_MIN = 32;
    private static final int TCG_CACHE_MIB_MAX = 256;
    private static final int SERIAL_CHARS_MAX = 20; // VIRTIO_BLK_ID_BYTES
    private static final int MTU_MIN = 68;

    private final Arch arch;
    private final Accelerator accelerator;
    private final Path emulator;
    private final QemuFolder folder;

    QemuArguments(Arch arch, Accelerator accelerator, Path emulator, QemuFolder folder) {
        this.arch = arch;
        this.accelerator = accelerator;
        this.emulator = emulator;
        this.folder = folder;
    }

    /** @param mtus of what each card is plugged into, in bytes */
    List<String> of(GuestSpec spec, Path disk, Hypervisor.Start start, List<Integer> mtus) {
        List<String> words = new ArrayList<>(List.of("setsid", emulator.toString()));
        words.addAll(List.of("-name", "guest=" + spec.name() + ",process=etherbay-" + spec.name()));
        words.addAll(List.of("-uuid", spec.id()));
        words.addAll(List.of("-pidfile", folder.pidFile().toString(), "-sandbox", SANDBOX));
        words.addAll(List.of("-no-user-config", "-nodefaults", "-boot", "strict=on"));
        words.addAll(List.of("-machine", machine(spec)));
        words.addAll(List.of("-accel", accelerator.option(tcgCacheMib(spec.memoryMib()))));
        words.addAll(List.of("-cpu", spec.cpu(), "-smp", "" + spec.cpuCount()));
        words.addAll(List.of("-m", spec.memoryMib() + "M", "-rtc", "base=utc"));
        // A guest that switches itself off, or whose kernel panics, stays to be looked at.
        words.addAll(List.of("-no-shutdown", "-action", "panic=pause,watchdog=pause"));
        words.addAll(List.of("-device", "pvpanic-pci"));
        words.addAll(channels());
        screen(words, spec.vnc());
        firmware(words, spec.boot());
        disk(words, spec, disk);
        seed(words, spec.boot().seed());
        nics(words, spec.nics(), mtus);
        words.addAll(List.of("-object", "rng-random,id=rng0,filename=/dev/urandom"));
        words.addAll(List.of("-device", "virtio-rng-pci,rng=rng0"));
        words.add("-S"); // we let it run, when all else is right
        if (start == Hypervisor.Start.INCOMING) {
            words.addAll(List.of("-incoming", "defer"));
        }
        return List.copyOf(words);
    }

    private String machine(GuestSpec spec) {
        return switch (arch) {
            // Without a screen, firmware and GRUB write to the serial line.
            case X86_64 -> spec.machine() + (spec.vnc() ? "" : ",graphics=off");
            case AARCH64 -> spec.machine() + ",gic-version=max";
        };
    }

    private static int tcgCacheMib(long memoryMib) {
        return Math.clamp(memoryMib / 4, TCG_CACHE_MIB_MIN, TCG_CACHE_MIB_MAX);
    }

    private List<String> channels() {
        return List.of(
                "-chardev",
                "socket,id=qmp,server=on,wait=off,path=" + QemuCommand.escaped(folder.qmp()),
                "-mon",
                "chardev=qmp,mode=control",
                "-chardev",
                "socket,id=oob,server=on,wait=off,path=" + QemuCommand.escaped(folder.outOfBand()),
                "-mon",
                "chardev=oob,mode=control",
                "-chardev",
                "socket,id=con,server=on,wait=off,path=" + QemuCommand.escaped(folder.console())
                        + ",logfile=" + QemuCommand.escaped(folder.consoleLog()),
                "-serial",
                "chardev:con");
    }

    private void screen(List<String> words, boolean vnc) {
        if (!vnc) {
            words.addAll(List.of("-display", "none"));
            return;
        }
        words.addAll(List.of("-vnc", "unix:" + QemuCommand.escaped(folder.screen())));
        switch (arch) {
            case X86_64 -> words.addAll(List.of("-device", "VGA"));
            case AARCH64 ->
                words.addAll(List.of(
                        "-device", "virtio-gpu-pci", "-device", "qemu-xhci", "-device", "usb-kbd"));
        }
    }

    private void firmware(List<String> words, GuestBoot boot) {
        if (arch == Arch.X86_64) {
            // A guest that sleeps cannot move.
            words.addAll(List.of("-global", "ICH9-LPC.disable_s3=1"));
            words.addAll(List.of("-global", "ICH9-LPC.disable_s4=1"));
        } else if (boot.kernel().isEmpty()) {
            words.addAll(List.of("-bios", FIRMWARE_AARCH64));
        }
        if (!boot.kernel().isEmpty()) {
            words.addAll(List.of("-kernel", boot.kernel()));
            if (!boot.initrd().isEmpty()) {
                words.addAll(List.of("-initrd", boot.initrd()));
            }
            if (!boot.commandLine().isEmpty()) {
                words.addAll(List.of("-append", boot.commandLine()));
            }
        }
    }

    /**
     * An error of the disk stops the guest before it hears of it, and {@code cont} tries again: its
     * file system would go read-only, or worse, for what may pass.
     */
    private static void disk(List<String> words, GuestSpec spec, Path disk) {
        words.addAll(List.of(
                "-blockdev",
                "driver=nbd,node-name=" + DISK_CONNECTION
                        + ",server.type=unix,server.path=" + QemuCommand.escaped(disk)
                        + ",reconnect-delay=" + RECONNECT_DELAY_S
                        + ",cache.direct=on,discard=unmap"));
        words.addAll(List.of(
                "-blockdev",
                "driver=raw,node-name=" + DISK_NODE + ",file=" + DISK_CONNECTION
                        + ",cache.direct=on,discard=unmap"));
        words.addAll(List.of(
                "-device",
                "virtio-blk-pci,id=vda,drive=" + DISK_NODE + ",serial=" + serial(spec.id())
                        + ",bootindex=1,werror=stop,rerror=stop"));
    }

    private static String serial(String id) {
        String letters = id.replace("-", "");
        return letters.substring(0, Math.min(SERIAL_CHARS_MAX, letters.length()));
    }

    private static void seed(List<String> words, String seed) {
        if (!seed.isEmpty()) {
            words.addAll(List.of(
                    "-blockdev",
                    "driver=file,node-name=seed-file,read-only=on,filename="
                            + QemuCommand.escaped(Path.of(seed))));
            words.addAll(
                    List.of("-blockdev", "driver=raw,node-name=seed0,read-only=on,file=seed-file"));
            words.addAll(List.of("-device", "virtio-blk-pci,id=vdb,drive=seed0"));
        }
    }

    private void nics(List<String> words, List<GuestNic> nics, List<Integer> mtus) {
        for (int index = 0; index < nics.size(); index++) {
            GuestNic nic = nics.get(index);
            words.addAll(List.of("-netdev", backend(nic.plug(), index)));
            // The MTU always stands there: a card with it and one without are two devices to a
            // guest that moves, whose driver keeps the one that it began with.
            words.addAll(List.of(
                    "-device",
                    "virtio-net-pci,id=nic%1$d,netdev=net%1$d,mac=%2$s,romfile=,host_mtu=%3$d"
                            .formatted(index, nic.mac(), Math.max(MTU_MIN, mtus.get(index)))));
        }
    }

    private String backend(String plug, int index) {
        if (plug.startsWith("unix:")) {
            return "stream,id=net" + index + ",server=off,addr.type=unix,addr.path="
                    + QemuCommand.escaped(Path.of(plug.substring("unix:".length())));
        }
        if (plug.startsWith("bridge:")) {
            String tap = BridgeTap.name(folder.path(), index);
            return "tap,id=net" + index + ",ifname=" + tap + ",script=no,downscript=no";
        }
        return "user,id=net" + index;
    }
}
