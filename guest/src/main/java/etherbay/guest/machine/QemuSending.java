// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Progress;
import etherbay.guest.machine.Hypervisor.Sending;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One guest's way from QEMU to QEMU (migration). What QEMU does at each stage: <a
 * href="../../../../../../../../docs/decisions/0025-guests-under-qemu.md">decision 0025</a>. Any
 * thread.
 */
final class QemuSending {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration HANG_TIMEOUT = Duration.ofSeconds(3);
    private static final long UNLIMITED_BYTES_PER_S = 1L << 40; // QEMU's own default is 128 MiB/s
    private static final long SETTLE_MS = 100;

    private final QemuMonitor monitor;

    QemuSending(QemuMonitor monitor) {
        this.monitor = monitor;
    }

    String listen(String host) {
        monitor.require("sent here", Set.of(Condition.INCOMING));
        Optional<String> already = address(host);
        if (already.isPresent()) {
            return already.get();
        }
        try {
            // So that it can be run before its memory is there, if who sends it wants that.
            monitor.capabilities(Map.of("postcopy-ram", true));
        } catch (QmpConnection.Refused refused) {
            // This kernel has no userfaultfd for us: the sender hears it when it asks for that.
        }
        boolean unix = host.startsWith("unix:");
        String uri = unix ? host : "tcp:" + bracketed(host) + ":0";
        monitor.execute("migrate-incoming", Map.of("uri", uri));
        return address(host)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "QEMU does not say where it waits for a guest",
                        "it was told to listen at " + uri,
                        "end the guest here and begin again"));
    }

    private Optional<String> address(String host) {
        List<QmpValue> all =
                monitor.execute("query-migrate").at("socket-address").list();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        QmpValue first = all.getFirst();
        return Optional.of(
                first.at("type").text().equals("unix")
                        ? "unix:" + first.at("path").text()
                        : "tcp:" + bracketed(host) + ":" + first.at("port").text());
    }

    private static String bracketed(String host) {
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    void send(String to, Sending how) {
        monitor.require("sent", Set.of(Condition.RUNNING, Condition.PAUSED));
        monitor.capabilities(Map.of(
                "pause-before-switchover",
                true,
                "late-block-activate",
                false,
                "return-path",
                true,
                "events",
                true,
                "auto-converge",
                how.slowDown(),
                "postcopy-ram",
                how.postCopy()));
        monitor.execute(
                "migrate-set-parameters",
                Map.of(
                        "downtime-limit",
                        how.downtimeMs(),
                        "max-bandwidth",
                        how.mibPerSecond() == 0
                                ? UNLIMITED_BYTES_PER_S
                                : how.mibPerSecond() << 20));
        monitor.execute("migrate", Map.of("uri", to));
        Waiting.until(CONNECT_TIMEOUT, () -> !status().equals("setup"));
        if (status().equals("failed")) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the guest cannot be sent to " + to,
                    progress().failure(),
                    "see that the other node waits for it there, and that no firewall is between");
        }
    }

    /** Called when its memory has been sent once: all that changed since follows later. */
    static void startPostCopy(QmpConnection qmp) throws IOException {
        try {
            qmp.execute("migrate-start-postcopy");
        } catch (QmpConnection.Refused refused) {
            // It has come to its end meanwhile.
        }
    }

    private String status() {
        return monitor.execute("query-migrate").at("status").text();
    }

    Progress progress() {
        QmpValue said = monitor.execute("query-migrate");
        if (said.at("status").text().equals("completed")
                && said.at("total-time").number() == 0) {
            Waiting.pauseMs(SETTLE_MS); // seen once: the numbers follow
            said = monitor.execute("query-migrate");
        }
        return progress(said);
    }

    static Progress progress(QmpValue said) {
        QmpValue ram = said.at("ram");
        String failure = said.at("error-desc").text();
        if (said.at("status").text().equals("failed") && failure.isEmpty()) {
            failure = "the other QEMU has ended, or the network between is broken";
        }
        long downtimeMs = said.at("downtime").isPresent()
                ? said.at("downtime").number()
                : said.at("expected-downtime").number();
        long total = ram.at("total").number();
        return new Progress(
                total - ram.at("remaining").number(),
                total,
                ram.at("dirty-sync-count").number(),
                downtimeMs,
                EtherbayException.shown(failure));
    }

    void finish() {
        monitor.require("sent for good", Set.of(Condition.SWITCHING));
        monitor.openLifeline();
        monitor.execute("migrate-continue", Map.of("state", "pre-switchover"));
    }

    void cancel() {
        if (isHanging()) {
            // The last of it does not get through, and QEMU waits with all else: only its other
            // thread hears us. It then fails, which is what is wanted.
            monitor.executeOutOfBand(
                    "yank", Map.of("instances", List.of(Map.of("type", "migration"))));
        }
        Optional<QemuCondition> seen = monitor.look();
        if (seen.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "the guest is not here any more",
                    "its QEMU has ended",
                    "look for it on the other node");
        }
        Condition condition = seen.get().condition();
        if (condition == Condition.SENT) {
            throw monitor.unfit("kept back", condition);
        }
        if (!seen.get().sends() && !seen.get().runState().equals("finish-migrate")) {
            return;
        }
        monitor.execute("migrate_cancel");
        boolean back = Waiting.until(CANCEL_TIMEOUT, () -> {
            QemuCondition now = monitor.look().orElse(new QemuCondition("shutdown", "", false));
            return !now.sends() && !now.runState().equals("finish-migrate");
        });
        if (!back) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the sending of the guest does not end",
                    "QEMU was told " + CANCEL_TIMEOUT.toSeconds() + " s ago",
                    "try again");
        }
    }

    private boolean isHanging() {
        try {
            monitor.talk(HANG_TIMEOUT, qmp -> qmp.execute("query-status"));
            return false;
        } catch (EtherbayException failure) {
            if (failure.code() != ErrorCode.UNAVAILABLE) {
                throw failure;
            }
            return true;
        }
    }
}
