// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A daemon that holds a mirror and offers it over NBD is restarted, in order and by {@code kill
 * -9}, under those who use it. Needs no root. {@code docs/restart.md} has what it prints.
 */
@ExtendWith(ReasonInTrace.class)
class DaemonRestartSysTest {
    private static final long DISK_BYTES = 64L << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    private static final String SERVED = "nbd serves it";

    /** Beyond the time for which nobody serves. */
    private static final long STALL_MS_MAX = 500;

    /**
     * Writes 4 KiB records, each its own number, past all caches, and notes the longest time from
     * one to the next in hundredths of a second since it was asked to forget.
     */
    private static final String WRITER = """
            cat >/tmp/writer <<'END'
            n=0 longest=0
            read last rest </proc/uptime; last=${last%.*}${last#*.}
            while [ ! -e /tmp/stop ]; do
                n=$((n + 1))
                printf '%-4096d' $n | dd of=/dev/vda bs=4k seek=$((n % 8192)) count=1 \\
                    iflag=fullblock oflag=direct conv=notrunc 2>/tmp/error || touch /tmp/failed
                [ ! -e /tmp/failed ] || exit 1
                read now rest </proc/uptime; now=${now%.*}${now#*.}
                [ ! -e /tmp/forget ] || { longest=0; rm /tmp/forget; }
                [ $((now - last)) -le $longest ] || longest=$((now - last))
                last=$now
                echo "$n $longest" >/tmp/progress.new; mv /tmp/progress.new /tmp/progress
            done
            touch /tmp/stopped
            END
            sh /tmp/writer >/dev/null 2>&1 &
            """;

    @TempDir
    Path folder;

    private Path socket;
    private String settings = "";

    @BeforeEach
    void makeMirror() throws IOException {
        socket = folder.resolve("web.sock");
        for (int leg = 0; leg < 2; leg++) {
            try (RandomAccessFile file = new RandomAccessFile(leg(leg).toFile(), "rw")) {
                file.setLength(DISK_BYTES);
            }
        }
        String etherbay = AoeServer.Repository.root().resolve("etherbay").toString();
        Tool.Outcome created = Tool.run(
                List.of(
                        etherbay,
                        "mirror",
                        "create",
                        "web",
                        leg(0).toString(),
                        leg(1).toString(),
                        "--assume-clean",
                        "--state",
                        folder.resolve("state").toString()),
                TIMEOUT);
        assertThat(created.exitCode()).as(created.text()).isZero();
        settings = """
                state = "%s"
                [[mirror]]
                name = "web"
                legs = ["%s", "%s"]
                """.formatted(folder.resolve("state"), leg(0), leg(1));
    }

    private Path leg(int number) {
        return folder.resolve("leg" + number);
    }

    private String offered(Path at) {
        return settings + "nbd = \"unix:" + at + "\"\n";
    }

    private ServiceProcess run(boolean keeps) {
        ServiceProcess service = ServiceProcess.start(folder, keeps, offered(socket));
        service.await(SERVED);
        return service;
    }

    private static SocketChannel connect(Path to) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(to));
            connected = true;
            return channel;
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    @Test
    void whoConnectsWhileItIsAwayWaitsAndIsServed() throws IOException {
        try (ServiceProcess service = run(true)) {
            for (boolean inOrder : new boolean[] {true, false}) {
                service.stop(inOrder);
                try (SocketChannel waits = connect(socket)) {
                    service.start();
                    service.await(SERVED);
                    ByteBuffer greeting = ByteBuffer.allocate(8);
                    waits.read(greeting);
                    assertThat(greeting.array())
                            .asString(StandardCharsets.US_ASCII)
                            .isEqualTo("NBDMAGIC");
                }
            }
        }
    }

    @Test
    void aSocketThatTheSettingsNoLongerNameIsGone() throws IOException {
        Path other = folder.resolve("other.sock");
        try (ServiceProcess service = run(true)) {
            service.reload(offered(other));
            service.await(SERVED);
            assertThat(socket).doesNotExist();
            service.stop(true);
            service.settings(offered(socket));
            try (SocketChannel waits = connect(other)) {
                service.start();
                service.await(SERVED);
                assertThat(other).doesNotExist();
                assertThatThrownBy(() -> waits.read(ByteBuffer.allocate(8)))
                        .isInstanceOf(IOException.class);
            }
            connect(socket).close();
        }
    }

    @Test
    void aMirrorThatAPersonStopsRefuses() {
        try (ServiceProcess service = run(true)) {
            Tool.check(List.of(
                    AoeServer.Repository.root().resolve("etherbay").toString(),
                    "mirror",
                    "stop",
                    "web",
                    "--state",
                    folder.resolve("state").toString()));
            service.await("service: forgets");
            assertThat(socket).doesNotExist();
        }
    }

    @ParameterizedTest
    @Cases(
            share = 1,
            value = {"true", "false"})
    void aGuestThatWritesWaitsForTheOutageAndLittleLonger(boolean keeps) {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        try (ServiceProcess service = run(keeps);
                QemuGuest guest = guest()) {
            guest.check(WRITER);
            awaitRecords(guest, 50);
            for (Duration pause :
                    List.of(Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(6))) {
                for (boolean inOrder : new boolean[] {true, false}) {
                    restart(service, guest, keeps, inOrder, pause);
                }
            }
            guest.check(
                    "touch /tmp/stop; while [ ! -e /tmp/stopped ]; do usleep 10000; done", TIMEOUT);
            assertThat(guest.check("dmesg")).doesNotContain("I/O error");
        }
    }

    private static void restart(
            ServiceProcess service,
            QemuGuest guest,
            boolean keeps,
            boolean inOrder,
            Duration pause) {
        guest.check("touch /tmp/forget; while [ -e /tmp/forget ]; do usleep 10000; done", TIMEOUT);
        long endedMs = service.stop(inOrder);
        Tool.pause(pause);
        service.start();
        long outageMs = service.await(SERVED) - endedMs;
        awaitRecords(guest, 50);
        long stallMs = 10 * longest(guest);
        System.out.printf(
                "%s, socket %s: outage %d ms, the guest's longest wait %d ms: %+d ms%n",
                inOrder ? "stopped in order" : "kill -9",
                keeps ? "kept" : "made anew",
                outageMs,
                stallMs,
                stallMs - outageMs);
        if (keeps) {
            assertThat(stallMs).isBetween(pause.toMillis(), outageMs + STALL_MS_MAX);
        }
    }

    /** Waits for so many more. */
    private static void awaitRecords(QemuGuest guest, int count) {
        guest.check("""
                while [ ! -e /tmp/progress ]; do usleep 10000; done
                read from rest </tmp/progress
                read now rest </tmp/progress
                while [ $now -lt $((from + %d)) ]; do
                    [ ! -e /tmp/failed ] || { cat /tmp/error; exit 1; }
                    usleep 10000
                    read now rest </tmp/progress
                done
                """.formatted(count), TIMEOUT);
    }

    private static long longest(QemuGuest guest) {
        return Long.parseLong(guest.check("cut -d' ' -f2 /tmp/progress").strip());
    }

    private QemuGuest guest() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("virtio_console"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_console", "virtio_blk")
                .build(cache);
        QemuCommand command = QemuCommand.linux(kernel, initramfs)
                .extra(
                        "-drive",
                        "if=none,format=raw,cache=none,id=d,file.driver=nbd,"
                                + "file.server.type=unix,file.server.path=" + socket
                                + ",file.reconnect-delay=60",
                        "-device",
                        "virtio-blk-pci,drive=d");
        return QemuGuest.boot(command, BOOT_TIMEOUT);
    }
}
