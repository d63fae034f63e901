// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.util.List;

/** What a pool makes of the disks that are there: whole ones, old ones, damaged ones, twins. */
final class PoolTest {
    private static EtherbayException refusal(ErrorCode code, Runnable act) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(act::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(code);
        return refusal;
    }

    /** A group of three disks with a volume on the first one. */
    private static PoolRig three() {
        PoolRig rig = PoolRig.of(4);
        rig.createGroup("g", "d1", "d2", "d3");
        rig.create("g", "a", PoolRig.request("5", "d1"));
        return rig;
    }

    @Test
    void blankMediaAreNoDisks() {
        PoolRig rig = new PoolRig(1);
        rig.blank("b", 1 << 20);
        Pool pool = rig.open();
        assertThat(pool.disks()).isEmpty();
        assertThat(pool.groups()).isEmpty();
        assertThat(pool.warnings()).isEmpty();
        assertThat(rig.power().opCount()).isZero();
    }

    @Test
    void aGroupIsFoundByAnyOfItsDisks() {
        PoolRig rig = three();
        for (String alone : List.of("d1", "d2", "d3")) {
            List.of("d1", "d2", "d3").forEach(rig::lose);
            rig.bringBack(alone);
            PoolGroup group = rig.open().need("g");
            assertThat(group.missing()).hasSize(2);
            assertThat(group.isWhole(group.group().need("a"))).isEqualTo(alone.equals("d1"));
        }
    }

    @Test
    void aDiskWithoutMetadataIsFoundByTheOthers() {
        PoolRig rig = PoolRig.of(1);
        rig.disk("bare", PoolRig.DISK_BYTES, 0);
        rig.createGroup("g", "d1", "bare");
        rig.create("g", "a", PoolRig.request("5", "bare"));
        assertThat(rig.open().need("g").missing()).isEmpty();
        assertThat(rig.open().groupOf(PoolRig.disks(rig.open(), "bare").getFirst()))
                .isPresent();
        rig.lose("d1");
        assertThat(rig.open().groups()).isEmpty();
        assertThat(rig.open().orphans()).extracting(PoolDisk::name).containsExactly("bare");
    }

    @Test
    void theNewestVersionIsInForceAndOldOnesAreTold() {
        PoolRig rig = three();
        byte[] old = rig.medium("d2").get(4096, PoolRig.AREA_BYTES);
        rig.tagGroup("g", "new");
        rig.medium("d2").put(4096, old);
        Pool pool = rig.open();
        assertThat(pool.need("g").group().tags()).containsExactly("new");
        assertThat(pool.warnings()).containsExactly("d2 holds version 2 of group g; 3 is in force");
        rig.tagGroup("g", "newer");
        assertThat(rig.open().warnings()).isEmpty();
    }

    @Test
    void twoVersionsOfOneNumberAreAConflict() {
        PoolRig rig = three();
        byte[] old = rig.medium("d2").get(4096, PoolRig.AREA_BYTES);
        rig.tagGroup("g", "one");
        byte[] one = rig.medium("d1").get(4096, PoolRig.AREA_BYTES);
        List.of("d1", "d2", "d3").forEach(name -> rig.medium(name).put(4096, old));
        rig.tagGroup("g", "two");
        rig.medium("d1").put(4096, one);
        PoolGroup group = rig.open().need("g");
        assertThat(group.conflict()).isEqualTo("d2 holds another version 3 than other disks of it");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.tagGroup("g", "three"));
        assertThat(refusal).hasMessage("group g cannot be changed");
        assertThat(refusal.why()).contains("another version 3");
        assertThat(refusal.correction()).contains("pvck --dump metadata");
    }

    @Test
    void whatIsDamagedOnOneDiskIsTakenFromTheOthers() {
        PoolRig rig = three();
        rig.medium("d1").put(4096 + 1536 + 40, new byte[] {0});
        rig.medium("d2").put(4096, new byte[] {1});
        rig.medium("d4").put(512 + 40, new byte[] {1});
        Pool pool = rig.open();
        assertThat(pool.need("g").missing()).isEmpty();
        assertThat(pool.warnings())
                .containsExactly(
                        "the label of d4 cannot be used: its checksum is wrong",
                        "the metadata area at byte 4096 of d1 cannot be used:"
                                + " the checksum of its text is wrong",
                        "the metadata area at byte 4096 of d2 cannot be used:"
                                + " the checksum of its header is wrong");
        assertThat(pool.history(pool.need("g")))
                .extracting(VolumeGroup::seqno)
                .containsExactly(2L, 1L);
        assertThat(rig.tagGroup("g", "new"))
                .containsExactly("the metadata area at byte 4096 of d2 cannot be used:"
                        + " the checksum of its header is wrong");
        assertThat(rig.group("g").tags()).containsExactly("new");
    }

    /** lvm2 marks a disk that was away while the group was changed: what it holds is old. */
    @Test
    void aDiskThatIsMarkedAsMissingIsMissingAndNotWritten() {
        PoolRig rig = three();
        replaceText(
                rig,
                "device = \"d3\"\n\nstatus = [\"ALLOCATABLE\"]\nflags = []",
                "device = \"d3\"\n\nstatus = [\"ALLOCATABLE\"]\nflags = [\"MISSING\"]");
        PoolGroup group = rig.open().need("g");
        assertThat(group.missing()).extracting(PhysicalVolume::deviceHint).containsExactly("d3");
        refusal(ErrorCode.CONFLICT, () -> rig.tagGroup("g", "x"));
        byte[] before = rig.medium("d3").get(0, 64 * 1024);
        rig.restoreGroup("g", 2);
        assertThat(rig.group("g").seqno()).isEqualTo(3);
        assertThat(rig.medium("d3").get(0, 64 * 1024)).isEqualTo(before);
        rig.removeMissing("g", false);
        assertThat(rig.open().orphans()).extracting(PoolDisk::name).containsExactly("d3", "d4");
        assertThat(rig.open().warnings()).isEmpty();
    }

    @Test
    void aTwinOfADiskIsLeftOut() {
        PoolRig rig = three();
        CrashMedium twin = rig.blank("twin", PoolRig.DISK_BYTES);
        twin.put(0, rig.medium("d1").get(0, 64 * 1024));
        Pool pool = rig.open();
        assertThat(pool.disks()).extracting(PoolDisk::name).doesNotContain("twin");
        assertThat(pool.warnings())
                .singleElement()
                .asString()
                .startsWith("twin is left out: d1 has the same UUID, ");
    }

    @Test
    void namesAreNeededAndTold() {
        PoolRig rig = three();
        EtherbayException refusal =
                refusal(ErrorCode.NOT_FOUND, () -> rig.open().need("x\u001b"));
        assertThat(refusal).hasMessage("there is no volume group x?");
        assertThat(refusal.why()).isEqualTo("looked at 4 disks: d1, d2, d3, d4; they have g");
        assertThat(refusal.correction()).contains("--device").contains("etherbay vg list");
        assertThat(refusal(ErrorCode.NOT_FOUND, () -> Pool.open(List.of()).need("g"))
                        .why())
                .isEqualTo("no disk was looked at; none has a group");
    }

    @Test
    void twoGroupsOfOneNameAreToldApartByTheirDisks() {
        PoolRig rig = three();
        List.of("d1", "d2", "d3").forEach(rig::lose);
        rig.createGroup("g", "d4");
        List.of("d1", "d2", "d3").forEach(rig::bringBack);
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.open().need("g"));
        assertThat(refusal).hasMessage("several groups are called g");
        assertThat(refusal.why()).contains(" and ");
        assertThat(refusal.correction()).contains("--device");
    }

    @Test
    void aDiskThatComesBackIsOldAndBelongsToNothing() {
        PoolRig rig = three();
        rig.lose("d3");
        rig.removeMissing("g", false);
        rig.bringBack("d3");
        Pool pool = rig.open();
        assertThat(pool.orphans()).extracting(PoolDisk::name).containsExactly("d3", "d4");
        assertThat(pool.warnings())
                .containsExactly(
                        "d3 holds version 2 of group g; 3 is in force",
                        "d3 holds old metadata of group g, which it is no part of any more");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.extendGroup("g", "d3"));
        assertThat(refusal).hasMessage("d3 cannot be taken into a group");
        assertThat(refusal.why())
                .isEqualTo("it holds old metadata of group g, which goes on without it");
        assertThat(refusal.correction()).contains("etherbay vg reduce g d3");
        rig.reduceGroup("g", "d3");
        assertThat(rig.open().warnings()).isEmpty();
        rig.extendGroup("g", "d3");
        assertThat(rig.open().need("g").missing()).isEmpty();
    }

    @Test
    void aGroupThatIsRemovedDoesNotComeBackByADiskThatItWentOnWithout() {
        PoolRig rig = three();
        rig.lose("d3");
        rig.removeMissing("g", false);
        rig.bringBack("d3");
        rig.removeGroup("g", true);
        assertThat(rig.open().groups()).isEmpty();
        assertThat(rig.open().warnings()).isEmpty();
        rig.createGroup("h", "d1", "d2", "d3");
    }

    /** The former group of its disks lives on, on the one that was away. */
    @Test
    void disksThatHaveAnotherGroupByNowAreMissingInTheOldOne() {
        PoolRig rig = three();
        rig.lose("d3");
        rig.removeMissing("g", false);
        rig.removeGroup("g", true);
        rig.createGroup("h", "d1", "d2");
        rig.create("h", "b", PoolRig.request("9", "d1"));
        rig.bringBack("d3");
        Pool pool = rig.open();
        PoolGroup old = pool.need("g");
        PoolGroup now = pool.need("h");
        assertThat(now.missing()).isEmpty();
        assertThat(now.conflict()).isEmpty();
        assertThat(old.missing())
                .extracting(PhysicalVolume::deviceHint)
                .containsExactly("d1", "d2");
        assertThat(old.isWhole(old.group().need("a"))).isFalse();
        assertThat(pool.groupOf(pool.diskAt("d1").orElseThrow()).orElseThrow().name())
                .isEqualTo("h");
        assertThat(pool.warnings())
                .contains(
                        "d1 is in group h; group g counts on it too",
                        "d2 is in group h; group g counts on it too");
        refusal(ErrorCode.CONFLICT, () -> rig.create("g", "c", 1));
        rig.create("h", "c", 1);
        assertThat(rig.volume("h", "b").segments()).hasSize(1);
    }

    /** Nothing on the disk itself tells whose it is: nobody may change either group. */
    @Test
    void aDiskWithoutMetadataInTwoGroupsIsAConflictInBoth() {
        PoolRig rig = PoolRig.of(3);
        rig.disk("bare", PoolRig.DISK_BYTES, 0);
        rig.createGroup("g", "d1", "d2", "bare");
        rig.create("g", "a", PoolRig.request("5", "bare"));
        rig.lose("d2");
        rig.removeMissing("g", false);
        rig.removeGroup("g", true);
        rig.createGroup("h", "d3", "bare");
        rig.bringBack("d2");
        Pool pool = rig.open();
        assertThat(pool.need("g").conflict())
                .isEqualTo("its disk bare is counted on by group h too");
        assertThat(pool.need("h").conflict())
                .isEqualTo("its disk bare is counted on by group g too");
        refusal(ErrorCode.CONFLICT, () -> rig.create("h", "b", 1));
        rig.createDisk("d2", true, true);
        rig.create("h", "b", 1);
    }

    /** Whoever served a volume there would overwrite what tells of it. */
    @Test
    void aDiskWhoseExtentsWouldLieOverItsMetadataIsLeftOut() {
        for (String start : List.of("0", "3", "71")) {
            PoolRig rig = three();
            replaceText(rig, "pe_start = 128", "pe_start = " + start);
            Pool pool = rig.open();
            PoolGroup group = pool.need("g");
            assertThat(group.missing()).hasSize(3);
            assertThat(group.isWhole(group.group().need("a"))).isFalse();
            assertThat(pool.warnings())
                    .contains("d1 is left out of group g: its extents would lie over its metadata");
            refusal(ErrorCode.CONFLICT, () -> rig.create("g", "b", 1));
            refusal(ErrorCode.CONFLICT, () -> rig.createGroup("h", "d1"));
        }
        PoolRig rig = three();
        replaceText(rig, "pe_start = 128", "pe_start = 72");
        assertThat(rig.open().need("g").missing()).isEmpty();
    }

    private static void replaceText(PoolRig rig, String from, String to) {
        for (PoolDisk disk : PoolRig.disks(rig.open(), "d1", "d2", "d3")) {
            MetadataArea area = disk.areas().getFirst();
            area.commit(area.stage(area.read().orElseThrow().replace(from, to)));
        }
    }

    @Test
    void aDiskThatIsTooSmallForItsExtentsIsTold() {
        PoolRig rig = three();
        rig.medium("d2").resize(PoolRig.DISK_BYTES - 512);
        assertThat(rig.open().warnings())
                .containsExactly("d2 has 12287 sectors, and group g counts on 12288");
    }

    @Test
    void historyTellsFormerVersionsTheNewestFirst() {
        PoolRig rig = three();
        rig.tagGroup("g", "x");
        rig.remove("g", "a");
        Pool pool = rig.open();
        List<VolumeGroup> history = pool.history(pool.need("g"));
        assertThat(history).extracting(VolumeGroup::seqno).containsExactly(4L, 3L, 2L, 1L);
        assertThat(history.get(1).tags()).containsExactly("x");
        assertThat(history.get(1).find("a")).isPresent();
        assertThat(history.get(2).tags()).isEmpty();
        assertThat(history.get(3).logicalVolumes()).isEmpty();
    }

    @Test
    void historyLeavesOutOtherGroupsAndWhatIsYetToBe() {
        PoolRig rig = three();
        rig.power().cutAfter(9);
        assertThatExceptionOfType(CrashMedium.PowerCut.class)
                .isThrownBy(() -> rig.tagGroup("g", "staged"));
        rig.power().restart();
        rig.lose("d1");
        Pool pool = rig.open();
        assertThat(pool.history(pool.need("g")))
                .extracting(VolumeGroup::seqno)
                .containsExactly(2L, 1L);
        rig.bringBack("d1");
        rig.removeGroup("g", true);
        rig.createGroup("h", "d1", "d2", "d3");
        pool = rig.open();
        assertThat(pool.history(pool.need("h"))).extracting(VolumeGroup::name).containsExactly("h");
    }

    @Test
    void whatWasBegunAndNeverCameToBeIsNoHistory() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1", "d2");
        rig.power().failAfter(2 * 4);
        refusal(ErrorCode.UNAVAILABLE, () -> rig.create("g", "never", 1));
        rig.reduceGroup("g", "d1");
        Pool pool = rig.open();
        List<VolumeGroup> history = pool.history(pool.need("g"));
        assertThat(history).extracting(VolumeGroup::seqno).containsExactly(2L, 1L);
        rig.extendGroup("g", "d3");
        rig.extendGroup("g", "d1");
        pool = rig.open();
        history = pool.history(pool.need("g"));
        assertThat(history).extracting(VolumeGroup::seqno).containsExactly(4L, 3L, 2L, 1L);
        assertThat(history).noneMatch(version -> version.find("never").isPresent());
    }

    @Test
    void aMediumThatCannotBeReadIsAWarning() {
        PoolRig rig = three();
        CrashMedium small = rig.blank("small", 100);
        assertThat(small.bytes()).isEqualTo(100);
        Medium broken = new Medium() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public long bytes() {
                return 1 << 20;
            }

            @Override
            public void read(long atByte, byte[] into) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE, "broken cannot be read", "I/O error", "dmesg");
            }

            @Override
            public void write(long atByte, byte[] bytes) {
                throw new AssertionError("a pool is opened without a write");
            }

            @Override
            public void sync() {}

            @Override
            public void close() {}
        };
        Pool pool = Pool.open(List.of(broken, small, rig.medium("d1")));
        assertThat(pool.warnings()).containsExactly("broken cannot be read: I/O error");
        assertThat(pool.groups()).hasSize(1);
    }

    @Test
    void anIdOfTheDiskIsShownInGroups() {
        LvmId id = LvmId.random(new Prng(3)::nextLong);
        assertThat(id.toString()).matches("[0-9A-Za-z]{6}(-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}");
        assertThat(id.toString().replace("-", "")).isEqualTo(id.letters());
    }
}
