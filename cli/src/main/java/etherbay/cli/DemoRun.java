// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.Accelerator;
import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.Nic;
import etherbay.guest.QemuCommand;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What the demo does, from top to bottom: two disks on a segment, a guest whose own {@code aoe}
 * driver finds them, file systems on them, and a target that is killed under a writer. Each step
 * judges what it sees and throws when it is not right. One thread.
 */
final class DemoRun {
    static final int STEP_COUNT = 10;
    private static final List<Integer> SLOTS = List.of(0, 1);

    /** The driver's largest: 17 sectors of 512 bytes and the headers fit into 9000 bytes. */
    private static final int PAYLOAD_BYTES = 8704;

    private final DemoLab lab;
    private final DemoReport report;
    private final boolean shell;
    private @Nullable QemuCommand machine;

    /**
     * @param shell whether the guest offers one on the socket {@link #shellSocket}
     */
    DemoRun(DemoLab lab, DemoReport report, boolean shell) {
        this.lab = lab;
        this.report = report;
        this.shell = shell;
    }

    /**
     * Makes all steps, the last of which leaves the disks mounted at {@code /mnt/0} and
     * {@code /mnt/1} of the guest.
     *
     * @throws EtherbayException for the first step that is not right
     */
    void all() {
        report.step("kernel", "Debian kernel and busybox for a guest", this::prepareGuest);
        report.step("segment", "a switch without privileges", this::startSegment);
        report.step("export", "two targets export e0.0 and e0.1", this::startTargets);
        report.step("boot", "boot the guest", this::bootGuest);
        report.step("discover", "its aoe driver finds both disks", this::discover);
        report.step("format", "ext4 on both, mounted", this::format);
        report.step("write", "write files and sync", this::write);
        report.step("read", "read them back from the disks", this::read);
        DemoOutage outage = new DemoOutage(lab);
        report.step("outage", "kill -9 the target of e0.0 under load", outage::run);
        report.step("verify", "all that was acknowledged is there", outage::verify);
    }

    /** Where a shell of the guest answers, if there is one. */
    static Path shellSocket(DemoLab lab) {
        return lab.folder().resolve("shell.sock");
    }

    private DemoSeen prepareGuest() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(
                cache, List.of("aoe", "ext4", "virtio_console", "virtio_net", "virtio_pci"));
        Initramfs initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_console", "virtio_net", "ext4", "aoe")
                .program("mkfs.ext4", "e2fsprogs")
                .program("e2fsck", "e2fsprogs");
        if (shell) {
            initramfs.setup(DemoScripts.SHELL);
        }
        Accelerator accelerator = Accelerator.probe();
        QemuCommand command = QemuCommand.linux(kernel, initramfs.build(cache))
                .accelerator(accelerator)
                .nic(Nic.segment(lab.segmentSocket(), DemoLab.MTU_BYTES));
        if (shell) {
            command.extra(
                    "-chardev",
                    "socket,id=shell,server=on,wait=off,path=" + shellSocket(lab),
                    "-device",
                    "virtconsole,chardev=shell");
        }
        machine = command;
        return DemoSeen.of("Linux " + kernel.version() + ", run by " + accelerator)
                .with("kernel", kernel.version())
                .with("accelerator", accelerator.name());
    }

    private DemoSeen startSegment() {
        lab.startSegment();
        return DemoSeen.of("unix:%s, MTU %d".formatted(lab.segmentSocket(), DemoLab.MTU_BYTES))
                .with("segmentMtuBytes", DemoLab.MTU_BYTES);
    }

    private DemoSeen startTargets() {
        for (int slot : SLOTS) {
            lab.makeDisk(slot);
            lab.startTarget(slot);
        }
        return DemoSeen.of("%d MiB each, a process each, write cache off"
                        .formatted(DemoLab.DISK_BYTES >> 20))
                .with("diskBytes", DemoLab.DISK_BYTES);
    }

    private DemoSeen bootGuest() {
        QemuCommand command = machine;
        if (command == null) {
            throw new IllegalStateException("the guest is prepared first");
        }
        lab.boot(command);
        long bootMs = lab.guest().bootTime().toMillis();
        return DemoSeen.of("takes commands, QEMU is process "
                        + lab.guest().process().pid())
                .with("bootMs", bootMs);
    }

    private DemoSeen discover() {
        for (int slot : SLOTS) {
            String text = lab.sh(
                    "find " + DemoLab.diskName(slot),
                    DemoScripts.DISCOVER.formatted(DemoLab.diskName(slot)));
            DemoFacts facts = DemoFacts.parse(text);
            right("sectors of " + DemoLab.diskName(slot), DemoLab.DISK_BYTES / 512, facts, "size");
            right("bytes of data in a frame", PAYLOAD_BYTES, facts, "payload");
        }
        return DemoSeen.of("both up, %d bytes of data in a frame".formatted(PAYLOAD_BYTES))
                .with("payloadBytes", PAYLOAD_BYTES);
    }

    private DemoSeen format() {
        lab.sh("make file systems", DemoScripts.FORMAT);
        return DemoSeen.of("mkfs.ext4 and mount, no error");
    }

    private DemoSeen write() {
        DemoFacts facts = DemoFacts.parse(lab.sh("write files", DemoScripts.WRITE));
        long bytes = facts.number("bytes");
        moved("written to", bytes, facts);
        return DemoSeen.of("%d files, %s".formatted(facts.number("files"), rate(bytes, facts)))
                .with("fileCount", facts.number("files"))
                .with("fileBytes", bytes)
                .with("writeMs", facts.number("ms"));
    }

    private DemoSeen read() {
        DemoFacts facts = DemoFacts.parse(lab.sh("read its files back", DemoScripts.READ));
        long bytes = facts.number("bytes");
        moved("read from", bytes, facts);
        return DemoSeen.of("%s, every SHA-256 right".formatted(rate(bytes, facts)))
                .with("readMs", facts.number("ms"));
    }

    /** That the page cache did not stand in for the disks. */
    private static void moved(String direction, long bytes, DemoFacts facts) {
        long sectors = facts.number("sectors");
        if (sectors * 512 < bytes) {
            throw wrong(
                    "less was %s the disks than the files have".formatted(direction),
                    "%d bytes of files, %d sectors of 512 bytes".formatted(bytes, sectors));
        }
    }

    private static void right(String what, long expected, DemoFacts facts, String name) {
        long found = facts.number(name);
        if (found != expected) {
            throw wrong(what + " are wrong", "%d, not %d".formatted(found, expected));
        }
    }

    /** An error for what should not be: a bug, and a person can only look closer. */
    static EtherbayException wrong(String message, String why) {
        return new EtherbayException(
                ErrorCode.INTERNAL,
                message,
                why,
                "please report it with the logs above; `etherbay demo --keep` leaves all running");
    }

    private static String rate(long bytes, DemoFacts facts) {
        double mib = bytes / (double) (1 << 20);
        double seconds = Math.max(1, facts.number("ms")) / 1000.0;
        return String.format(Locale.ROOT, "%.0f MiB in %.1f s", mib, seconds);
    }
}
