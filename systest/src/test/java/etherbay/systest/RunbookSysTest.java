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
import java.util.List;

/**
 * {@code docs/runbooks.md}, page by page: something breaks under a writer, what the page says is
 * typed, and all that was acknowledged is there on two good copies.
 */
@ExtendWith(ReasonInTrace.class)
class RunbookSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final int REGION_SECTORS = 4096;
    private static final int REQUEST_COUNT = 200;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final SectorLedger ledger = new SectorLedger(0, REGION_SECTORS, 1);
    private Path socket;

    @BeforeEach
    void placeSocket() {
        socket = folder.resolve("web.nbd");
    }

    private MirrorLab lab() throws IOException {
        MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES);
        lab.create();
        return lab;
    }

    private Daemon attach(MirrorLab lab) {
        return MirrorLab.awaitServed(Daemon.start(lab.attachCommand("state", socket)));
    }

    private void write() {
        try (MirrorLoad load = MirrorLoad.start(socket, List.of(ledger), 1)) {
            load.awaitMore(REQUEST_COUNT, TIMEOUT);
            load.stop();
            assertThat(load.errors()).isEmpty();
        }
    }

    private void assertHolds(Path place) throws IOException {
        try (NbdLink link = NbdLink.open(place)) {
            Verdict verdict = ledger.judge(link, Promise.ACKNOWLEDGED);
            assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
        }
    }

    private static void awaitFaulty(MirrorLab lab, String leg) {
        Tool.await(
                leg + " is faulty",
                TIMEOUT,
                () -> "faulty".equals(MirrorLab.standings(lab.detail()).get(leg)));
        assertThat(lab.check("detail", MirrorLab.NAME)).contains("ONE GOOD COPY");
    }

    @Test
    void aDiskDied() throws IOException {
        try (MirrorLab lab = lab();
                Daemon _ = attach(lab)) {
            Runbook page = Runbook.open("A disk died", lab, folder);
            write();
            lab.killTarget(1);
            lab.startTarget(1, "faulty:writes=1:" + lab.image(1));
            write();
            awaitFaulty(lab, MirrorLab.leg(1));
            lab.killTarget(1);
            try (Daemon _ = page.runAndHold("sh storage", "e1.0: serving")) {
                Tool.Outcome early = lab.run("add", MirrorLab.NAME, "e1.0", "--yes");
                assertThat(early.exitCode())
                        .as(early.text())
                        .isEqualTo(ErrorCode.CONFLICT.exitCode());
                assertThat(early.text()).contains("another disk than the leg that failed");
                page.run("sh");
                lab.awaitInSync(2, TIMEOUT);
                write();
                assertThat(page.run("sh after")).contains("all legs are the same");
                assertHolds(socket);
                page.assertAllRun();
            }
        }
    }

    @Test
    void aNodeDied() throws IOException {
        try (MirrorLab lab = lab();
                Daemon first = attach(lab)) {
            Runbook page = Runbook.open("A node died", lab, folder);
            write();
            lab.killTarget(1);
            write();
            awaitFaulty(lab, MirrorLab.leg(1));
            try (Daemon _ = page.runAndHold("sh storage", "e2.0: serving")) {
                page.run("sh");
                lab.awaitInSync(2, TIMEOUT);
                assertHolds(socket);
                Tool.check(List.of("kill", "-KILL", "" + first.pid()));
                try (Daemon second = page.runAndHold("sh host", "nbd serves ")) {
                    assertHolds(folder.resolve("web2.nbd"));
                    assertThat(second.terminate()).isIn(0, 143);
                }
                page.assertAllRun();
            }
        }
    }

    @Test
    void bothLegsDiffer() throws IOException {
        try (MirrorLab lab = lab()) {
            Runbook page = Runbook.open("Both legs differ", lab, folder);
            try (Daemon attached = attach(lab)) {
                write();
                MirrorLegs.flip(lab.image(0), 100);
                Tool.Outcome differs = page.runRefused("sh differs");
                assertThat(differs.exitCode())
                        .as(differs.text())
                        .isEqualTo(ErrorCode.DEVIATES.exitCode());
                assertThat(page.run("sh")).contains("all legs are the same");
                assertHolds(socket);
                stop(lab, attached);
            }
            split(lab);
            try (Daemon _ = page.runAndHold("sh split", "nbd serves ")) {
                page.run("sh after");
                lab.awaitInSync(2, TIMEOUT);
                assertHolds(socket);
                page.assertAllRun();
            }
        }
    }

    private static void stop(MirrorLab lab, Daemon attached) {
        lab.check("stop", MirrorLab.NAME);
        Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
    }

    /** Each of the two is used without the other, the second with less. */
    private static void split(MirrorLab lab) {
        for (int shelf = 0; shelf < 2; shelf++) {
            lab.killTarget(1 - shelf);
            if (shelf == 1) {
                lab.startTarget(1);
            }
            List<String> alone = lab.command(
                    "state", "mirror", "assemble", MirrorLab.NAME, MirrorLab.leg(shelf), "--force");
            try (Daemon held = Daemon.start(alone).awaitLog(MirrorLab.NAME + ": ", TIMEOUT)) {
                stop(lab, held);
            }
        }
        lab.startTarget(0);
    }

    @Test
    void aFullDisk() throws IOException {
        Tool.requireRoot();
        Path small = Files.createDirectory(folder.resolve("small"));
        Tool.check(List.of("mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", small.toString()));
        try (MirrorLab lab = new MirrorLab(folder, 1, DISK_BYTES)) {
            lab.addTarget(small.resolve("disk1"), DISK_BYTES);
            lab.create();
            Runbook page = Runbook.open("A full disk", lab, folder);
            try (Daemon attached = attach(lab)) {
                write();
                write();
                awaitFaulty(lab, MirrorLab.leg(1));
                page.run("sh storage");
                page.run("sh");
                lab.awaitInSync(2, TIMEOUT);
                write();
                assertHolds(socket);
                assertThat(lab.check("check", MirrorLab.NAME)).contains("all legs are the same");
                stop(lab, attached);
                page.assertAllRun();
            }
        } finally {
            Tool.check(List.of("umount", "--lazy", small.toString()));
        }
    }

    @Test
    void leavingEtherbay() throws IOException {
        try (MirrorLab lab = lab()) {
            Runbook page = Runbook.open("Leaving Etherbay", lab, folder);
            try (Daemon attached = attach(lab)) {
                write();
                page.run("sh");
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
            }
            lab.killTarget(0);
            lab.killTarget(1);
            try (MdGuest guest = MdGuest.boot(lab.images())) {
                List<String> lines = page.lines("sh guest");
                guest.run(lines.getFirst());
                assertThat(guest.run(lines.getLast())).contains("clean", "active sync");
                assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
                assertThat(guest.messages()).doesNotContain("resync");
            }
            page.run("sh fence");
            page.assertAllRun();
        }
    }
}
