// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** What Debian's lvm2 wrote, against what we write and read; see {@link Golden} for how. */
final class GoldenTest {
    private static final LvmId ID = new LvmId("0GoldenPV00000000000000000000001");

    private static final GroupChange.Author AUTHOR =
            new GroupChange.Author("vm", 1_795_701_249, "test");

    /** The sections of the volumes that are not ours to change, and of their parts. */
    private static final List<String> FOREIGN = List.of(
            "mirror",
            "thin",
            "pool",
            "lvol0_pmspare",
            "mirror_rmeta_0",
            "mirror_rimage_0",
            "mirror_rmeta_1",
            "mirror_rimage_1",
            "pool_tmeta",
            "pool_tdata",
            "snapshot0",
            "snap",
            "lin");

    @Test
    void ourLabelIsThatOfPvcreate() {
        assertThat(PvLabel.create(ID, Golden.DEVICE_BYTES).encode()).isEqualTo(Golden.LABEL);
        assertThat(PvLabel.create(ID, Golden.DEVICE_BYTES).used(true).encode())
                .isEqualTo(Golden.LABEL_USED);
        assertThat(PvLabel.create(ID, Golden.DEVICE_BYTES)
                        .used(true)
                        .used(false)
                        .encode())
                .isEqualTo(Golden.LABEL);
    }

    @Test
    void aDiskThatWeMakeIsAsPvcreateMakesIt() {
        CrashMedium medium = CrashMedium.of(Golden.DEVICE_BYTES);
        PoolChanges.createDisk(medium, Pool.open(List.of(medium)), false, false, () -> 0);
        byte[] label =
                PvLabel.create(new LvmId("0".repeat(32)), Golden.DEVICE_BYTES).encode();
        assertThat(medium.get(0, 512)).containsOnly(0);
        assertThat(medium.get(512, 512)).isEqualTo(label);
        assertThat(medium.get(1024, 3072)).containsOnly(0);
        assertThat(medium.get(4096, 512)).isEqualTo(Golden.HEADER);
    }

    @Test
    void otherLabelsOfPvcreateAreReadAndStayAsTheyAre() {
        CrashMedium medium = CrashMedium.of(Golden.DEVICE_BYTES);
        medium.put(512, Golden.LABEL_TWO_AREAS);
        PvLabel two = PvLabel.read(medium).orElseThrow();
        assertThat(two.metadataAreas())
                .containsExactly(
                        new PvLabel.Range(4096, 1_044_480), new PvLabel.Range(127 << 20, 1 << 20));
        assertThat(two.encode()).isEqualTo(Golden.LABEL_TWO_AREAS);
        medium.put(512, Golden.LABEL_BOOT_AREA);
        PvLabel boot = PvLabel.read(medium).orElseThrow();
        assertThat(boot.bootAreas()).containsExactly(new PvLabel.Range(1 << 20, 1 << 20));
        assertThat(boot.dataAreas()).containsExactly(new PvLabel.Range(2 << 20, 0));
        assertThat(boot.encode()).isEqualTo(Golden.LABEL_BOOT_AREA);
    }

    @Test
    void ourHeaderAndPlaceAreThoseOfVgcreate() {
        CrashMedium medium = CrashMedium.of(Golden.DEVICE_BYTES);
        PvLabel label = PvLabel.create(ID, Golden.DEVICE_BYTES);
        MetadataArea area = PoolDisk.of(medium, label).areas().getFirst();
        area.format();
        assertThat(medium.get(4096, 512)).isEqualTo(Golden.HEADER);
        area.commit(area.stage(Golden.text("group")));
        assertThat(medium.get(4096, 512)).isEqualTo(Golden.HEADER_USED);
    }

    @Test
    void aGroupThatWeMakeHasTheTextOfVgcreate() {
        VolumeGroup golden = VolumeGroup.parse(Golden.text("group"), "golden");
        VolumeGroup ours = GroupChange.create(
                "golden", golden.id(), 8192, "normal", golden.physicalVolumes(), AUTHOR);
        assertThat(sectionOf(ours.text(), "golden")).isEqualTo(sectionOf(golden.text(), "golden"));
    }

    @Test
    void aVolumeThatWeMakeHasTheTextOfLvcreate() {
        VolumeGroup golden = VolumeGroup.parse(Golden.text("volumes"), "golden");
        for (LogicalVolume lv : golden.logicalVolumes()) {
            if (lv.isPlain()) {
                assertThat(lv.toText()).isEqualTo(volumeText(golden, lv.name()) + "\n");
            }
        }
    }

    @Test
    void linearAndStripedVolumesAreRead() {
        VolumeGroup group = VolumeGroup.parse(Golden.text("volumes"), "golden");
        assertThat(group.name()).isEqualTo("golden");
        assertThat(group.seqno()).isEqualTo(8);
        assertThat(group.tags()).containsExactly("veegee");
        assertThat(group.description()).contains("lvcreate").contains("--type zero");
        assertThat(group.writtenS()).isEqualTo(1_795_701_250);
        assertThat(group.need("lin").tags()).containsExactly("t1", "t2");
        assertThat(group.need("lin").segments())
                .containsExactly(
                        linear(0, 5, "pv0", 0), linear(5, 3, "pv0", 7), linear(8, 3, "pv1", 2));
        assertThat(group.need("str").segments())
                .containsExactly(new Segment.Striped(
                        0,
                        4,
                        32,
                        List.of(new Segment.Area("pv0", 5, 2), new Segment.Area("pv1", 0, 2))));
        assertThat(group.need("str").type()).isEqualTo("striped");
        assertThat(group.need("z").type()).isEqualTo("zero");
        assertThat(group.freeExtents()).isEqualTo(62 - 11 - 4);
    }

    private static Segment linear(long first, long count, String pv, long at) {
        return new Segment.Striped(first, count, 0, List.of(new Segment.Area(pv, at, count)));
    }

    @Test
    void foreignTypesAreToldApart() {
        VolumeGroup group = VolumeGroup.parse(Golden.text("foreign"), "golden");
        assertThat(group.need("mirror").type()).isEqualTo("raid1");
        assertThat(group.need("thin").type()).isEqualTo("thin");
        assertThat(group.need("pool").type()).isEqualTo("thin-pool");
        assertThat(group.need("snapshot0").type()).isEqualTo("snapshot");
        assertThat(group.visibleVolumes().stream().map(LogicalVolume::name))
                .containsExactly("lin", "mirror", "thin");
        assertThat(group.logicalVolumes().stream()
                        .filter(LogicalVolume::isPlain)
                        .map(LogicalVolume::name))
                .contains("lin", "pool_tdata", "mirror_rimage_1")
                .doesNotContain("thin", "pool", "mirror", "snapshot0");
        assertThat(group.freeExtents()).isEqualTo(62 - 5 - 3 - 3 - 1 - 4 - 2 - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"group", "volumes", "foreign"})
    void whatLvmWroteIsFoundInAPool(String name) {
        Pool pool = Golden.pool(name);
        assertThat(pool.warnings()).isEmpty();
        PoolGroup found = pool.need("golden");
        assertThat(found.group().text()).isEqualTo(Golden.text(name));
        assertThat(found.missing()).isEmpty();
        assertThat(pool.history(found))
                .extracting(VolumeGroup::text)
                .contains(found.group().text());
    }

    @Test
    void aTextThatLvmWroteOverTheEndOfItsRingIsRead() {
        CrashMedium medium = CrashMedium.of(Golden.DEVICE_BYTES).put(0, Golden.ring());
        Pool pool = Pool.open(List.of(medium));
        assertThat(pool.warnings()).isEmpty();
        PoolGroup ring = pool.need("ring");
        assertThat(ring.group().seqno()).isEqualTo(128);
        assertThat(ring.group().tags()).hasSize(11);
        assertThat(pool.history(ring))
                .extracting(VolumeGroup::seqno)
                .containsExactlyElementsOf(LongStream.iterate(128, n -> n >= 115, n -> n - 1)
                        .boxed()
                        .toList());
        new PoolChanges(pool, "vm", 1, "test", () -> 0).tag(ring, Optional.empty(), List.of());
        Pool next = Pool.open(List.of(medium));
        assertThat(next.need("ring").group().seqno()).isEqualTo(129);
        assertThat(next.history(next.need("ring")))
                .extracting(VolumeGroup::seqno)
                .startsWith(129L, 128L)
                .endsWith(116L);
    }

    @Test
    void changesElsewhereLeaveForeignSectionsToTheByte() {
        VolumeGroup golden = VolumeGroup.parse(Golden.text("foreign"), "golden");
        Pool pool = Golden.pool("foreign");
        Prng prng = new Prng(1);
        List<Change> changes = List.of(
                (on, in) -> on.createVolume(in, "new", PoolRig.request("3")),
                (on, in) -> on.createVolume(in, "two", PoolRig.striped("4", 2)),
                (on, in) -> on.extendVolume(in, "new", PoolRig.request("+2")),
                (on, in) -> on.renameVolume(in, "new", "newer"),
                (on, in) -> on.tag(in, Optional.of("newer"), List.of("a", "b")),
                (on, in) -> on.tag(in, Optional.of("newer"), List.of()),
                (on, in) -> on.tag(in, Optional.empty(), List.of("c")),
                (on, in) -> on.tag(in, Optional.empty(), List.of()),
                (on, in) -> on.reduceVolume(in, "newer", VolumeSize.ofExtents("1")),
                (on, in) -> on.removeVolume(in, "two"),
                (on, in) -> on.renameGroup(in, "silver"),
                (on, in) -> on.removeVolume(in, "newer"));
        for (Change change : changes) {
            PoolGroup before = pool.groups().getFirst();
            change.make(new PoolChanges(pool, "vm", 1, "test", prng::nextLong), before);
            pool = Pool.open(pool.disks().stream().map(PoolDisk::medium).toList());
            VolumeGroup after = pool.groups().getFirst().group();
            assertThat(after.seqno()).isEqualTo(before.group().seqno() + 1);
            for (String name : FOREIGN) {
                assertThat(volumeText(after, name)).isEqualTo(volumeText(golden, name));
            }
        }
    }

    private interface Change {
        void make(PoolChanges on, PoolGroup in);
    }

    @Test
    void aGroupGrowsByADiskAndForeignSectionsStay() {
        VolumeGroup golden = VolumeGroup.parse(Golden.text("foreign"), "golden");
        PhysicalVolume more = new PhysicalVolume(
                "pv2", ID, "/dev/loop9", 262_144, 2048, 31, true, false, List.of());
        PhysicalVolume other = new PhysicalVolume(
                "pv2",
                new LvmId("x".repeat(32)),
                "/dev/loop9",
                262_144,
                2048,
                31,
                true,
                false,
                List.of());
        VolumeGroup after = GroupChange.withDisks(golden, List.of(other), AUTHOR);
        assertThat(after.physicalVolumes()).last().isEqualTo(other);
        VolumeGroup back = GroupChange.withoutDisk(after, other, AUTHOR);
        for (String name : FOREIGN) {
            assertThat(volumeText(after, name)).isEqualTo(volumeText(golden, name));
            assertThat(volumeText(back, name)).isEqualTo(volumeText(golden, name));
        }
        assertThat(back.physicalVolumes()).isEqualTo(golden.physicalVolumes());
        assertThat(more.id()).isEqualTo(golden.physicalVolumes().getFirst().id());
    }

    private static String sectionOf(String text, String name) {
        LvmText.Section section = LvmText.parse(text, name).needSection(name);
        return text.substring(section.from(), section.to());
    }

    private static String volumeText(VolumeGroup group, String name) {
        LvmText.Section section = LvmText.parse(group.text(), name)
                .needSection(group.name())
                .needSection("logical_volumes")
                .needSection(name);
        return group.text().substring(section.from(), section.to());
    }
}
