// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.machine.Hypervisor.Condition;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pairs of QEMU's words as decision 0025 has seen them. */
class QemuConditionTest {
    @ParameterizedTest
    @CsvSource({
        "running, '', RUNNING",
        "running, setup, LEAVING",
        "running, active, LEAVING",
        "running, cancelling, LEAVING",
        "running, cancelled, RUNNING",
        "running, failed, RUNNING",
        "running, completed, RUNNING",
        "running, postcopy-active, RUNNING",
        "paused, '', PAUSED",
        "paused, active, PAUSED",
        "paused, completed, PAUSED",
        "prelaunch, '', PAUSED",
        "inmigrate, '', INCOMING",
        "inmigrate, active, INCOMING",
        "finish-migrate, active, LEAVING",
        "finish-migrate, pre-switchover, SWITCHING",
        "finish-migrate, device, SWITCHING",
        "finish-migrate, completed, SWITCHING",
        "finish-migrate, cancelling, LEAVING",
        "postmigrate, completed, SENT",
        "postmigrate, cancelled, PAUSED",
        "postmigrate, failed, PAUSED",
        "shutdown, completed, OFF",
        "guest-panicked, '', BROKEN",
        "internal-error, '', BROKEN",
        "io-error, completed, BROKEN",
    })
    void aConditionFollowsFromRunStateAndMigration(
            String runState, String migration, Condition condition) {
        assertThat(new QemuCondition(runState, migration, false).condition()).isEqualTo(condition);
    }

    @Test
    void whatHasComeIsLoadedUntilItIsPausedLater() {
        assertThat(new QemuCondition("paused", "completed", true).condition())
                .isEqualTo(Condition.LOADED);
        assertThat(new QemuCondition("paused", "postcopy-active", true).condition())
                .isEqualTo(Condition.LOADED);
        assertThat(new QemuCondition("running", "completed", true).condition())
                .isEqualTo(Condition.RUNNING);
    }

    @Test
    void progressIsReadWhateverIsMissing() {
        Hypervisor.Progress none = QemuSending.progress(QmpValue.parse("{}"));
        assertThat(none).isEqualTo(new Hypervisor.Progress(0, 0, 0, 0, ""));
        Hypervisor.Progress some = QemuSending.progress(QmpValue.parse("""
                {"expected-downtime": 300, "status": "active", "ram": {"total": 268967936,
                 "remaining": 32722944, "dirty-sync-count": 2}}"""));
        assertThat(some).isEqualTo(new Hypervisor.Progress(236244992, 268967936, 2, 300, ""));
        assertThat(QemuSending.progress(QmpValue.parse("{\"status\": \"failed\"}"))
                        .failure())
                .contains("other QEMU");
    }
}
