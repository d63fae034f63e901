// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.mirror.Superblock;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The verbs of {@code etherbay mirror} over two or three of our targets on a segment. Needs no
 * root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private static void assertRefused(Tool.Outcome outcome, ErrorCode code, String... texts) {
        assertThat(outcome.exitCode()).as(outcome.text()).isEqualTo(code.exitCode());
        assertThat(outcome.text()).contains(texts);
    }

    /** Clean, with equal events: as after an orderly stop. */
    private static void assertCleanAndEqual(List<Path> legs) throws IOException {
        Superblock first = MirrorLegs.superblock(legs.getFirst());
        for (Path leg : legs) {
            Superblock superblock = MirrorLegs.superblock(leg);
            assertThat(superblock.isClean()).as(leg.toString()).isTrue();
            assertThat(superblock.events()).as(leg.toString()).isEqualTo(first.events());
            assertThat(MirrorLegs.header(leg).events()).isEqualTo(first.events());
            assertThat(MirrorLegs.firstDifference(legs.getFirst(), leg)).isNegative();
        }
    }

    @Test
    void aMirrorIsCreatedAttachedLosesALegTakesItBackAndStops() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            assertThat(lab.check("create", MirrorLab.NAME, "e0.0", "e1.0"))
                    .contains("mirror \"web\" created of e0.0, e1.0")
                    .doesNotContain("warning");
            assertThat(lab.check("list")).contains("web", "e0.0", "e1.0", "slot 0", "slot 1");
            try (Daemon attached = lab.attach()) {
                Map<String, Object> whole = lab.awaitInSync(2, TIMEOUT);
                assertThat(whole).containsEntry("name", "web").containsEntry("level", "raid1");
                assertThat(MirrorLab.number(whole, "raid_devices")).isEqualTo(2);
                assertThat(MirrorLab.number(whole, "good_copies")).isEqualTo(2);
                assertThat(lab.check("detail", "web"))
                        .contains("Raid Level : raid1")
                        .contains("Copies : 2 good of 2")
                        .contains("epoch " + MirrorLab.number(whole, "epoch"));
                assertThat(lab.check("list")).contains("held by a process of this machine");
                lab.check("fail", "web", "e1.0");
                assertThat(MirrorLab.standings(lab.detail()))
                        .containsEntry("e0.0", "in sync")
                        .containsEntry("e1.0", "faulty");
                assertThat(lab.check("detail", "web")).contains("ONE GOOD COPY");
                try (NbdLink link = NbdLink.open(lab.socket())) {
                    assertThat(link.sectors()).isEqualTo(MirrorLab.number(whole, "sectors"));
                    assertThat(link.write(8, new byte[4096])).isZero();
                    assertThat(link.flush()).isZero();
                }
                lab.check("add", "web", "e1.0");
                Map<String, Object> again = lab.awaitInSync(2, TIMEOUT);
                assertThat(MirrorLab.number(again, "events"))
                        .isGreaterThan(MirrorLab.number(whole, "events"));
                lab.check("stop", "web");
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
                assertThat(attached.terminate()).as(attached.log()).isZero();
            }
            assertThat(lab.check("list", "--json")).contains("\"clean\"").doesNotContain("active");
            assertCleanAndEqual(lab.images());
        }
    }

    @Test
    void aFlippedBlockIsFoundAndMendedFromTheLegThatIsNamed() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach();
                    NbdLink link = NbdLink.open(lab.socket())) {
                byte[] right = new byte[4096];
                Arrays.fill(right, (byte) 7);
                assertThat(link.write(4096, right)).isZero();
                assertThat(lab.check("check", "web")).contains("all legs are the same");
                MirrorLegs.flip(lab.image(0), 4100);
                assertRefused(lab.run("check", "web"), ErrorCode.DEVIATES, "1 sectors", "4100");
                assertThat(lab.run("check", "web", "--json").text())
                        .contains("\"differ\":1", "\"sectors\":[4100]");
                assertThat(lab.check("repair", "web", "--like", "e1.0"))
                        .contains("1 of them mended");
                assertThat(lab.check("check", "web")).contains("all legs are the same");
                assertThat(link.read(4096, 8)).isEqualTo(right);
                lab.check("stop", "web");
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
            }
            assertCleanAndEqual(lab.images());
        }
    }

    @Test
    void ofThreeLegsMostAreRight() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 3, DISK_BYTES)) {
            lab.create();
            try (Daemon attached = lab.attach()) {
                lab.check("grow", "web", "--legs", "3");
                assertRefused(lab.run("add", "web", "e2.0"), ErrorCode.CONFLICT, "--yes");
                lab.check("add", "web", "e2.0", "--yes");
                lab.awaitInSync(3, TIMEOUT);
                assertThat(lab.check("check", "web")).contains("all legs are the same");
                MirrorLegs.flip(lab.image(1), 20_000);
                assertRefused(lab.run("check", "web"), ErrorCode.DEVIATES, "20000");
                assertThat(lab.check("repair", "web")).contains("1 of them mended");
                assertThat(lab.check("check", "web")).contains("all legs are the same");
                lab.check("stop", "web");
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
            }
            assertCleanAndEqual(lab.images());
        }
    }

    @Test
    void whatCannotBeAssembledIsRefusedWithAReason() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            assertRefused(lab.run("detail", "none"), ErrorCode.NOT_FOUND, "no mirror none");
            lab.create();
            assertRefused(
                    lab.run("create", "other", "e0.0", "e1.0"),
                    ErrorCode.CONFLICT,
                    "a leg of the mirror",
                    "--yes");
            try (Daemon attached = lab.attach()) {
                assertRefused(
                        Tool.run(lab.attachCommand("state", folder.resolve("second"))),
                        ErrorCode.CONFLICT,
                        "mirror stop web");
                lab.check("stop", "web");
                Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
            }
            lab.killTarget(1);
            assertRefused(
                    lab.run("assemble", "web", "e0.0"), ErrorCode.UNAVAILABLE, "slot 1", "--force");
            assembleAlone(lab, "e0.0");
        }
    }

    /** By force, and lets it go again. */
    private static void assembleAlone(MirrorLab lab, String leg) {
        List<String> forced = lab.command("state", "mirror", "assemble", "web", leg, "--force");
        try (Daemon held = Daemon.start(forced).awaitLog("web: ", TIMEOUT)) {
            assertThat(held.log()).contains("degraded");
            lab.check("stop", "web");
            Tool.await("its process ends", TIMEOUT, () -> !held.isAlive());
            assertThat(held.terminate()).as(held.log()).isZero();
        }
    }

    @Test
    void legsThatWentOnWithoutEachOtherAreRefusedUntilOneSideIsChosen() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            lab.killTarget(1);
            assembleAlone(lab, "e0.0");
            lab.killTarget(0);
            lab.startTarget(1);
            assembleAlone(lab, "e1.0");
            lab.startTarget(0);
            assertRefused(
                    Tool.run(lab.attachCommand("state", lab.socket()), TIMEOUT),
                    ErrorCode.CONFLICT,
                    "web is split",
                    "assemble web e0.0 --force",
                    "assemble web e1.0 --force");
            assertThat(MirrorLegs.superblock(lab.image(0)).roles())
                    .startsWith(0)
                    .doesNotContain(1);
        }
    }

    @Test
    void twoLegsOnOneMachineAreWarnedOf() throws IOException {
        try (MirrorLab lab = new MirrorLab(folder, 0, DISK_BYTES)) {
            Path settings = folder.resolve("etherbay.toml");
            StringBuilder text =
                    new StringBuilder("state = \"%s\"\n".formatted(folder.resolve("node")));
            for (int slot = 0; slot < 2; slot++) {
                Path image = MirrorLegs.empty(folder.resolve("slot" + slot), DISK_BYTES);
                text.append(
                        "[[export]]\nshelf = 5\nslot = %d\npath = \"%s\"\n".formatted(slot, image));
                text.append("interfaces = [\"unix:%s\"]\n".formatted(folder.resolve("segment")));
            }
            Files.writeString(settings, text);
            List<String> node =
                    List.of(MirrorLab.launcher(), "node", "run", "-c", settings.toString());
            try (Daemon _ = Daemon.start(node).awaitLog("SIGHUP reads them again", TIMEOUT)) {
                assertThat(lab.check("create", "web", "e5.0", "e5.1"))
                        .contains("warning: e5.0 and e5.1 are served by one machine");
            }
        }
    }
}
