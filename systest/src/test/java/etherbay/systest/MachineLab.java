// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.machine.GuestBoot;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestNic;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.QemuHypervisor;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two nodes' hypervisors on one machine, the disk that they share over NBD, and a guest that writes
 * numbered records to it, one after the other, and says each on its console when it is durable. One
 * thread. Needs no root.
 */
final class MachineLab implements AutoCloseable {
    static final String GUEST = "wanderer";
    static final Duration TIMEOUT = Duration.ofSeconds(90);

    private static final int DISK_BYTES = 16 << 20;
    private static final int RECORD_BYTES = 4096;
    private static final int RECORD_SLOTS = 256;
    private static final Pattern RECORD = Pattern.compile("(?m)^W (\\d+) of");

    private static final String SETUP = """
            (for e in /dev/input/event*; do
                (dd if=$e bs=24 count=1 >/dev/null 2>&1; poweroff -f) &
            done)
            (n=0
            while :; do
                n=$((n + 1))
                { echo "record $n"; head -c %1$d /dev/zero; } >/tmp/record
                if dd if=/tmp/record of=/dev/vda bs=%1$d count=1 seek=$((n %% %2$d)) \
                    iflag=fullblock oflag=direct conv=fsync,notrunc 2>/tmp/error; then
                    echo "W $n of the writer"
                else
                    echo "FAILED $n: $(cat /tmp/error)"
                fi
            done >/dev/console 2>&1) &
            (while :; do read -r line && eval "$line"; done </dev/console >/dev/console 2>&1) &
            """.formatted(RECORD_BYTES, RECORD_SLOTS);

    private final Path folder;
    private final Path image;
    private final DebianKernel kernel;
    private final Path initramfs;
    private Daemon server;
    final Path socket;
    final QemuHypervisor here;
    final QemuHypervisor there;

    MachineLab() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Path cache = GuestCache.folder();
        kernel = DebianKernel.obtain(cache, List.of("virtio_blk", "button", "evdev"));
        initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_blk", "button", "evdev", "pvpanic_pci")
                .setup(SETUP)
                .build(cache);
        try {
            folder = Files.createTempDirectory("eb-");
            image = folder.resolve("disk");
            resizeImage(DISK_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        socket = folder.resolve("nbd");
        here = new QemuHypervisor(folder.resolve("a"));
        there = new QemuHypervisor(folder.resolve("b"));
        server = serve();
    }

    void resizeImage(long bytes) {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Daemon serve() {
        return Daemon.start(List.of(
                        AoeServer.Repository.root().resolve("etherbay").toString(),
                        "nbd",
                        "serve",
                        image.toString(),
                        "--nbd",
                        "unix:" + socket))
                .awaitLog("nbd serves", Duration.ofMinutes(3)); // the launcher may build
    }

    void killServer() {
        server.close();
    }

    void restartServer() {
        server = serve();
    }

    /** A server of the disk whose writes fail. */
    void serveFailing() {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server = Daemon.start(List.of(
                Tool.require("qemu-nbd", "qemu-utils").toString(),
                "-k",
                socket.toString(),
                "-e",
                "8",
                "-t",
                "--image-opts",
                "driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename="
                        + image
                        + ",file.inject-error.0.event=none,file.inject-error.0.iotype=write"));
        Tool.await("qemu-nbd listens: " + server.log(), TIMEOUT, () -> Files.exists(socket));
    }

    Path folder() {
        return folder;
    }

    GuestSpec spec(GuestNic... nics) {
        return new GuestSpec(
                GUEST,
                "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
                here.abilities().machine(),
                "max",
                1,
                192,
                new GuestDisk("m0", List.of(), List.of()),
                List.of(nics),
                new GuestBoot(
                        kernel.image().toString(),
                        initramfs.toString(),
                        "console=ttyS0 panic=-1 quiet no_timer_check tsc=reliable"
                                + " random.trust_cpu=on net.ifnames=0",
                        ""),
                false);
    }

    /** Starts the guest and waits until it writes. */
    void boot(GuestNic... nics) {
        here.start(spec(nics), socket, Hypervisor.Start.RUNNING);
        awaitRecords(here, 3);
    }

    /** Waits for that many more records. */
    void awaitRecords(Hypervisor node, int count) {
        long from = lastRecord(node);
        try {
            Tool.await(
                    count + " records after " + from,
                    TIMEOUT,
                    () -> lastRecord(node) >= from + count);
        } catch (AssertionError late) {
            throw new AssertionError(
                    "it is " + node.condition(GUEST) + ":\n" + console(node), late);
        }
    }

    /** Of the last record that the guest has called durable while it was on this node. */
    static long lastRecord(Hypervisor node) {
        Matcher matcher = RECORD.matcher(console(node));
        long last = 0;
        while (matcher.find()) {
            last = Long.parseLong(matcher.group(1));
        }
        return last;
    }

    static String console(Hypervisor node) {
        return Tool.textOf(node.consoleLog(GUEST)).replace("\r", "");
    }

    /** Gives the guest's shell a line; what QEMU has not read yet would end with the connection. */
    static void type(Hypervisor node, String line) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(node.console(GUEST)));
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)));
            Tool.await(
                    "the guest has read: " + line, TIMEOUT, () -> console(node).contains(line));
            Tool.pause(Duration.ofMillis(200)); // for the end of the line
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void await(Hypervisor node, Condition wanted) {
        try {
            Tool.await(wanted.name(), TIMEOUT, () -> node.condition(GUEST) == wanted);
        } catch (AssertionError late) {
            throw new AssertionError(
                    "it is " + node.condition(GUEST) + "; " + server.log() + console(node), late);
        }
    }

    /** What stands on the disk in the place of a record. */
    String onDisk(long record) {
        byte[] bytes = new byte[32];
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "r")) {
            file.seek(record % RECORD_SLOTS * RECORD_BYTES);
            file.readFully(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new String(bytes, StandardCharsets.US_ASCII).lines().findFirst().orElse("");
    }

    /** A guest that waits on the other node. @return where to send it */
    String waiting(Hypervisor node, String host) {
        node.start(spec(), socket, Hypervisor.Start.INCOMING);
        return node.listen(GUEST, host);
    }

    /** The process of the guest on a node; its signals are for tests. */
    long pid(String node) {
        return Long.parseLong(
                Tool.textOf(folder.resolve(node).resolve(GUEST).resolve("pid")).strip());
    }

    static void signal(String name, long pid) {
        Tool.check(List.of("kill", "-" + name, "" + pid));
    }

    @Override
    public void close() {
        here.kill(GUEST);
        there.kill(GUEST);
        server.close();
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
