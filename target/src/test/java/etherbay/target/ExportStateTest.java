// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Epoch;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** What opening makes of a former state, and how a state stands in a file. */
class ExportStateTest {
    private final LongSupplier random = new Prng(11)::nextLong;
    private final ExportState first =
            ExportState.opened(Optional.empty(), "boot-1", "disk-1", random);

    private ExportState reopened(ExportState former, String bootId, String backing) {
        return ExportState.opened(Optional.of(former), bootId, backing, random);
    }

    private static ExportState full(ExportState state) {
        byte[] config = new byte[1024];
        for (int i = 0; i < config.length; i++) {
            config[i] = (byte) i;
        }
        return state.withConfig(config)
                .withMasks(List.of(Rig.ALICE, Rig.BOB))
                .withReservations(List.of(Rig.BOB))
                .withOwners(new Epoch(-2), List.of(Rig.ALICE))
                .withFloors(List.of(new ExportState.Floor(Rig.ALICE, 0x8000_002a)));
    }

    @Test
    void aSerialIsRandomAndHas20Characters() {
        assertThat(first.serial()).matches("[A-HJ-NP-Z2-9]{20}");
        ExportState other = ExportState.opened(Optional.empty(), "boot-1", "disk-1", random);
        assertThat(other.serial()).isNotEqualTo(first.serial());
    }

    @Test
    void theIncarnationStaysWhileNothingCanHaveBeenLost() {
        assertThat(reopened(first, "boot-1", "disk-1").incarnation())
                .as("the process was killed, the machine ran on")
                .isEqualTo(first.incarnation());
        assertThat(reopened(first.stoppedCleanly(), "boot-2", "disk-1").incarnation())
                .as("all was flushed before the machine booted")
                .isEqualTo(first.incarnation());
        assertThat(reopened(first, "boot-2", "disk-1").incarnation())
                .as("the machine booted without that")
                .isNotEqualTo(first.incarnation());
    }

    @Test
    void aCleanStopCountsOnce() {
        ExportState again = reopened(first.stoppedCleanly(), "boot-2", "disk-1");
        assertThat(again.cleanStop()).isFalse();
        assertThat(reopened(again, "boot-3", "disk-1").incarnation())
                .isNotEqualTo(first.incarnation());
    }

    @Test
    void anotherBackingIsAnotherDiskUnderTheSameOwnership() {
        ExportState before = full(first).withFailedSync(random).stoppedCleanly();
        ExportState after = reopened(before, "boot-1", "disk-2");
        assertThat(after.serial()).isNotEqualTo(before.serial());
        assertThat(after.incarnation()).isNotEqualTo(before.incarnation());
        assertThat(after.syncFailed()).isFalse();
        assertThat(after.epoch()).isEqualTo(before.epoch());
        assertThat(after.owners()).isEqualTo(before.owners());
        assertThat(after.config()).isEqualTo(before.config());
    }

    @Test
    void aFailedSyncIsRememberedUntilItIsClearedAndNeverACleanStop() {
        ExportState failed = first.withFailedSync(random);
        assertThat(failed.incarnation()).isNotEqualTo(first.incarnation());
        assertThat(failed.stoppedCleanly().cleanStop()).isFalse();
        ExportState again = reopened(failed.stoppedCleanly(), "boot-1", "disk-1");
        assertThat(again.syncFailed()).isTrue();
        assertThat(again.cleared().syncFailed()).isFalse();
        assertThat(again.cleared().incarnation()).isEqualTo(failed.incarnation());
    }

    @Test
    void clearingForgetsEverythingButOwnership() {
        ExportState cleared = full(first).cleared();
        assertThat(cleared)
                .isEqualTo(first.withOwners(new Epoch(-2), List.of(Rig.ALICE))
                        .withFloors(full(first).floors()));
    }

    @Test
    void aStateIsTheSameAfterItWasWrittenAndRead() throws StateText.DamagedException {
        for (ExportState state : List.of(first, full(first), full(first).withFailedSync(random))) {
            assertThat(StateText.decode(StateText.encode(state))).isEqualTo(state);
        }
        ExportState odd =
                ExportState.opened(Optional.empty(), "b", "/srv/\u00fcber disk\\1\n", random);
        assertThat(StateText.decode(StateText.encode(odd))).isEqualTo(odd);
    }

    @Test
    void aStateCanBeReadByAPerson() {
        byte[] config = "host:a".getBytes(StandardCharsets.US_ASCII);
        String text =
                new String(StateText.encode(first.withConfig(config)), StandardCharsets.US_ASCII);
        assertThat(text)
                .startsWith("etherbay-export-state 1\n")
                .contains("\nserial " + first.serial() + "\n", "\nconfig host:a\n", "\nepoch 0\n");
    }
}
