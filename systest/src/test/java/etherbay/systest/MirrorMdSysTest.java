// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.mirror.Superblock;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Mirrors that pass from us to the md driver of Linux and back: what each leaves the other takes
 * for what it is. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorMdSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final int REGION_SECTORS = 4096;
    private static final int MIB = 1 << 20;

    /** mdadm alone would have one chunk for all of so small a disk. */
    private static final String CHUNK = " --bitmap-chunk=1M";

    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final SectorLedger ledger = new SectorLedger(0, REGION_SECTORS, 1);

    @BeforeEach
    void findTools() {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Tool.require("mdadm", "mdadm");
    }

    private MirrorLab lab() throws IOException {
        return new MirrorLab(folder, 2, DISK_BYTES);
    }

    private Path image(int shelf) {
        return folder.resolve("disk" + shelf);
    }

    private MdGuest guest() {
        return MdGuest.boot(List.of(image(0), image(1)));
    }

    /** It ends with 1 where it would say more of a disk than of a file. */
    private String examine(int shelf) {
        String mdadm = Tool.require("mdadm", "mdadm").toString();
        return Tool.run(List.of(mdadm, "--examine", image(shelf).toString())).text();
    }

    private void write(MirrorLab lab, int requests) {
        try (MirrorLoad load = MirrorLoad.start(lab.socket(), List.of(ledger), requests)) {
            load.awaitMore(requests, TIMEOUT);
            load.stop();
            assertThat(load.errors()).isEmpty();
        }
    }

    private static void stop(MirrorLab lab, Daemon attached) {
        lab.check("stop", MirrorLab.NAME);
        Tool.await("its process ends", TIMEOUT, () -> !attached.isAlive());
    }

    private void assertLedger(int shelf, Promise promise) throws IOException {
        byte[] data = MirrorLegs.allData(image(shelf));
        Verdict verdict = ledger.judge(
                (lba, sectors) ->
                        Arrays.copyOfRange(data, (int) lba * 512, (int) (lba + sectors) * 512),
                promise);
        assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
    }

    private void assertSame() throws IOException {
        assertThat(MirrorLegs.firstDifference(image(0), image(1))).isNegative();
    }

    private static String sum(MdGuest guest) {
        return guest.run("sha256sum < /dev/md0").substring(0, 64);
    }

    private static void awaitIdle(MdGuest guest) {
        Tool.await(
                "md has nothing to copy",
                TIMEOUT,
                () -> guest.attribute("md0", "sync_action").equals("idle")
                        && guest.attribute("md0", "degraded").equals("0"));
    }

    @Test
    void afterACleanStopMdResyncsNothingAndReadsTheSame() throws IOException {
        try (MirrorLab lab = lab()) {
            lab.create();
            try (Daemon attached = lab.attach()) {
                write(lab, 300);
                stop(lab, attached);
            }
        }
        assertSame();
        assertLedger(1, Promise.ACKNOWLEDGED);
        long events = MirrorLegs.superblock(image(0)).events();
        for (int shelf = 0; shelf < 2; shelf++) {
            assertThat(examine(shelf))
                    .contains("State : clean", "Array State : AA")
                    .contains("Events : " + events + "\n")
                    .contains("Device Role : Active device " + shelf)
                    .containsPattern("Checksum : \\w+ - correct");
        }
        String written = VolumeLab.sha256(MirrorLegs.allData(image(0)));
        try (MdGuest guest = guest()) {
            for (String disk : List.of("/dev/vda", "/dev/vdb")) {
                assertThat(guest.run("mdadm --examine-bitmap " + disk))
                        .contains("Events : " + events + "\n", "State : OK", " 0 dirty");
            }
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("0");
            assertThat(sum(guest)).isEqualTo(written);
            assertThat(guest.messages())
                    .contains("active with 2 out of 2 mirrors")
                    .doesNotContain("not clean", "resync", "recovery");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        assertSame();
    }

    @Test
    void afterACrashMdResyncsWhatTheBitmapMarks() throws IOException {
        try (MirrorLab lab = lab()) {
            lab.create();
            try (Daemon attached = lab.attach();
                    MirrorLoad load = MirrorLoad.start(lab.socket(), List.of(ledger), 2)) {
                load.awaitMore(300, TIMEOUT);
                attached.kill();
                load.awaitEnd();
            }
        }
        assertThat(examine(0)).contains("State : active", "Array State : AA");
        assertThat(examine(1)).contains("State : active", "Array State : AA");
        try (MdGuest guest = guest()) {
            assertThat(guest.run("mdadm --examine-bitmap /dev/vda"))
                    .contains("State : OK")
                    .containsPattern(" [1-9] dirty");
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            awaitIdle(guest);
            assertThat(guest.messages()).contains("not clean");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        assertSame();
        assertLedger(0, Promise.DURABLE);
    }

    @Test
    void aBitmapThatWeAddedIsOneToMdWhichResyncsNothing() throws IOException {
        try (MirrorLab lab = lab()) {
            lab.check(
                    "create",
                    MirrorLab.NAME,
                    MirrorLab.leg(0),
                    MirrorLab.leg(1),
                    "--assume-clean",
                    "--no-bitmap");
            try (Daemon attached = lab.attach()) {
                write(lab, 100);
                assertThat(lab.check("grow", MirrorLab.NAME, "--bitmap")).contains("internal");
                write(lab, 100);
                stop(lab, attached);
            }
        }
        assertSame();
        for (int shelf = 0; shelf < 2; shelf++) {
            assertThat(examine(shelf))
                    .contains("Feature Map : 0x1", "State : clean", "Array State : AA")
                    .contains("Internal Bitmap : 8 sectors from superblock");
        }
        String written = VolumeLab.sha256(MirrorLegs.allData(image(0)));
        try (MdGuest guest = guest()) {
            for (String disk : List.of("/dev/vda", "/dev/vdb")) {
                assertThat(guest.run("mdadm --examine-bitmap " + disk))
                        .contains("State : OK", " 0 dirty");
            }
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("0");
            assertThat(guest.run("cat /proc/mdstat")).contains("bitmap: ");
            assertThat(sum(guest)).isEqualTo(written);
            assertThat(guest.messages())
                    .contains("active with 2 out of 2 mirrors")
                    .doesNotContain("not clean", "resync", "recovery", "out of date");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        assertSame();
    }

    @Test
    void aLegThatFailedIsStaleToMdAndTakenBackByItsBitmap() throws IOException {
        try (MirrorLab lab = lab()) {
            lab.create();
            try (Daemon attached = lab.attach()) {
                write(lab, 50);
                lab.check("fail", MirrorLab.NAME, "e1.0");
                write(lab, 200);
                stop(lab, attached);
            }
        }
        assertThat(examine(0)).contains("State : clean", "Array State : A.");
        assertThat(MirrorLegs.superblock(image(1)).events())
                .isLessThan(MirrorLegs.superblock(image(0)).events());
        String written = VolumeLab.sha256(MirrorLegs.allData(image(0)));
        try (MdGuest guest = guest()) {
            guest.run("mdadm --assemble --run /dev/md0 /dev/vda /dev/vdb");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("1");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            assertThat(sum(guest)).isEqualTo(written);
            guest.run("mdadm /dev/md0 --re-add /dev/vdb");
            awaitIdle(guest);
            assertThat(sum(guest)).isEqualTo(written);
            guest.run("mdadm --stop /dev/md0; sync");
        }
        assertSame();
        assertServed(written, 0);
    }

    /**
     * We assemble what is there, and serve those bytes.
     *
     * @param copiedMost bytes; when all is in sync again
     * @return what was told
     */
    private String assertServed(String sha256, long copiedMost) throws IOException {
        try (MirrorLab lab = lab();
                Daemon attached = lab.attach()) {
            try (NbdLink link = NbdLink.open(lab.socket())) {
                assertThat(VolumeLab.sha256(link.readAll())).isEqualTo(sha256);
            }
            Tool.await("all is copied", TIMEOUT, () -> !lab.detail().containsKey("progress"));
            Map<String, Object> detail = lab.awaitInSync(2, TIMEOUT);
            assertThat(MirrorLab.number(detail, "copied_bytes"))
                    .as(attached.log())
                    .isLessThanOrEqualTo(copiedMost);
            stop(lab, attached);
            assertThat(attached.terminate()).as(attached.log()).isZero();
            assertSame();
            assertThat(VolumeLab.sha256(MirrorLegs.allData(image(1)))).isEqualTo(sha256);
            return attached.log();
        }
    }

    @Test
    void whatMdWroteAloneIsCopiedByTheBitmapWhenTheOtherLegIsBack() throws IOException {
        try (MirrorLab lab = lab()) {
            lab.create();
        }
        String written;
        try (MdGuest guest = guest()) {
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            guest.run("echo 0 > /sys/block/md0/md/safe_mode_delay");
            guest.run("dd if=/dev/urandom of=/dev/md0 bs=1M count=8 conv=fsync 2>/dev/null");
            guest.run("mdadm /dev/md0 --fail /dev/vdb");
            guest.run("dd if=/dev/urandom of=/dev/md0 bs=1M seek=4 count=2 conv=fsync 2>/dev/null");
            written = sum(guest);
            guest.guest().kill();
        }
        Superblock left = MirrorLegs.superblock(image(0));
        assertThat(left.isClean()).isFalse();
        assertThat(MirrorLegs.firstDifference(image(0), image(1))).isNotNegative();
        // The chunks of the first write may be marked still.
        assertServed(written, 9 * MIB);
    }

    /** mdadm marks all of a new array, and md takes its time to clear that. */
    private static void awaitCleared(MdGuest guest) {
        Tool.await(
                "md clears its bitmap",
                TIMEOUT,
                () -> guest.run("mdadm --examine-bitmap /dev/vda").contains(" 0 dirty"));
    }

    @ParameterizedTest
    @CsvSource({"internal, true", "internal, false", "none, true", "none, false"})
    void whatMdMadeWeServe(String bitmap, boolean clean) throws IOException {
        boolean hasBitmap = bitmap.equals("internal");
        MirrorLegs.empty(image(0), DISK_BYTES);
        MirrorLegs.empty(image(1), DISK_BYTES);
        String written;
        try (MdGuest guest = guest()) {
            guest.run("mdadm --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2"
                    + " --assume-clean --bitmap=" + bitmap + (hasBitmap ? CHUNK : "")
                    + " --name=web --homehost=box /dev/vda /dev/vdb");
            if (hasBitmap) {
                awaitCleared(guest);
            }
            guest.run("echo 0 > /sys/block/md0/md/safe_mode_delay");
            guest.run("dd if=/dev/urandom of=/dev/md0 bs=1M seek=4 count=2 conv=fsync 2>/dev/null");
            written = sum(guest);
            if (clean) {
                guest.run("mdadm --stop /dev/md0; sync");
            } else {
                guest.guest().kill();
            }
        }
        assertThat(MirrorLegs.superblock(image(0)).isClean()).isEqualTo(clean);
        long most = hasBitmap ? 2 * 3 * MIB : 2 * DISK_BYTES;
        String told = assertServed(written, clean ? 0 : most);
        assertThat(told.contains("has no bitmap")).isEqualTo(!clean && !hasBitmap);
    }
}
