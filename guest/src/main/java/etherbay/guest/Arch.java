// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Path;
import java.util.Locale;

/** The processor architecture of this machine, as Debian, QEMU and Linux each call it. */
public enum Arch {
    X86_64("amd64", "qemu-system-x86_64", "pc", "ttyS0"),
    AARCH64("arm64", "qemu-system-aarch64", "virt", "ttyAMA0");

    /** Debian's name, the suffix of its kernel packages. */
    final String debianName;
    /**
     * The emulator; in Debian x86 is in {@code qemu-system-x86}, arm64 in {@code qemu-system-arm}.
     */
    final String emulator;

    final String machine;
    /** Linux's name of the first serial line. */
    final String serialConsole;

    Arch(String debianName, String emulator, String machine, String serialConsole) {
        this.debianName = debianName;
        this.emulator = emulator;
        this.machine = machine;
        this.serialConsole = serialConsole;
    }

    /** Where its emulator is; an error names the package to install. */
    public Path requireEmulator() {
        return HostCommand.require(
                emulator, this == X86_64 ? "qemu-system-x86" : "qemu-system-arm");
    }

    /** Linux's name of the first serial line. */
    public String serialConsole() {
        return serialConsole;
    }

    /** Debian's name, the suffix of its kernel packages. */
    public String debianName() {
        return debianName;
    }

    /** The architecture that this JVM runs on. Guests have the same: no cross emulation. */
    public static Arch ofThisMachine() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64" -> AARCH64;
            default ->
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "guests cannot run on " + name,
                        "only x86-64 and aarch64 have a Debian kernel and a machine type here",
                        "use an x86-64 or aarch64 machine");
        };
    }
}
