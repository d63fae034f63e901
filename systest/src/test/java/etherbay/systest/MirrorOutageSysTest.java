// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Targets that die, restart and fall silent under a mirror that is written to, over NBD, by writers
 * who check what they read. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorOutageSysTest {
    private static final long DISK_BYTES = 256L << 20;

    /** Issue 8, "what it must show", 2. */
    private static final Duration STALL_MAX = Duration.ofMillis(1500);

    private static final int SILENCE_SECONDS = 20;

    /** Longer than anything that is waited for with a bound. */
    private static final int SILENCE_SHARE = 12;

    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int WRITER_COUNT = 2;
    private static final int REGION_SECTORS = 8192;
    private static final long STRIDE_SECTORS = 200_000;

    @TempDir
    Path folder;

    private final List<SectorLedger> ledgers =
            MirrorLoad.ledgers(WRITER_COUNT, REGION_SECTORS, STRIDE_SECTORS);

    private static void assertNothingWrong(MirrorLoad load) {
        assertThat(load.errors()).isEmpty();
    }

    private void assertAllThere(Path socket) throws IOException {
        try (NbdLink link = NbdLink.open(socket)) {
            for (SectorLedger ledger : ledgers) {
                Verdict verdict = ledger.judge(link, Promise.ACKNOWLEDGED);
                assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
            }
        }
    }

    private static void stopAndCompare(MirrorLab lab, Daemon attached) throws IOException {
        lab.check("stop", MirrorLab.NAME);
        Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
        assertThat(attached.terminate()).as(attached.log()).isZero();
        assertThat(MirrorLegs.firstDifference(lab.image(0), lab.image(1))).isNegative();
    }

    @Test
    void aKilledTargetCostsOneShortStallAndComesBackByItself() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), ledgers, 1)) {
                load.awaitMore(500, TIMEOUT);
                load.takeLongest();
                lab.killTarget(1);
                attached.awaitLog("e1.0: faulty, and the other legs say so", TIMEOUT);
                load.awaitMore(300, TIMEOUT);
                Duration stall = load.takeLongest();
                lab.startTarget(1);
                attached.awaitLog("e1.0: in sync", TIMEOUT);
                load.awaitMore(200, TIMEOUT);
                Map<String, Object> detail = lab.awaitInSync(2, TIMEOUT);
                load.stop();
                assertNothingWrong(load);
                long copied = MirrorLab.number(detail, "copied_bytes");
                long written = load.writtenBytes(MirrorLab.number(detail, "chunk_bytes"));
                System.out.printf(
                        "kill -9 of a target: stall %d ms; %d KiB written to, %d KiB copied%n",
                        stall.toMillis(), written >> 10, copied >> 10);
                assertThat(stall).isLessThanOrEqualTo(STALL_MAX);
                assertThat(copied).isPositive().isLessThanOrEqualTo(2 * written);
                assertAllThere(lab.socket());
                stopAndCompare(lab, attached);
            }
        }
    }

    @Test
    void aPlannedRestartOfATargetFailsNoLeg() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), ledgers, 2)) {
                load.awaitMore(300, TIMEOUT);
                long events = MirrorLab.number(lab.detail(), "events");
                for (int shelf = 0; shelf < 2; shelf++) {
                    load.takeLongest();
                    long endedNs = System.nanoTime();
                    assertThat(lab.target(shelf).terminate()).isEqualTo(143);
                    lab.startTarget(shelf);
                    long outageMs = (System.nanoTime() - endedNs) / 1_000_000;
                    load.awaitMore(300, TIMEOUT);
                    long stallMs = load.takeLongest().toMillis();
                    System.out.printf(
                            "restart of a target: outage %d ms, stall %d ms: %+d ms%n",
                            outageMs, stallMs, stallMs - outageMs);
                }
                load.stop();
                assertNothingWrong(load);
                Map<String, Object> detail = lab.detail();
                assertThat(MirrorLab.standings(detail))
                        .containsEntry("e0.0", "in sync")
                        .containsEntry("e1.0", "in sync");
                assertThat(MirrorLab.number(detail, "copied_bytes")).isZero();
                assertThat(MirrorLab.number(detail, "events")).isEqualTo(events);
                assertThat(attached.log()).doesNotContain("faulty");
                assertAllThere(lab.socket());
                stopAndCompare(lab, attached);
            }
        }
    }

    @Test
    void twoSilentTargetsCostAStallAndFailNothing() throws IOException {
        Duration silence = Duration.ofSeconds(
                Share.of(SILENCE_SHARE, SILENCE_SECONDS, "seconds of silence", getClass()));
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), ledgers, 3)) {
                load.awaitMore(300, TIMEOUT);
                load.takeLongest();
                lab.signalTargets("STOP");
                Tool.pause(silence);
                lab.signalTargets("CONT");
                load.awaitMore(300, TIMEOUT);
                Duration stall = load.takeLongest();
                System.out.printf("both targets silent: stall %d ms%n", stall.toMillis());
                assertThat(stall).isGreaterThanOrEqualTo(silence.minusSeconds(1));
                load.stop();
                assertNothingWrong(load);
                assertThat(attached.log()).doesNotContain("faulty");
                Map<String, Object> detail = lab.detail();
                assertThat(MirrorLab.standings(detail).values()).containsOnly("in sync");
                assertThat(MirrorLab.number(detail, "copied_bytes")).isZero();
                assertAllThere(lab.socket());
                stopAndCompare(lab, attached);
            }
        }
    }
}
