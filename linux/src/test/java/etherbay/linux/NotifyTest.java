// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Against a datagram socket of the test's own, at a path and at an abstract name. */
final class NotifyTest {
    private static final Clock AT_SEVEN_MS = new Clock() {
        @Override
        public long nanoTime() {
            return 7_000_999;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    };

    @TempDir
    Path folder;

    /** The side of the service manager. */
    private static final class Listener implements AutoCloseable {
        private static final int BYTES_MAX = 4096;
        private final Arena arena = Arena.ofShared();
        private final long memory = arena.allocate(BYTES_MAX).address();
        private final int fd;

        Listener(String address) {
            byte[] name = address.getBytes(StandardCharsets.UTF_8);
            if (name[0] == '@') {
                name[0] = 0;
            }
            fd = Linux.expect(
                    Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM, 0), "a unix socket");
            long sockaddr = arena.allocate(Layouts.SOCKADDR_UN).address();
            Memory.putShort(sockaddr, (short) Constants.AF_UNIX);
            Memory.putBytes(sockaddr + Short.BYTES, name);
            assertThat(Libc.bind(fd, sockaddr, Short.BYTES + name.length)).isZero();
        }

        /** The next message; empty when there is none. */
        String next() {
            long bytes = Libc.recv(fd, memory, BYTES_MAX, Constants.MSG_DONTWAIT);
            return bytes < 0
                    ? ""
                    : new String(Memory.getBytes(memory, (int) bytes), StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            Libc.close(fd);
            arena.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"path", "abstract"})
    void theLifeOfAServiceIsTold(String kind) {
        String address = kind.equals("path")
                ? folder.resolve("notify").toString()
                : "@etherbay-test-" + folder.getFileName();
        try (Listener manager = new Listener(address);
                Notify notify = Notify.of(Map.of("NOTIFY_SOCKET", address), AT_SEVEN_MS)) {
            assertThat(notify.watchdogNs()).isEmpty();
            notify.ready("3 exports\nand more");
            assertThat(manager.next()).isEqualTo("READY=1\nSTATUS=3 exports and more");
            notify.alive();
            assertThat(manager.next()).isEqualTo("WATCHDOG=1");
            notify.reloading();
            assertThat(manager.next()).isEqualTo("RELOADING=1\nMONOTONIC_USEC=7000");
            notify.stopping();
            assertThat(manager.next()).isEqualTo("STOPPING=1");
            assertThat(manager.next()).isEmpty();
        }
    }

    @Test
    void whereNobodyAskedNothingIsSaid() {
        Notify notify = Notify.of(Map.of(), AT_SEVEN_MS);
        notify.ready("");
        notify.alive();
        notify.close();
        notify.close();
        assertThat(notify.watchdogNs()).isEmpty();
    }

    @Test
    void theLoopNeverWaitsForADeafManager() {
        String address = folder.resolve("deaf").toString();
        try (Listener manager = new Listener(address);
                Notify notify = Notify.of(Map.of("NOTIFY_SOCKET", address), AT_SEVEN_MS)) {
            for (int sent = 0; sent < 10_000; sent++) { // far more than a queue holds
                notify.alive();
            }
            assertThat(manager.next()).isEqualTo("WATCHDOG=1");
        }
    }

    @Test
    void aManagerThatIsGoneIsNoReasonToEnd() {
        String address = folder.resolve("gone").toString();
        Listener manager = new Listener(address);
        try (Notify notify = Notify.of(Map.of("NOTIFY_SOCKET", address), AT_SEVEN_MS)) {
            manager.close();
            notify.alive();
            notify.stopping();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"relative", "vsock:2:1", "/nobody/listens/here", "@nobody-listens"})
    void anAddressAtWhichNobodyListensIsAnError(String address) {
        assertThatThrownBy(() -> Notify.of(Map.of("NOTIFY_SOCKET", address), AT_SEVEN_MS))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        error -> assertThat(error.code()).isEqualTo(ErrorCode.ENVIRONMENT));
    }

    @Test
    void theWatchdogIsOnlyOursWhenItNamesThisProcess() {
        String own = Long.toString(ProcessHandle.current().pid());
        assertThat(watchdogNs(Map.of("WATCHDOG_USEC", "30000000"))).isEqualTo(30_000_000_000L);
        assertThat(watchdogNs(Map.of("WATCHDOG_USEC", "5", "WATCHDOG_PID", own)))
                .isEqualTo(5_000);
        assertThat(watchdogNs(Map.of("WATCHDOG_USEC", "5", "WATCHDOG_PID", "1")))
                .isZero();
        assertThat(watchdogNs(Map.of("WATCHDOG_USEC", "soon"))).isZero();
    }

    private static long watchdogNs(Map<String, String> environment) {
        try (Notify notify = Notify.of(environment, AT_SEVEN_MS)) {
            return notify.watchdogNs().orElse(0);
        }
    }
}
