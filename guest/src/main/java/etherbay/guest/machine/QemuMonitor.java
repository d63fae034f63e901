// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.Hypervisor.Condition;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Asks and tells the QEMU of one guest, one at a time. Any thread; every call has an end. */
final class QemuMonitor {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Part of a conversation. */
    interface Talk<T> {
        T with(QmpConnection qmp) throws IOException;
    }

    private final String guest;
    private final QemuFolder folder;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable QmpConnection lifeline; // under the lock

    QemuMonitor(String guest, QemuFolder folder) {
        this.guest = guest;
        this.folder = folder;
    }

    QemuFolder folder() {
        return folder;
    }

    /**
     * @throws EtherbayException NOT_FOUND when no QEMU runs it, UNAVAILABLE when that does not
     *     answer
     */
    <T> T talk(Talk<T> talk) {
        return talk(TIMEOUT, talk);
    }

    <T> T talk(Duration timeout, Talk<T> talk) {
        enter(timeout);
        try {
            if (folder.process().isEmpty()) {
                throw absent();
            }
            try (QmpConnection qmp = QmpConnection.open(folder.qmp(), timeout)) {
                return talk.with(qmp);
            } catch (IOException failure) {
                throw broken(failure);
            }
        } finally {
            lock.unlock();
        }
    }

    private void enter(Duration timeout) {
        try {
            if (lock.tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw Waiting.cancelled();
        }
        throw new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the guest " + guest + " is being asked something else",
                "that takes longer than " + timeout.toSeconds() + " s",
                "try again");
    }

    private EtherbayException broken(IOException failure) {
        // Its end and the end of the conversation are seen in either order.
        if (folder.awaitEnd(Duration.ofMillis(500))) {
            return absent();
        }
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the QEMU of guest " + guest + " cannot be talked to",
                failure.toString(),
                "try again; or kill the guest");
    }

    private EtherbayException absent() {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "no guest " + guest + " runs here",
                "it was not started, or has ended; QEMU's last words: " + folder.lastWords(),
                "start it");
    }

    /**
     * Opens a second conversation, to be used when the first one waits: then it is too late to open
     * one. It ends when the guest is seen to be at rest.
     */
    void openLifeline() {
        enter(TIMEOUT);
        try {
            closeLifeline();
            lifeline = QmpConnection.open(folder.outOfBand(), TIMEOUT);
        } catch (IOException failure) {
            throw broken(failure);
        } finally {
            lock.unlock();
        }
    }

    /** Nothing when there is no lifeline: whoever opened it has ended. */
    void executeOutOfBand(String command, Map<String, ?> arguments) {
        enter(TIMEOUT);
        try {
            if (lifeline != null) {
                lifeline.executeOutOfBand(command, arguments);
            }
        } catch (IOException failure) {
            throw broken(failure);
        } finally {
            lock.unlock();
        }
    }

    private void closeLifeline() {
        if (lifeline != null) {
            lifeline.close();
            lifeline = null;
        }
    }

    QmpValue execute(String command, Map<String, ?> arguments) {
        return talk(qmp -> qmp.execute(command, arguments));
    }

    QmpValue execute(String command) {
        return execute(command, Map.of());
    }

    /** Switches these on and off; each as {@code pause-before-switchover}. */
    void capabilities(Map<String, Boolean> wanted) {
        List<Map<String, Object>> list = wanted.entrySet().stream()
                .map(each -> Map.<String, Object>of(
                        "capability", each.getKey(), "state", each.getValue()))
                .toList();
        execute("migrate-set-capabilities", Map.of("capabilities", list));
    }

    /** Empty when no QEMU runs it. */
    Optional<QemuCondition> look() {
        if (folder.process().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(talk(qmp -> {
                QemuCondition seen = look(qmp);
                if (!seen.sends()) {
                    closeLifeline();
                }
                return seen;
            }));
        } catch (EtherbayException failure) {
            if (failure.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    private static QemuCondition look(QmpConnection qmp) throws IOException {
        // In this order: what ends between the questions is not taken for what has not begun.
        QmpValue migration = qmp.execute("query-migrate");
        String runState = qmp.execute("query-status").at("status").text();
        if (runState.equals("postmigrate") || runState.equals("finish-migrate")) {
            migration = qmp.execute("query-migrate");
        }
        boolean neverPaused = false;
        boolean wantsPostCopy = false;
        for (QmpValue each : qmp.execute("query-migrate-capabilities").list()) {
            String name = each.at("capability").text();
            boolean on = each.at("state").truth();
            neverPaused |= name.equals("late-block-activate") && on;
            wantsPostCopy |= name.equals("postcopy-ram") && on;
        }
        boolean oneRoundDone = migration.at("ram").at("dirty-sync-count").number() > 1;
        String status = migration.at("status").text();
        if (wantsPostCopy && oneRoundDone && status.equals("active")) {
            QemuSending.startPostCopy(qmp);
        }
        return new QemuCondition(runState, status, neverPaused);
    }

    Condition condition() {
        return look().map(QemuCondition::condition).orElse(Condition.ABSENT);
    }

    /** How it is, if that is one of these. */
    QemuCondition require(String what, Set<Condition> allowed) {
        QemuCondition seen = look().orElseThrow(this::absent);
        if (!allowed.contains(seen.condition())) {
            throw unfit(what, seen.condition());
        }
        return seen;
    }

    EtherbayException unfit(String what, Condition condition) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "the guest " + guest + " cannot be " + what,
                "it is " + condition,
                "see: etherbay guest list");
    }
}
