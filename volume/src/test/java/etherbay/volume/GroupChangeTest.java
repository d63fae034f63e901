// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.volume.Segment.Area;
import etherbay.volume.Segment.Striped;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Optional;

final class GroupChangeTest {
    private static final GroupChange.Author AUTHOR =
            new GroupChange.Author("h\"o\\st", 17, "lv \"x\" gr\u00f6\u00dfer");

    private static final VolumeGroup GOLDEN = golden(Golden.text("volumes"));

    private static VolumeGroup golden(String text) {
        return VolumeGroup.parse(text, "golden");
    }

    private static Striped linear(long first, String pv, long at, long count) {
        return new Striped(first, count, 0, List.of(new Area(pv, at, count)));
    }

    private static Striped striped(long first, long each, long at0, long at1) {
        return new Striped(
                first,
                2 * each,
                64,
                List.of(new Area("pv0", at0, each), new Area("pv1", at1, each)));
    }

    private static LogicalVolume volume(Segment... segments) {
        return new LogicalVolume(
                "lv",
                new LvmId("l".repeat(32)),
                List.of(),
                List.of(),
                Optional.empty(),
                0,
                "",
                List.of(segments));
    }

    private static EtherbayException conflict(Runnable change) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(change::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
        return refusal;
    }

    @Test
    void segmentsThatFollowEachOtherBecomeOne() {
        assertThat(GroupChange.merged(List.of(
                        linear(0, "pv0", 5, 2),
                        linear(2, "pv0", 7, 3),
                        linear(5, "pv0", 11, 1),
                        linear(6, "pv1", 12, 1))))
                .containsExactly(
                        linear(0, "pv0", 5, 5), linear(5, "pv0", 11, 1), linear(6, "pv1", 12, 1));
        assertThat(GroupChange.merged(List.of(striped(0, 2, 5, 8), striped(4, 3, 7, 10))))
                .containsExactly(striped(0, 5, 5, 8));
        assertThat(GroupChange.merged(List.of())).isEmpty();
    }

    @Test
    void segmentsOfDifferentKindsStayApart() {
        Striped other =
                new Striped(4, 4, 128, List.of(new Area("pv0", 7, 2), new Area("pv1", 10, 2)));
        List<Segment> apart = List.of(striped(0, 2, 5, 8), other);
        assertThat(GroupChange.merged(apart)).isEqualTo(apart);
        List<Segment> half = List.of(striped(0, 2, 5, 8), striped(4, 2, 7, 11));
        assertThat(GroupChange.merged(half)).isEqualTo(half);
        List<Segment> foreign = List.of(
                new Segment.Foreign("error", 0, 2, List.of()),
                new Segment.Foreign("error", 2, 2, List.of()));
        assertThat(GroupChange.merged(foreign)).isEqualTo(foreign);
        List<Segment> toLinear = List.of(striped(0, 2, 5, 8), linear(4, "pv0", 7, 2));
        assertThat(GroupChange.merged(toLinear)).isEqualTo(toLinear);
    }

    @Test
    void aVolumeIsCutAtItsExtent() {
        LogicalVolume lv = volume(linear(0, "pv0", 5, 2), linear(2, "pv1", 7, 3));
        assertThat(GroupChange.cut(lv, 5)).isEqualTo(lv.segments());
        assertThat(GroupChange.cut(lv, 4))
                .containsExactly(linear(0, "pv0", 5, 2), linear(2, "pv1", 7, 2));
        assertThat(GroupChange.cut(lv, 2)).containsExactly(linear(0, "pv0", 5, 2));
        assertThat(GroupChange.cut(lv, 1)).containsExactly(linear(0, "pv0", 5, 1));
    }

    @Test
    void stripesKeepWholeRounds() {
        LogicalVolume lv = volume(striped(0, 3, 5, 8), linear(6, "pv0", 20, 2));
        assertThat(GroupChange.cut(lv, 7))
                .containsExactly(striped(0, 3, 5, 8), linear(6, "pv0", 20, 1));
        assertThat(GroupChange.cut(lv, 5)).containsExactly(striped(0, 3, 5, 8));
        assertThat(GroupChange.cut(lv, 4)).containsExactly(striped(0, 2, 5, 8));
        assertThat(GroupChange.cut(lv, 1)).containsExactly(striped(0, 1, 5, 8));
    }

    @Test
    void everyVersionTellsWhoMadeIt() {
        VolumeGroup after = GroupChange.renamed(GOLDEN, "silver", AUTHOR);
        assertThat(after.name()).isEqualTo("silver");
        assertThat(after.seqno()).isEqualTo(9);
        assertThat(after.writtenS()).isEqualTo(17);
        assertThat(after.description()).isEqualTo("Write from lv \"x\" gr\u00f6\u00dfer.");
        assertThat(after.text())
                .contains("contents = \"Text Format Volume Group\"\nversion = 1\n")
                .doesNotContain("Generated by LVM2");
        assertThat(LvmText.parse(after.text(), "x").needText("creation_host"))
                .as("as lvm2 can write it again")
                .isEqualTo("h?o?st");
        assertThat(after.logicalVolumes()).isEqualTo(GOLDEN.logicalVolumes());
    }

    @Test
    void anOldVersionComesBackUnderANewNumber() {
        VolumeGroup back = GroupChange.restored(GOLDEN, 41, AUTHOR);
        assertThat(back.seqno()).isEqualTo(42);
        assertThat(back.logicalVolumes()).isEqualTo(GOLDEN.logicalVolumes());
        assertThat(back.physicalVolumes()).isEqualTo(GOLDEN.physicalVolumes());
    }

    @Test
    void theLastNumberIsTheLast() {
        VolumeGroup last =
                golden(Golden.text("volumes").replace("seqno = 8", "seqno = 2147483647"));
        assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> GroupChange.renamed(last, "silver", AUTHOR));
    }

    @Test
    void theLastVolumeTakesItsListWithIt() {
        VolumeGroup after = GroupChange.withoutVolume(GOLDEN, "lin", AUTHOR);
        after = GroupChange.withoutVolume(after, "str", AUTHOR);
        assertThat(after.logicalVolumes()).extracting(LogicalVolume::name).containsExactly("z");
        String onlyLin = GroupChange.withVolume(
                        golden(Golden.text("group")), GOLDEN.need("lin"), AUTHOR)
                .text();
        VolumeGroup none = GroupChange.withoutVolume(golden(onlyLin), "lin", AUTHOR);
        assertThat(none.text()).doesNotContain("logical_volumes");
        assertThat(GroupChange.withVolume(none, GOLDEN.need("str"), AUTHOR).need("str"))
                .isEqualTo(GOLDEN.need("str"));
    }

    @Test
    void tagsComeChangeAndGo() {
        VolumeGroup group = GroupChange.withTags(GOLDEN, Optional.of("str"), List.of(), AUTHOR);
        assertThat(group.need("str").tags()).isEmpty();
        group = GroupChange.withTags(group, Optional.of("str"), List.of("a", "b"), AUTHOR);
        assertThat(group.need("str").tags()).containsExactly("a", "b");
        group = GroupChange.withTags(group, Optional.empty(), List.of("c"), AUTHOR);
        assertThat(group.tags()).containsExactly("c");
        group = GroupChange.withTags(group, Optional.empty(), List.of(), AUTHOR);
        assertThat(group.tags()).isEmpty();
        assertThat(GroupChange.withTags(group, Optional.empty(), List.of(), AUTHOR)
                        .tags())
                .isEmpty();
        assertThat(group.need("lin")).isEqualTo(GOLDEN.need("lin"));
    }

    /** Not lvm2's form, but its grammar: what stands on the line beside the tags stays. */
    @Test
    void tagsGoFromALineThatHoldsMoreThanThem() {
        for (String break0 : List.of(" ", "\n")) {
            String text = Golden.text("volumes")
                    .replace(
                            "flags = []\ntags = [\"veegee\"]\n", "flags = [] tags = [\"veegee\"] ");
            VolumeGroup group = golden(text.replace("\n\n", break0 + "\n"));
            VolumeGroup after = GroupChange.withTags(group, Optional.empty(), List.of(), AUTHOR);
            assertThat(after.tags()).isEmpty();
            assertThat(after.extentSectors()).isEqualTo(8192);
        }
    }

    @Test
    void aGroupOnASingleLineIsChangedLikeAnyOther() {
        String line = Golden.text("volumes")
                .replaceAll("#[^\n]*", "")
                .replaceAll("\\s+", " ")
                .strip();
        VolumeGroup group = golden(line);
        assertThat(GroupChange.withTags(group, Optional.empty(), List.of(), AUTHOR)
                        .tags())
                .isEmpty();
        assertThat(GroupChange.withTags(group, Optional.of("lin"), List.of(), AUTHOR)
                        .need("lin")
                        .tags())
                .isEmpty();
        assertThat(GroupChange.withoutVolume(group, "str", AUTHOR).find("str")).isEmpty();
        assertThat(GroupChange.withVolumeNamed(group, "lin", "nil", AUTHOR)
                        .need("nil")
                        .segments())
                .isEqualTo(GOLDEN.need("lin").segments());
        List<Segment> two = List.of(linear(0, "pv0", 0, 5), linear(5, "pv0", 7, 4));
        assertThat(GroupChange.withSegments(group, "lin", two, AUTHOR)
                        .need("lin")
                        .segments())
                .isEqualTo(two);
    }

    @Test
    void aVolumeThatGrowsKeepsEverythingElseOfIt() {
        String text = Golden.text("volumes")
                .replace(
                        "tags = [\"fast\"]",
                        "tags = [\"fast\"]\nread_ahead = 256\nfuture { a = 1 }");
        List<Segment> more = List.of(striped(0, 3, 20, 20));
        VolumeGroup after = GroupChange.withSegments(golden(text), "str", more, AUTHOR);
        assertThat(after.need("str").segments()).isEqualTo(more);
        assertThat(after.text()).contains("read_ahead = 256\nfuture { a = 1 }\n");
        assertThat(after.need("str").tags()).containsExactly("fast");
    }

    @Test
    void whatIsForeignIsNotChanged() {
        VolumeGroup foreign = golden(Golden.text("foreign"));
        assertThat(conflict(() -> GroupChange.withoutVolume(foreign, "thin", AUTHOR)))
                .hasMessage("volume golden/thin cannot be removed");
        assertThat(conflict(() -> GroupChange.withoutVolume(foreign, "mirror", AUTHOR))
                        .why())
                .isEqualTo("it is of type raid1, which only LVM2 itself changes");
        assertThat(conflict(() -> GroupChange.withoutVolume(foreign, "pool_tdata", AUTHOR))
                        .why())
                .isEqualTo("it is a part of another volume");
        assertThat(conflict(() -> GroupChange.withVolumeNamed(foreign, "lin", "x", AUTHOR))
                        .why())
                .isEqualTo("volume snapshot0 is built on it");
        assertThat(conflict(() -> GroupChange.withSegments(
                                foreign, "snap", List.of(linear(0, "pv1", 20, 1)), AUTHOR))
                        .correction())
                .contains("lvremove(8)");
    }

    @Test
    void aVolumeThatIsLockedIsNotChanged() {
        VolumeGroup moving = golden(Golden.text("volumes")
                .replaceFirst("\"WRITE\", \"VISIBLE\"", "\"WRITE\", \"VISIBLE\", \"LOCKED\""));
        assertThat(conflict(() -> GroupChange.withoutVolume(moving, "lin", AUTHOR))
                        .why())
                .contains("as while it is moved");
    }

    @Test
    void aTypeFromTheDiskMovesNoCursor() {
        VolumeGroup odd = golden(Golden.text("volumes").replace("\"zero\"", "\"\u001b[2J\""));
        assertThat(conflict(() -> GroupChange.withoutVolume(odd, "z", AUTHOR)).why())
                .isEqualTo("it is of type ?[2J, which only LVM2 itself changes");
    }

    /** Tags, hosts and types are words, and no names of volumes or disks. */
    @ParameterizedTest
    @ValueSource(strings = {"fast", "vm", "striped", "READ"})
    void aVolumeMayBeCalledAsATagOrATypeIs(String name) {
        VolumeGroup group = GroupChange.withVolumeNamed(GOLDEN, "lin", name, AUTHOR);
        assertThatNoException().isThrownBy(() -> GroupChange.withoutVolume(group, name, AUTHOR));
    }

    @Test
    void aDiskLeavesWhereNothingOfItIsInUse() {
        VolumeGroup group = golden(Golden.text("group"));
        VolumeGroup after =
                GroupChange.withoutDisk(group, group.physicalVolumes().getFirst(), AUTHOR);
        assertThat(after.physicalVolumes())
                .containsExactly(group.physicalVolumes().getLast());
        assertThat(GroupChange.freeKey(after, 0)).isEqualTo("pv0");
        assertThat(GroupChange.freeKey(after, 1)).isEqualTo("pv2");
        EtherbayException refusal = conflict(
                () -> GroupChange.withoutDisk(GOLDEN, GOLDEN.physicalVolumes().getLast(), AUTHOR));
        assertThat(refusal).hasMessage("/dev/loop3 cannot leave group golden");
        assertThat(refusal.why()).isEqualTo("5 of its 31 extents belong to lin, str");
        assertThat(refusal.correction()).contains("pvmove(8)");
    }

    @Test
    void aTagThatIsCalledAsADiskKeepsItFromNothing() {
        VolumeGroup group = GroupChange.withVolume(
                golden(Golden.text("group")),
                new LogicalVolume(
                        "a",
                        new LvmId("a".repeat(32)),
                        List.of("READ", "WRITE", "VISIBLE"),
                        List.of("pv1"),
                        Optional.empty(),
                        0,
                        "pv1",
                        List.of(linear(0, "pv0", 0, 1))),
                AUTHOR);
        assertThat(GroupChange.withoutDisk(group, group.physicalVolumes().getLast(), AUTHOR)
                        .physicalVolumes())
                .hasSize(1);
    }

    @Test
    void aHintFromTheDiskMovesNoCursor() {
        VolumeGroup odd = golden(Golden.text("volumes").replace("/dev/loop3", "/dev/\u001b[2J"));
        assertThat(conflict(() ->
                        GroupChange.withoutDisk(odd, odd.physicalVolumes().getLast(), AUTHOR)))
                .hasMessage("/dev/?[2J cannot leave group golden");
    }

    @Test
    void aDiskOfAnotherSizeHasOtherExtents() {
        PhysicalVolume pv = GOLDEN.physicalVolumes().getFirst();
        VolumeGroup after = GroupChange.withDiskSized(GOLDEN, pv, 999_999, 99, AUTHOR);
        assertThat(after.physicalVolumes().getFirst().extentCount()).isEqualTo(99);
        assertThat(after.physicalVolumes().getFirst().deviceSectors()).isEqualTo(999_999);
        assertThat(after.physicalVolumes().getLast())
                .isEqualTo(GOLDEN.physicalVolumes().getLast());
    }

    @Test
    void policiesAreThoseThatWeKeep() {
        assertThat(GroupChange.policy("Contiguous")).isEqualTo("contiguous");
        assertThat(GroupChange.policy("inherit")).isEqualTo("inherit");
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> GroupChange.policy("cling\n"))
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessage("`cling?` is no allocation policy of ours");
    }
}
