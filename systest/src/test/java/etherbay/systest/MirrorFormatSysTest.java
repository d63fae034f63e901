// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Counters;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.IntentFormat;
import etherbay.mirror.IntentHeader;
import etherbay.mirror.LegLayout;
import etherbay.mirror.MirrorSettings;
import etherbay.mirror.Superblock;
import etherbay.mirror.SuperblockFormat;
import etherbay.node.AttachedMirror;
import etherbay.node.volume.VolumePlaces;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Legs that we wrote are legs to mdadm and to the md driver of Linux, and what these write we read.
 * Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorFormatSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final long DISK_SECTORS = DISK_BYTES / 512;
    private static final int DATA_SECTORS = (int) DISK_SECTORS - 2048;
    private static final Duration RESYNC_TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private Path one;
    private Path two;

    @BeforeEach
    void makeDisks() throws IOException {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        Tool.require("mdadm", "mdadm");
        one = MirrorLegs.empty(folder.resolve("one.img"), DISK_BYTES);
        two = MirrorLegs.empty(folder.resolve("two.img"), DISK_BYTES);
    }

    private void writeOurs(Integer... roles) throws IOException {
        LegLayout layout = LegLayout.of(DISK_SECTORS, true);
        assertThat(layout.dataSectors()).isEqualTo(DATA_SECTORS);
        for (int number = 0; number < 2; number++) {
            Superblock superblock =
                    MirrorLegs.superblock(layout, DATA_SECTORS, number, List.of(roles));
            MirrorLegs.write(number == 0 ? one : two, layout, superblock);
        }
    }

    private static String mdadm(String what, Path file) {
        String mdadm = Tool.require("mdadm", "mdadm").toString();
        // It ends with 1 where it would say more of a disk than of a file.
        return Tool.run(List.of(mdadm, what, file.toString())).text();
    }

    @Test
    void mdadmPrintsWhatWeWrote() throws IOException {
        writeOurs(0, 1);
        assertThat(mdadm("--examine", two))
                .contains("Version : 1.2")
                .contains("Feature Map : 0x1")
                .contains("Array UUID : " + SuperblockFormat.text(MirrorLegs.ARRAY_ID))
                .contains("Name : box:ours")
                .contains("Raid Level : raid1")
                .contains("Raid Devices : 2")
                .contains("Avail Dev Size : " + DATA_SECTORS + " sectors")
                .contains("Data Offset : 2048 sectors")
                .contains("Super Offset : 8 sectors")
                .contains("State : clean")
                .contains("Device UUID : 11112222:33334444:00000000:00000001")
                .contains("Internal Bitmap : 8 sectors from superblock")
                .containsPattern("Checksum : \\w+ - correct")
                .contains("Events : " + MirrorLegs.EVENTS)
                .contains("Device Role : Active device 1")
                .contains("Array State : AA");
    }

    /** In the guest: of a file on the host mdadm takes the start for a bitmap. */
    private static void checkBitmap(String printed) {
        assertThat(printed)
                .contains("Version : 4")
                .contains("UUID : " + SuperblockFormat.text(MirrorLegs.ARRAY_ID))
                .contains("Events : " + MirrorLegs.EVENTS)
                .contains("Events Cleared : " + MirrorLegs.EVENTS)
                .contains("State : OK")
                .contains("Chunksize : 1 MB")
                .contains("Daemon : 5s flush period")
                .contains("Bitmap : 63 bits (chunks), 0 dirty");
    }

    @Test
    void mdTakesOurLegsAsTheyAreAndWeReadWhatItLeft() throws IOException {
        writeOurs(0, 1);
        assertThat(MirrorLegs.claimHolds(one)).isTrue();
        try (MdGuest guest = MdGuest.boot(List.of(one, two))) {
            checkBitmap(guest.run("mdadm --examine-bitmap /dev/vda"));
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            assertThat(guest.attribute("md0", "array_state")).isIn("clean", "active", "read-auto");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("0");
            assertThat(guest.run("cat /sys/block/md0/size").strip()).isEqualTo("" + DATA_SECTORS);
            guest.run("echo written by a guest | dd of=/dev/md0 conv=fsync 2>/dev/null");
            assertThat(guest.messages())
                    .contains("active with 2 out of 2 mirrors")
                    .doesNotContain("not clean")
                    .doesNotContain("resync");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        for (Path leg : List.of(one, two)) {
            Superblock left = MirrorLegs.superblock(leg);
            assertThat(left.isClean()).isTrue();
            // From dirty to clean md counts back: only the time tells that it was here.
            assertThat(left.events()).isGreaterThanOrEqualTo(MirrorLegs.EVENTS);
            assertThat(left.updatedUs())
                    .isGreaterThan(MirrorLegs.UPDATED_US)
                    .matches(us -> us % 1_000_000 == 0);
            assertThat(left.roles()).startsWith(0, 1);
            assertThat(left.name()).isEqualTo(MirrorLegs.NAME);
            assertThat(MirrorLegs.header(leg).events()).isEqualTo(left.events());
            String text = new String(MirrorLegs.data(leg, 18), StandardCharsets.UTF_8);
            assertThat(text).isEqualTo("written by a guest");
            assertThat(MirrorLegs.claim(leg)).isPresent();
            assertThat(MirrorLegs.claimHolds(leg)).isFalse();
        }
    }

    @Test
    void mdStartsFromTheLegThatCallsTheOtherOneFaulty() throws IOException {
        writeOurs(0, Superblock.FAULTY);
        try (MdGuest guest = MdGuest.boot(List.of(one))) {
            guest.run("mdadm --assemble --run /dev/md0 /dev/vda");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("1");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            guest.run("echo alone | dd of=/dev/md0 seek=8 conv=fsync 2>/dev/null");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        Superblock left = MirrorLegs.superblock(one);
        assertThat(left.isClean()).isTrue();
        assertThat(left.roles()).startsWith(0).doesNotContain(1);
        assertThat(MirrorLegs.header(one).eventsCleared()).isEqualTo(MirrorLegs.EVENTS);
        assertThat(IntentFormat.isSet(MirrorLegs.page(one, 16), 0, 0)).isTrue();
        assertThat(IntentFormat.isSet(MirrorLegs.page(one, 16), 0, 1)).isFalse();
    }

    @Test
    void whatMdCreatedWithABitmapWeRead() throws IOException {
        try (MdGuest guest = MdGuest.boot(List.of(one, two))) {
            create(guest, "--bitmap=internal");
            guest.run("mdadm --wait /dev/md0; mdadm --stop /dev/md0; sync");
        }
        Superblock made = MirrorLegs.superblock(two);
        assertMade(made);
        assertThat(made.isClean()).isTrue();
        assertThat(made.role()).isEqualTo(1);
        IntentHeader header = MirrorLegs.header(two);
        assertThat(IntentFormat.refusal(header)).isEmpty();
        assertThat(header.arrayId()).isEqualTo(made.arrayId());
        assertThat(header.events()).isEqualTo(made.events());
        assertThat(header.syncSectors()).isEqualTo(DATA_SECTORS);
        assertThat(mdadm("--examine", two))
                .contains("Array UUID : " + SuperblockFormat.text(made.arrayId()))
                .contains("Events : " + made.events());
    }

    @Test
    void whatMdCreatedWithoutABitmapAndDidNotFinishIsDirty() throws IOException {
        try (MdGuest guest = MdGuest.boot(List.of(one, two))) {
            guest.run("echo 100 > /proc/sys/dev/raid/speed_limit_max");
            guest.run("echo 10 > /proc/sys/dev/raid/speed_limit_min");
            create(guest, "--bitmap=none");
            Tool.await(
                    "a resync begins",
                    RESYNC_TIMEOUT,
                    () -> guest.attribute("md0", "sync_action").equals("resync"));
            guest.run("mdadm --stop /dev/md0; sync");
        }
        Superblock made = MirrorLegs.superblock(one);
        assertMade(made);
        assertThat(made.isClean()).isFalse();
        assertThat(made.resyncOffset()).isBetween(0L, (long) DATA_SECTORS - 1);
        assertThat(made.bitmapOffset()).isZero();
        assertThat(LegLayout.claimSector(made, Optional.empty())).hasValue(2040);
    }

    @Test
    void whatMdCreatedWithoutABitmapGetsOneFromUsThatMdUses() throws IOException {
        try (MdGuest guest = MdGuest.boot(List.of(one, two))) {
            create(guest, "--assume-clean --bitmap=none");
            guest.run("mdadm --stop /dev/md0; sync");
        }
        Superblock made = MirrorLegs.superblock(one);
        AttachedMirror.Options options = new AttachedMirror.Options(
                "theirs",
                List.of(one.toString(), two.toString()),
                List.of("eth0"),
                1_000_000,
                1_000_000_000,
                MirrorSettings.of(new UUID(1, 2), "node"),
                new AssemblyRequest(false, false, false, new UUID(1, 2), 1),
                VolumePlaces.ofTheSystem());
        try (AttachedMirror mirror = AttachedMirror.open(options, new Counters(), told -> {})) {
            mirror.addBitmap();
            mirror.stopHere();
        }
        Superblock now = MirrorLegs.superblock(two);
        int offset = now.bitmapOffset();
        assertThat(offset).isPositive();
        assertThat(now.badBlocksOffset()).isEqualTo(made.badBlocksOffset());
        for (Path leg : List.of(one, two)) {
            assertThat(mdadm("--examine", leg))
                    .contains("State : clean", "Array State : AA")
                    .contains("Internal Bitmap : " + offset + " sectors from superblock")
                    .containsPattern("Checksum : \\w+ - correct");
        }
        try (MdGuest guest = MdGuest.boot(List.of(one, two))) {
            for (String disk : List.of("/dev/vda", "/dev/vdb")) {
                assertThat(guest.run("mdadm --examine-bitmap " + disk))
                        .contains("UUID : " + SuperblockFormat.text(made.arrayId()))
                        .contains("Events : " + now.events())
                        .contains("State : OK", "Chunksize : 1 MB", "63 bits (chunks), 0 dirty");
            }
            guest.run("mdadm --assemble /dev/md0 /dev/vda /dev/vdb");
            assertThat(guest.attribute("md0", "sync_action")).isEqualTo("idle");
            assertThat(guest.attribute("md0", "degraded")).isEqualTo("0");
            assertThat(guest.run("cat /proc/mdstat")).contains("bitmap: ");
            assertThat(guest.messages())
                    .contains("active with 2 out of 2 mirrors")
                    .doesNotContain("not clean", "resync", "out of date");
            guest.run("mdadm --stop /dev/md0; sync");
        }
    }

    private static void create(MdGuest guest, String bitmap) {
        guest.run("mdadm --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2 "
                + bitmap + " --name=theirs --homehost=box /dev/vda /dev/vdb");
    }

    private static void assertMade(Superblock made) {
        assertThat(SuperblockFormat.refusal(made)).isEmpty();
        assertThat(made.name()).isEqualTo("box:theirs");
        assertThat(made.sizeSectors()).isEqualTo(DATA_SECTORS);
        assertThat(made.dataOffset()).isEqualTo(2048);
        assertThat(made.legCount()).isEqualTo(2);
        assertThat(made.roles()).startsWith(0, 1);
    }
}
