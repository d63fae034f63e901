// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What machine to emulate: filled in by chained calls, then started by {@link QemuProcess} or
 * {@link QemuGuest}. One thread; may be started several times.
 */
public final class QemuCommand {
    private static final int MEMORY_MIB_DEFAULT = 256;
    private static final int TCG_CACHE_MIB = 64; // of translated code; QEMU's default is 1 GiB

    private final Path kernel;
    private final Path initrd;
    private final List<Nic> nics = new ArrayList<>();
    private final List<Drive> drives = new ArrayList<>();
    private final List<String> extra = new ArrayList<>();
    private String commandLine = "";
    private int memoryMib = MEMORY_MIB_DEFAULT;
    private int cpuCount = 1;
    private @Nullable String namespace;
    private @Nullable Accelerator accelerator;

    private QemuCommand(Path kernel, Path initrd) {
        this.kernel = kernel;
        this.initrd = initrd;
    }

    /** A Linux guest whose messages go to its first serial line. */
    public static QemuCommand linux(DebianKernel kernel, Path initramfs) {
        Arch arch = Arch.ofThisMachine();
        QemuCommand command = new QemuCommand(kernel.image(), initramfs);
        command.commandLine = "console=" + arch.serialConsole
                + " panic=-1 quiet random.trust_cpu=on tsc=reliable net.ifnames=0";
        if (arch == Arch.X86_64) {
            // Else a kernel whose emulator is not run for a moment panics: its timer seems broken.
            command.append("no_timer_check");
        }
        return command;
    }

    /**
     * Any program that QEMU's {@code -kernel} takes, for instance {@code ipxe.lkrn} and a script.
     */
    public static QemuCommand kernel(Path kernel, Path initrd) {
        return new QemuCommand(kernel, initrd);
    }

    /** Appends to the kernel's command line. */
    public QemuCommand append(String words) {
        commandLine = (commandLine + " " + words).strip();
        return this;
    }

    public QemuCommand memoryMib(int mib) {
        memoryMib = mib;
        return this;
    }

    public QemuCommand cpuCount(int count) {
        cpuCount = count;
        return this;
    }

    public QemuCommand nic(Nic nic) {
        nics.add(nic);
        return this;
    }

    public QemuCommand drive(Drive drive) {
        drives.add(drive);
        return this;
    }

    /** Further arguments for QEMU, as they are. */
    public QemuCommand extra(String... arguments) {
        extra.addAll(List.of(arguments));
        return this;
    }

    /** Runs QEMU inside this network namespace ({@code ip netns exec}; needs root). */
    public QemuCommand inNamespace(String name) {
        namespace = name;
        return this;
    }

    /** Instead of the one that {@link Accelerator#probe} found. */
    public QemuCommand accelerator(Accelerator chosen) {
        accelerator = chosen;
        return this;
    }

    List<String> arguments(Path folder, List<String> channelArguments) {
        Arch arch = Arch.ofThisMachine();
        List<String> arguments = new ArrayList<>();
        if (namespace != null) {
            arguments.addAll(List.of(
                    HostCommand.require("ip", "iproute2").toString(), "netns", "exec", namespace));
        }
        arguments.add(arch.requireEmulator().toString());
        Accelerator used = accelerator != null ? accelerator : Accelerator.probe();
        arguments.addAll(
                List.of("-machine", arch.machine + (arch == Arch.X86_64 ? ",graphics=off" : "")));
        arguments.addAll(used.arguments(TCG_CACHE_MIB));
        arguments.addAll(List.of("-smp", "" + cpuCount, "-m", "" + memoryMib));
        arguments.addAll(List.of("-nodefaults", "-display", "none", "-no-reboot"));
        arguments.addAll(List.of("-serial", "file:" + folder.resolve(QemuProcess.CONSOLE_LOG)));
        arguments.addAll(List.of("-kernel", kernel.toString(), "-initrd", initrd.toString()));
        if (!commandLine.isEmpty()) {
            arguments.addAll(List.of("-append", commandLine));
        }
        for (int i = 0; i < nics.size(); i++) {
            arguments.addAll(List.of("-netdev", nics.get(i).netdevArgument("net" + i)));
            arguments.addAll(List.of("-device", nics.get(i).deviceArgument("net" + i)));
        }
        for (int i = 0; i < drives.size(); i++) {
            arguments.addAll(List.of("-drive", drives.get(i).driveArgument("disk" + i)));
            arguments.addAll(List.of("-device", "virtio-blk-pci,drive=disk" + i));
        }
        arguments.addAll(channelArguments);
        arguments.addAll(extra);
        return arguments;
    }

    /** In QEMU's option lists a comma inside a value is written twice. */
    public static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }
}
