// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.GuestRun;
import etherbay.guest.Initramfs;
import etherbay.guest.JavaRuntime;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuGuest;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A guest of our own: its command channel and its end; and a JVM inside it. Needs no root. */
@ExtendWith(ReasonInTrace.class)
class GuestSysTest {
    private static final int JVM_MEMORY_MIB = 768;

    /** The last line of a guest's start on its console. */
    private static final String READY = "etherbay-guest-ready";

    private static QemuGuest guest;
    private static JavaRuntime runtime;

    @BeforeAll
    static void boot() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("virtio_console"));
        runtime = JavaRuntime.obtain(cache);
        Path initramfs = runtime.addTo(Initramfs.with(kernel))
                .modules("virtio_pci", "virtio_console")
                .build(cache);
        guest = QemuGuest.boot(
                QemuCommand.linux(kernel, initramfs)
                        .memoryMib(JVM_MEMORY_MIB)
                        .drive(runtime.drive()),
                LinuxClient.BOOT_TIMEOUT);
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void severalMegabytesOfAnyBytesGoInAndComeOut() {
        byte[] input = new byte[3 << 20];
        Prng prng = new Prng(1);
        for (int i = 0; i < input.length; i++) {
            input[i] = (byte) prng.below(256);
        }
        GuestRun run = guest.run("cat; exit 7", input, Duration.ofMinutes(1));
        assertThat(run.exitCode()).isEqualTo(7);
        assertThat(run.output()).isEqualTo(input);
    }

    @Test
    void aSecondCommandRunsWhileTheFirstWaits() {
        guest.run("rm -f /tmp/go");
        CompletableFuture<GuestRun> waiting = CompletableFuture.supplyAsync(
                () -> guest.run("while [ ! -e /tmp/go ]; do usleep 50000; done; echo gone"));
        guest.check("touch /tmp/go");
        assertThat(waiting.join().text()).isEqualTo("gone");
    }

    @Test
    void aFailingCommandIsAnErrorThatQuotesIt() {
        assertThatThrownBy(() -> guest.check("ls /nowhere"))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("ls /nowhere")
                .extracting(failure -> ((EtherbayException) failure).why())
                .asString()
                .contains("No such file");
    }

    @Test
    void ourJdkRunsInTheGuest() {
        String java = runtime.java().toString();
        long startNs = System.nanoTime();
        assertThat(guest.check(java + " -version", Duration.ofMinutes(2)))
                .contains(System.getProperty("java.version"));
        System.out.printf(
                "java -version in a guest: %d ms%n", (System.nanoTime() - startNs) / 1_000_000);
    }

    @Test
    void aKilledGuestFailsItsCommandsAndKeepsItsConsole() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("virtio_console"));
        Path initramfs =
                Initramfs.with(kernel).modules("virtio_pci", "virtio_console").build(cache);
        try (QemuGuest victim =
                QemuGuest.boot(QemuCommand.linux(kernel, initramfs), LinuxClient.BOOT_TIMEOUT)) {
            // It takes commands before its console, which is slower, has said so.
            assertThat(victim.process().awaitConsole(READY, LinuxClient.BOOT_TIMEOUT))
                    .isTrue();
            victim.kill();
            assertThat(victim.process().isAlive()).isFalse();
            assertThatThrownBy(() -> victim.run("true")).isInstanceOf(EtherbayException.class);
            assertThat(victim.process().console()).contains(READY);
        }
    }
}
