// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.GuestLab.GUEST;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A guest on a mirror over two targets, and what its daemons go through; {@link GuestMovesSysTest}
 * moves it.
 */
@Timeout(900)
@ExtendWith(ReasonInTrace.class)
class GuestMoveSysTest {
    private GuestLab lab;

    @BeforeEach
    void begin() {
        lab = new GuestLab();
    }

    @AfterEach
    void end() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void whetherItCanMoveIsToldBefore() {
        lab.boot("a");
        assertThat(lab.guest("a", "migrate", GUEST, "b", "--check"))
                .contains("right machine: pc-q35-", "right memory: 192 MiB; there: ")
                .contains("right same processor: ", "right file: ")
                .containsPattern("right leg e0\\.0: in sync; there: .*owned by a at epoch [1-9]")
                .doesNotContain("WRONG", "preparing");
        lab.killTarget(1);
        await("the leg is lost", () -> lab.mirror("a").contains("faulty"));
        Tool.Outcome refused = lab.attempt("a", "migrate", GUEST, "b");
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.text())
                .contains("WRONG leg e1.0: faulty", "there: it does not answer")
                .contains("guest wanderer is not moved to b", "wait until it is in sync")
                .doesNotContain("preparing");
        lab.awaitRecords("a", 3);
        assertThat(lab.console("a")).doesNotContain("FAILED");
        assertThat(lab.state("b", GUEST)).contains("elsewhere");
    }

    /** At another address: every node has to look for the disk there from then on. */
    @Test
    void aDiskThatDiedIsReplacedAndTheGuestIsStartedAndMovedAsBefore() {
        lab.boot("a");
        lab.killTarget(1);
        await("the leg is lost", () -> lab.mirror("a").contains("faulty"));
        lab.changeMirror("a", "remove", 1);
        lab.newTarget(2);
        lab.changeMirror("a", "add", 2, "--yes");
        await("it is whole", () -> lab.mirror("a", "--json").contains("\"good_copies\":2,"));
        await("it is known where", () -> lab.record("a").contains("\"legs\":[\"e0.0\",\"e2.0\"]"));
        lab.killNode("a");
        lab.startNode("a");
        lab.awaitRecords("a", 3);
        assertThat(lab.guest("a", "migrate", GUEST, "b")).contains("done");
        lab.awaitRecords("b", 3);
        assertThat(lab.console("b")).doesNotContain("FAILED");
        assertThat(lab.mirror("b", "--json")).contains("\"good_copies\":2,");
    }

    private static void await(String what, BooleanSupplier condition) {
        Tool.await(what, Duration.ofMinutes(1), condition);
    }

    @Test
    void aDaemonIsRestartedUnderItsGuest() {
        lab.boot("a");
        lab.terminateNode("a");
        lab.startNode("a");
        lab.awaitRecords("a", 3);
        lab.killNode("a");
        lab.startNode("a");
        lab.awaitRecords("a", 3);
        assertThat(lab.console("a")).doesNotContain("FAILED");
        assertThat(lab.guest("a", "migrate", GUEST, "b")).contains("done");
        lab.awaitRecords("b", 3);
        assertThat(lab.console("b")).doesNotContain("FAILED");
    }

    /** QEMU connects again at once, and is not refused: its guest sees a pause, no error. */
    @Test
    void theSocketOfAGuestIsKeptOverAReloadAndARestart() {
        lab.boot("a");
        try (ServiceProcess service = lab.asService("a")) {
            lab.awaitRecords("a", 3);
            service.reload(lab.settings("a") + "# read again\n");
            assertThat(lab.diskSocket("a")).exists();
            lab.awaitRecords("a", 3);
            for (boolean inOrder : new boolean[] {true, false}) {
                service.stop(inOrder);
                assertThat(lab.diskSocket("a")).exists();
                service.start();
                lab.awaitRecords("a", 3);
            }
            assertThat(lab.console("a")).doesNotContain("FAILED");
            lab.guest("a", "stop", GUEST);
            assertThat(lab.diskSocket("a")).doesNotExist();
        }
    }

    @Test
    void aGuestWhoseNodeDiedIsRecoveredAndTheNodeThatComesBackLetsItGo() {
        lab.boot("a");
        assertThat(lab.attempt("b", "recover", GUEST).text()).contains("is on a");
        lab.pullPlug("a");
        lab.guest("b", "recover", GUEST);
        lab.awaitRecords("b", 3);
        lab.startNode("a");
        Tool.await(
                "a lets it go: " + lab.log("a"),
                Duration.ofMinutes(1),
                () -> lab.state("a", GUEST).contains("elsewhere"));
        lab.awaitRecords("b", 3);
        assertThat(lab.console("b")).doesNotContain("FAILED");
        assertThat(lab.guest("b", "migrate", GUEST, "a")).contains("done");
        lab.awaitRecords("a", 3);
    }
}
