// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.util.List;

/** What each verb does to disks and groups; those of volumes are in {@link VolumeChangesTest}. */
final class PoolChangesTest {
    static EtherbayException refusal(ErrorCode code, Runnable act) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(act::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(code);
        assertThat(refusal.why()).isNotBlank();
        assertThat(refusal.correction()).isNotBlank();
        return refusal;
    }

    @Test
    void aBlankMediumBecomesADisk() {
        PoolRig rig = new PoolRig(1);
        rig.blank("b", 8 << 20);
        LvmId id = rig.createDisk("b", false, false);
        Pool pool = rig.open();
        assertThat(pool.disks()).singleElement().extracting(PoolDisk::id).isEqualTo(id);
        assertThat(pool.disks().getFirst().sectors()).isEqualTo(16384);
        assertThat(pool.orphans()).hasSize(1);
        assertThat(pool.warnings()).isEmpty();
    }

    @Test
    void aMediumThatIsTooSmallIsRefused() {
        PoolRig rig = new PoolRig(1);
        rig.blank("b", (5 << 20) - 1);
        EtherbayException refusal =
                refusal(ErrorCode.INVALID, () -> rig.createDisk("b", true, true));
        assertThat(refusal).hasMessage("b is too small for a physical volume");
        assertThat(refusal.why()).contains("5242879 bytes").contains("need 5242880");
        assertThat(refusal.correction()).isEqualTo("give it more: truncate -s 10G b");
    }

    @Test
    void aMediumWithSomethingOnItIsOverwrittenOnRequestOnly() {
        PoolRig rig = new PoolRig(1);
        rig.blank("b", 8 << 20).put(510, new byte[] {0x55, (byte) 0xaa});
        EtherbayException refusal =
                refusal(ErrorCode.CONFLICT, () -> rig.createDisk("b", false, false));
        assertThat(refusal).hasMessage("b is not empty");
        assertThat(refusal.why()).contains("a table, a file system");
        assertThat(refusal.correction()).contains("blkid -p b").contains("--yes");
        assertThat(rig.power().writeCount()).isZero();
        rig.createDisk("b", true, false);
        assertThat(rig.medium("b").get(510, 2)).containsOnly(0);
    }

    @Test
    void aDiskIsMadeAnewOnRequestOnly() {
        PoolRig rig = PoolRig.of(2);
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.createDisk("d1", false, false))
                        .why())
                .isEqualTo("it is a physical volume already");
        LvmId before = PoolRig.disks(rig.open(), "d1").getFirst().id();
        assertThat(rig.createDisk("d1", true, false)).isNotEqualTo(before);
        rig.createGroup("g", "d1");
        EtherbayException refusal =
                refusal(ErrorCode.CONFLICT, () -> rig.createDisk("d1", true, false));
        assertThat(refusal).hasMessage("d1 cannot be made anew");
        assertThat(refusal.why()).isEqualTo("it belongs to group g");
        assertThat(refusal.correction()).isEqualTo("take it out first: etherbay vg reduce g d1");
        rig.createDisk("d1", true, true);
        assertThat(rig.open().groups()).isEmpty();
        rig.createGroup("h", "d1");
    }

    @Test
    void aDamagedLabelIsOverwrittenByForceOnly() {
        PoolRig rig = PoolRig.of(1);
        rig.medium("d1").put(600, new byte[] {1});
        EtherbayException refusal =
                refusal(ErrorCode.INVALID, () -> rig.createDisk("d1", true, false));
        assertThat(refusal).hasMessage("the label of d1 cannot be used");
        assertThat(refusal.correction()).contains("etherbay pv create d1 --force --yes");
        rig.createDisk("d1", true, true);
        assertThat(rig.open().warnings()).isEmpty();
    }

    @Test
    void aDiskOfNoGroupLosesItsLabel() {
        PoolRig rig = PoolRig.of(2);
        rig.removeDisk("d1", false);
        assertThat(rig.open().disks()).extracting(PoolDisk::name).containsExactly("d2");
        rig.createGroup("g", "d2");
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.removeDisk("d2", false)))
                .hasMessage("d2 cannot be removed");
        rig.removeDisk("d2", true);
        assertThat(rig.open().disks()).isEmpty();
    }

    @Test
    void aDiskThatBelongedToAGroupNowhereIsKept() {
        PoolRig rig = PoolRig.of(1);
        rig.disk("bare", PoolRig.DISK_BYTES, 0);
        rig.createGroup("g", "d1", "bare");
        rig.lose("d1");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.createGroup("h", "bare"));
        assertThat(refusal.why())
                .isEqualTo("it is marked as belonging to a group that is not there");
        assertThat(refusal.correction())
                .contains("--device")
                .contains("etherbay pv create bare --force --yes");
    }

    @Test
    void aDiskThatGrewGivesItsExtentsToItsGroup() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1");
        assertThat(rig.extendDisk("d1")).isZero();
        assertThat(rig.group("g").seqno()).isEqualTo(1);
        rig.medium("d1").resize(PoolRig.DISK_BYTES + 10 * 64 * 1024 + 512);
        assertThat(rig.extendDisk("d1")).isEqualTo(10);
        assertThat(rig.group("g").extentCount()).isEqualTo(95 + 10);
        assertThat(rig.open().disks().getFirst().label().deviceBytes())
                .isEqualTo(rig.medium("d1").bytes());
        assertThat(rig.open().disks().getFirst().label().isUsed()).isTrue();
        rig.medium("d2").resize(1 << 30);
        assertThat(rig.extendDisk("d2")).isZero();
        assertThat(rig.open().disks().getLast().label().deviceBytes()).isEqualTo(1 << 30);
    }

    @Test
    void aDiskThatShrankIsRefused() {
        PoolRig rig = PoolRig.of(1);
        rig.createGroup("g", "d1");
        rig.medium("d1").resize(PoolRig.DISK_BYTES - 1);
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.extendDisk("d1"));
        assertThat(refusal).hasMessage("d1 is smaller than it was");
        assertThat(refusal.why()).isEqualTo("its group counts on 95 extents, and 94 fit");
    }

    /** {@code pvcreate --pvmetadatacopies 2; vgcreate -s 1m} has 126 extents, not 127. */
    @Test
    void extentsEndBeforeMetadataAtTheEnd() {
        CrashMedium medium = CrashMedium.of(Golden.DEVICE_BYTES);
        medium.put(512, Golden.LABEL_TWO_AREAS);
        PvLabel label = PvLabel.read(medium).orElseThrow();
        PoolDisk.of(medium, label).areas().forEach(MetadataArea::format);
        Pool pool = Pool.open(List.of(medium));
        PoolChanges changes = new PoolChanges(pool, "h", 1, "test", () -> 7);
        changes.createGroup("g", pool.disks(), 2048, "normal");
        pool = Pool.open(List.of(medium));
        assertThat(pool.need("g").group().extentCount()).isEqualTo(126);
        changes = new PoolChanges(pool, "h", 1, "test", () -> 7);
        assertThat(changes.extendDisk(pool.disks().getFirst())).isZero();
        assertThat(Pool.open(List.of(medium)).need("g").group().extentCount()).isEqualTo(126);
    }

    @Test
    void aGroupIsMadeOfFreeDisks() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1", "d3");
        PoolGroup group = rig.open().need("g");
        assertThat(group.group().extentCount()).isEqualTo(190);
        assertThat(group.group().status()).containsExactly("RESIZEABLE", "READ", "WRITE");
        assertThat(rig.open().disks())
                .extracting(disk -> disk.label().isUsed())
                .containsExactly(true, false, true);
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.createGroup("g", "d2")))
                .hasMessage("group g is there already");
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.createGroup("h", "d3")).why())
                .isEqualTo("it belongs to group g");
        refusal(ErrorCode.INVALID, () -> rig.createGroup("-h", "d2"));
    }

    @Test
    void aGroupNeedsDisksEachOnce() {
        PoolRig rig = PoolRig.of(2);
        assertThat(refusal(ErrorCode.INVALID, () -> rig.createGroup("g")))
                .hasMessage("group g would have no disk");
        assertThat(refusal(ErrorCode.INVALID, () -> rig.createGroup("g", "d1", "d2", "d1")))
                .hasMessage("d1 is named twice");
        rig.createGroup("g", "d1");
        assertThat(refusal(ErrorCode.INVALID, () -> rig.extendGroup("g", "d2", "d2")))
                .hasMessage("d2 is named twice");
    }

    @Test
    void extentsHaveAPowerOfTwo() {
        PoolRig rig = PoolRig.of(1);
        for (long sectors : new long[] {0, 1, 3, 96, -8, Long.MIN_VALUE, 1L << 26}) {
            Pool pool = rig.open();
            EtherbayException refusal = refusal(
                    ErrorCode.INVALID,
                    () -> rig.change(pool).createGroup("g", pool.disks(), sectors, "normal"));
            assertThat(refusal.why()).contains("power of two");
        }
        Pool pool = rig.open();
        EtherbayException refusal = refusal(
                ErrorCode.INVALID,
                () -> rig.change(pool).createGroup("g", pool.disks(), 16384, "normal"));
        assertThat(refusal).hasMessage("d1 is too small for this group");
        assertThat(refusal.correction()).contains("--extent-size");
        rig.change(pool).createGroup("g", pool.disks(), 2, "contiguous");
        assertThat(rig.group("g").extentSectors()).isEqualTo(2);
        assertThat(rig.group("g").allocation()).isEqualTo("contiguous");
    }

    @Test
    void aDiskOfMoreExtentsThanAGroupCountsIsRefused() {
        PoolRig rig = new PoolRig(1);
        rig.disk("huge", 8L << 40, PoolRig.AREA_BYTES);
        Pool pool = rig.open();
        EtherbayException refusal = refusal(
                ErrorCode.INVALID,
                () -> rig.change(pool).createGroup("g", pool.disks(), 2, "normal"));
        assertThat(refusal).hasMessage("huge is too large for this group");
        assertThat(refusal.correction()).contains("--extent-size");
    }

    @Test
    void aGroupGrowsAndShrinksByDisks() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1");
        rig.extendGroup("g", "d2", "d3");
        assertThat(rig.group("g").seqno()).isEqualTo(2);
        assertThat(rig.group("g").physicalVolumes())
                .extracting(PhysicalVolume::key)
                .containsExactly("pv0", "pv1", "pv2");
        rig.reduceGroup("g", "d1", "d2");
        assertThat(rig.group("g").seqno()).isEqualTo(3);
        assertThat(rig.group("g").physicalVolumes())
                .extracting(PhysicalVolume::key)
                .containsExactly("pv2");
        assertThat(rig.open().orphans()).extracting(PoolDisk::name).containsExactly("d1", "d2");
        rig.createGroup("h", "d1");
        rig.extendGroup("g", "d2");
        assertThat(rig.group("g").physicalVolumes())
                .extracting(PhysicalVolume::key)
                .containsExactly("pv2", "pv0");
    }

    @Test
    void aDiskThatIsInUseOrTheLastStays() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1", "d2");
        rig.create("g", "a", PoolRig.request("5", "d1"));
        EtherbayException inUse = refusal(ErrorCode.CONFLICT, () -> rig.reduceGroup("g", "d1"));
        assertThat(inUse).hasMessage("d1 cannot leave group g");
        assertThat(inUse.why()).isEqualTo("5 of its 95 extents belong to a");
        rig.reduceGroup("g", "d2");
        rig.remove("g", "a");
        EtherbayException last = refusal(ErrorCode.CONFLICT, () -> rig.reduceGroup("g", "d1"));
        assertThat(last).hasMessage("group g would have no disk left");
        assertThat(last.correction()).isEqualTo("remove the group: etherbay vg remove g");
        assertThat(refusal(ErrorCode.NOT_FOUND, () -> rig.reduceGroup("g", "d3")))
                .hasMessage("d3 is not in group g");
    }

    @Test
    void missingDisksAreGivenUp() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1", "d2", "d3");
        rig.create("g", "a", PoolRig.request("5", "d1"));
        rig.create("g", "b", PoolRig.request("5", "d2"));
        rig.lose("d2");
        EtherbayException incomplete = refusal(ErrorCode.CONFLICT, () -> rig.create("g", "c", 1));
        assertThat(incomplete.why()).contains("(was d2) is missing");
        assertThat(incomplete.correction()).contains("etherbay vg reduce g --remove-missing --yes");
        EtherbayException refusal =
                refusal(ErrorCode.CONFLICT, () -> rig.removeMissing("g", false));
        assertThat(refusal).hasMessage("the missing disks of group g hold volumes");
        assertThat(refusal.why()).isEqualTo("what is on b would be lost");
        assertThat(refusal.correction()).contains("add --force");
        assertThat(rig.removeMissing("g", true)).containsExactly("b");
        assertThat(rig.group("g").seqno()).isEqualTo(4);
        assertThat(rig.group("g").logicalVolumes())
                .extracting(LogicalVolume::name)
                .containsExactly("a");
        assertThat(rig.removeMissing("g", true)).isEmpty();
        assertThat(rig.group("g").seqno()).isEqualTo(4);
    }

    @Test
    void aGroupIsRenamed() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1");
        rig.createGroup("h", "d2");
        rig.renameGroup("g", "i");
        assertThat(rig.open().groups()).extracting(PoolGroup::name).containsExactly("h", "i");
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.renameGroup("i", "h")))
                .hasMessage("group h is there already");
        refusal(ErrorCode.INVALID, () -> rig.renameGroup("i", "a/b"));
        refusal(ErrorCode.NOT_FOUND, () -> rig.renameGroup("g", "j"));
    }

    @Test
    void aNewNameLeavesRoomForThoseOfVolumes() {
        PoolRig rig = PoolRig.of(1);
        rig.createGroup("g", "d1");
        rig.create("g", "v".repeat(100), 1);
        EtherbayException refusal =
                refusal(ErrorCode.INVALID, () -> rig.renameGroup("g", "n".repeat(26)));
        assertThat(refusal.why()).contains("at most 125 letters together");
        rig.renameGroup("g", "n".repeat(25));
    }

    @Test
    void aGroupIsRemovedWithItsVolumesByForceOnly() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1", "d2");
        rig.create("g", "a", 1);
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.removeGroup("g", false));
        assertThat(refusal).hasMessage("group g cannot be removed");
        assertThat(refusal.why()).isEqualTo("it has volumes: a");
        assertThat(refusal.correction()).contains("etherbay lv remove g NAME").contains("--force");
        rig.removeGroup("g", true);
        assertThat(rig.open().groups()).isEmpty();
        assertThat(rig.open().warnings()).isEmpty();
        rig.createGroup("g", "d1", "d2");
        rig.removeGroup("g", false);
        assertThat(rig.open().orphans()).hasSize(2);
    }

    @Test
    void tagsAreThoseOfGroupsAndVolumes() {
        PoolRig rig = PoolRig.of(1);
        rig.createGroup("g", "d1");
        rig.create("g", "a", 1);
        rig.tagGroup("g", "x", "y");
        rig.tagVolume("g", "a", "z");
        assertThat(rig.group("g").tags()).containsExactly("x", "y");
        assertThat(rig.volume("g", "a").tags()).containsExactly("z");
        rig.tagGroup("g");
        rig.tagVolume("g", "a");
        assertThat(rig.group("g").tags()).isEmpty();
        assertThat(rig.volume("g", "a").tags()).isEmpty();
        refusal(ErrorCode.INVALID, () -> rig.tagGroup("g", "a b"));
        refusal(ErrorCode.NOT_FOUND, () -> rig.tagVolume("g", "b", "x"));
    }

    @Test
    void anOldVersionIsPutInForceAgain() {
        PoolRig rig = PoolRig.of(3);
        rig.createGroup("g", "d1", "d2");
        rig.create("g", "a", PoolRig.request("5", "d1"));
        List<Segment> before = rig.volume("g", "a").segments();
        rig.remove("g", "a");
        rig.reduceGroup("g", "d2");
        rig.restoreGroup("g", 2);
        assertThat(rig.group("g").seqno()).isEqualTo(5);
        assertThat(rig.volume("g", "a").segments()).isEqualTo(before);
        assertThat(rig.open().need("g").missing()).isEmpty();
        assertThat(rig.open().warnings()).isEmpty();
    }

    @Test
    void anOldVersionWhoseDisksAreElsewhereIsRefused() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1", "d2");
        rig.reduceGroup("g", "d2");
        rig.createGroup("h", "d2");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.restoreGroup("g", 1));
        assertThat(refusal).hasMessage("version 1 of group g cannot be put in force");
        assertThat(refusal.why()).contains("(was d2) is in another group now");
        rig.lose("d2");
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.restoreGroup("g", 1)).why())
                .contains("(was d2) is missing");
    }

    /** Nothing on it tells of its group, and the disks that do are away. */
    @Test
    void anOldVersionIsNotRestoredOntoADiskThatIsMarkedAsAnothersGroup() {
        PoolRig rig = PoolRig.of(2);
        rig.disk("bare", PoolRig.DISK_BYTES, 0);
        rig.createGroup("g", "d1", "bare");
        rig.reduceGroup("g", "bare");
        rig.createGroup("h", "d2", "bare");
        rig.create("h", "a", PoolRig.request("5", "bare"));
        rig.lose("d2");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> rig.restoreGroup("g", 1));
        assertThat(refusal).hasMessage("version 1 of group g cannot be put in force");
        assertThat(refusal.why()).contains("(was bare) is in another group now");
        rig.bringBack("d2");
        Pool pool = rig.open();
        assertThat(pool.need("h").missing()).isEmpty();
        assertThat(pool.warnings()).isEmpty();
    }

    @Test
    void anOldVersionWhoseNameAnotherGroupHasIsRefused() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1");
        rig.renameGroup("g", "h");
        rig.createGroup("g", "d2");
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.restoreGroup("h", 1)))
                .hasMessage("group g is there already");
    }

    @Test
    void aGroupOfAnotherMasterIsLeftAlone() {
        PoolRig rig = PoolRig.of(1);
        rig.createGroup("g", "d1");
        for (List<String> change : List.of(
                List.of(
                        "seqno",
                        "lock_type = \"dl\u001bm\"\nseqno",
                        "lock manager, dl?m",
                        "lvmlockd"),
                List.of("seqno", "system_id = \"ab\u001bc\"\nseqno", "host `ab?c`", "--systemid"),
                List.of("\"RESIZEABLE\"", "\"EXPORTED\"", "exported", "vgimport"),
                List.of("\"RESIZEABLE\", ", "", "keeps its form", "vgchange -x y g"))) {
            VolumeGroup other = VolumeGroup.parse(
                    rig.group("g").text().replaceFirst(change.get(0), change.get(1)), "g");
            Pool pool = rig.open();
            PoolGroup found = new PoolGroup(other, pool.need("g").present(), "");
            EtherbayException refusal = refusal(
                    ErrorCode.CONFLICT,
                    () -> rig.change(pool).createVolume(found, "a", PoolRig.request("1")));
            assertThat(refusal).hasMessage("group g cannot be changed");
            assertThat(refusal.why()).contains(change.get(2));
            assertThat(refusal.correction()).contains(change.get(3));
            refusal(ErrorCode.CONFLICT, () -> rig.change(pool).removeMissing(found, true));
            refusal(ErrorCode.CONFLICT, () -> rig.change(pool).removeGroup(found, true));
        }
        assertThat(rig.group("g").seqno()).isEqualTo(1);
    }

    @Test
    void metadataThatHasBecomeTooLongIsRefused() {
        PoolRig rig = new PoolRig(1);
        rig.disk("d1", PoolRig.DISK_BYTES, 4096);
        rig.createGroup("g", "d1");
        EtherbayException refusal = refusal(ErrorCode.CONFLICT, () -> {
            for (int number = 0; number < 20; number++) {
                rig.create("g", "v" + number, 1);
            }
        });
        assertThat(refusal).hasMessage("the metadata of the group has become too long for d1");
        assertThat(refusal.why()).contains("of the 3584 of its metadata area");
        VolumeGroup before = rig.group("g");
        rig.tagGroup("g", "x");
        assertThat(rig.group("g").logicalVolumes()).isEqualTo(before.logicalVolumes());
    }
}
