// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Two machines that want one mirror: the second is a process in namespaces of its own, where the
 * machine-id is another and what this machine has locked is free.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorTakeOverSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final int REGION_SECTORS = 2048;
    private static final int STEP_SECTORS = 64;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private String unshare;
    private Path machineId;

    @BeforeEach
    void makeMachine() throws IOException {
        Tool.requireRoot();
        unshare = Tool.require("unshare", "util-linux").toString();
        machineId = Files.writeString(
                folder.resolve("machine-id"), UUID.randomUUID().toString().replace("-", "") + "\n");
    }

    /** The command on that other machine. */
    private List<String> elsewhere(List<String> command) {
        List<String> words = new ArrayList<>(List.of(
                unshare,
                "--mount",
                "--net",
                "sh",
                "-c",
                "mount --bind \"$0\" /etc/machine-id && exec \"$@\"",
                machineId.toString()));
        words.addAll(command);
        return words;
    }

    private Path secondSocket() {
        return folder.resolve("second.nbd");
    }

    private Daemon takeOver(MirrorLab lab) {
        return MirrorLab.awaitServed(Daemon.start(
                elsewhere(lab.attachCommand("second", secondSocket(), "--take-over"))));
    }

    private static void assertLost(Daemon first) {
        Tool.await("the first owner ends", TIMEOUT, () -> !first.isAlive());
        assertThat(first.terminate()).as(first.log()).isEqualTo(ErrorCode.CONFLICT.exitCode());
        assertThat(first.log()).contains("the mirror web is not ours any more");
    }

    /** Each sector of the region, so that whatever lands there later shows. */
    private static void writeAll(NbdLink link, SectorLedger ledger) throws IOException {
        for (int at = 0; at < ledger.sectorCount(); at += STEP_SECTORS) {
            long number = ledger.issue(at, STEP_SECTORS);
            assertThat(link.write(at, ledger.data(at, STEP_SECTORS, number))).isZero();
            ledger.acknowledge(at, STEP_SECTORS, number, false);
        }
    }

    private static void assertHolds(NbdLink link, SectorLedger ledger) {
        Verdict verdict = ledger.judge(link, Promise.ACKNOWLEDGED);
        assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
    }

    private void stopAndCompare(MirrorLab lab, Daemon second) throws IOException {
        assertThat(second.terminate()).as(second.log()).isIn(0, 143);
        assertThat(MirrorLegs.firstDifference(lab.image(0), lab.image(1))).isNegative();
    }

    @Test
    void anotherMachineIsRefusedUntilItTakesOverAndThenTheFirstStops() throws IOException {
        List<SectorLedger> ledgers = MirrorLoad.ledgers(1, REGION_SECTORS, REGION_SECTORS);
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon first = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), ledgers, 1)) {
                load.awaitMore(100, TIMEOUT);
                Tool.Outcome refused =
                        Tool.run(elsewhere(lab.attachCommand("second", secondSocket())), TIMEOUT);
                assertThat(refused.exitCode())
                        .as(refused.text())
                        .isEqualTo(ErrorCode.CONFLICT.exitCode());
                assertThat(refused.text()).contains("web is owned by", "--take-over");
                load.awaitMore(100, TIMEOUT);
                assertThat(load.errors()).isEmpty();
                try (Daemon second = takeOver(lab);
                        NbdLink link = NbdLink.open(secondSocket())) {
                    assertThat(second.log()).contains("Taken over from");
                    assertLost(first);
                    load.awaitEnd();
                    assertHolds(link, ledgers.getFirst());
                    stopAndCompare(lab, second);
                }
            }
        }
    }

    @Test
    void whatTheFirstOwnerSendsLateNeverLands() throws IOException {
        List<SectorLedger> ledgers = MirrorLoad.ledgers(2, REGION_SECTORS / 2, REGION_SECTORS / 2);
        SectorLedger theirs = new SectorLedger(0, REGION_SECTORS, 77);
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon first = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), ledgers, 2)) {
                load.awaitMore(100, TIMEOUT);
                Tool.check(List.of("kill", "-STOP", "" + first.pid()));
                try (Daemon second = takeOver(lab);
                        NbdLink link = NbdLink.open(secondSocket())) {
                    for (SectorLedger ledger : ledgers) {
                        assertHolds(link, ledger);
                    }
                    writeAll(link, theirs);
                    Tool.check(List.of("kill", "-CONT", "" + first.pid()));
                    assertLost(first);
                    load.awaitEnd();
                    assertHolds(link, theirs);
                    assertThat(link.flush()).isZero();
                    stopAndCompare(lab, second);
                }
            }
        }
    }

    @Test
    void anOwnerThatNobodyAsksForAnythingHearsOfItByItself() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon first = lab.attach();
                    Daemon second = takeOver(lab);
                    NbdLink link = NbdLink.open(secondSocket())) {
                assertLost(first);
                writeAll(link, new SectorLedger(0, REGION_SECTORS, 5));
                stopAndCompare(lab, second);
            }
        }
    }

    /** With an error, or because the server has heard of its loss by itself and ended. */
    private static boolean isRefused(NbdLink former) {
        try {
            return former.write(0, new byte[512]) != 0;
        } catch (IOException gone) {
            return true;
        }
    }

    @Test
    void theSameMachineHoldsAMirrorOnceAndItsLaterTermEndsTheEarlier() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon first = lab.attach()) {
                Tool.Outcome refused =
                        Tool.run(lab.attachCommand("second", secondSocket()), TIMEOUT);
                assertThat(refused.exitCode())
                        .as(refused.text())
                        .isEqualTo(ErrorCode.CONFLICT.exitCode());
                // Where the locks of this machine do not reach, its own claim is no obstacle: it is
                // what a crash leaves. Epochs keep the two apart.
                List<String> apart = new ArrayList<>(List.of(unshare, "--net"));
                apart.addAll(lab.attachCommand("second", secondSocket()));
                try (NbdLink former = NbdLink.open(lab.socket());
                        Daemon second = MirrorLab.awaitServed(Daemon.start(apart));
                        NbdLink link = NbdLink.open(secondSocket())) {
                    assertThat(isRefused(former)).isTrue();
                    assertLost(first);
                    writeAll(link, new SectorLedger(0, REGION_SECTORS, 5));
                    stopAndCompare(lab, second);
                }
            }
        }
    }
}
