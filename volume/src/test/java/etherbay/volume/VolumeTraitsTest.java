// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.volume.VolumeTraits.Tie;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Held against what lvm2 2.03.16 said of the group in {@code golden/traits.txt}: all types that it
 * knows but VDO, written by hand, restored by {@code vgcfgrestore --force}, written by lvm2 in its
 * own words when {@code vgchange --addtag hi vgt} changed it. {@code golden/traits-lvs.txt} is
 *
 * <pre>
 *   lvs -a --driverloaded n --noheadings --separator '|'
 *       -o lv_name,lv_attr,pool_lv,origin,mirror_log
 * </pre>
 *
 * without the blanks in front, and with {@code -} for the {@code X} of what only a kernel knows.
 */
class VolumeTraitsTest {
    private static PoolGroup group(boolean whole) {
        VolumeGroup group = VolumeGroup.parse(Golden.text("traits"), "traits");
        CrashMedium.Power power = new CrashMedium.Power(1);
        Map<LvmId, PoolDisk> present = new LinkedHashMap<>();
        for (PhysicalVolume pv : group.physicalVolumes()) {
            if (whole || pv.key().equals("pv0")) {
                CrashMedium medium = new CrashMedium(power, pv.key(), 1 << 16);
                present.put(pv.id(), PoolDisk.of(medium, PvLabel.create(pv.id(), 1 << 16)));
            }
        }
        return new PoolGroup(group, present, "");
    }

    private static String line(String name, Map<String, VolumeTraits> all) {
        VolumeTraits traits = all.get(name);
        List<String> cells = new ArrayList<>();
        cells.add(name);
        cells.add(traits.tied(Tie.POOL));
        cells.add(traits.tied(Tie.ORIGIN));
        cells.add(traits.tied(Tie.LOG));
        cells.replaceAll(
                cell -> cell.isEmpty() || all.get(cell).visible() ? cell : "[" + cell + "]");
        cells.add(1, traits.attributes());
        return String.join("|", cells);
    }

    @Test
    void lettersAndTiesAreThoseThatLvsPrints() {
        Map<String, VolumeTraits> traits = VolumeTraits.of(group(true));
        List<String> lines = traits.keySet().stream()
                .filter(name -> !name.equals("snapshot0"))
                .map(name -> line(name, traits))
                .toList();
        assertThat(lines)
                .containsExactlyInAnyOrderElementsOf(
                        Golden.text("traits-lvs").lines().toList());
    }

    @Test
    void aSnapshotIsVisibleWhateverItsStatusSays() {
        PoolGroup group = group(true);
        assertThat(group.group().need("sn").isVisible()).isFalse();
        Map<String, VolumeTraits> traits = VolumeTraits.of(group);
        assertThat(traits.get("sn").visible()).isTrue();
        assertThat(traits.get("snapshot0").visible()).isFalse();
        assertThat(traits.get("sn").chunkSectors()).isEqualTo(8);
        assertThat(VolumeTraits.snapshotsOf("org", traits)).containsExactly("sn");
    }

    @Test
    void whatIsBuiltOnAMissingDiskIsPartial() {
        Map<String, VolumeTraits> traits = VolumeTraits.of(group(false));
        assertThat(traits.keySet().stream()
                        .filter(name -> traits.get(name).attributes().charAt(8) == 'p'))
                .containsExactlyInAnyOrder("rd", "rd_rimage_1", "rd_rmeta_1", "mi", "mi_mimage_1");
    }

    @Test
    void copiesAndLimitsAreTold() {
        PoolGroup group = group(true);
        assertThat(VolumeTraits.of(group).get("rd").legCount()).isEqualTo(2);
        assertThat(GroupLimits.of(group.group())).isEqualTo(new GroupLimits(0, 0));
    }

    @Test
    void typesOfLaterTimesAreUnknownAndHarmless() {
        VolumeGroup later = VolumeGroup.parse(
                Golden.text("traits")
                        .replace("type = \"mirror\"", "type = \"holo+X\"")
                        .replace("thin_pool = \"tp\"", "thin_pool = 7"),
                "traits");
        Map<String, VolumeTraits> traits =
                VolumeTraits.of(new PoolGroup(later, group(true).present(), ""));
        assertThat(traits.get("mi").attributes()).isEqualTo("-wi---u---");
        assertThat(traits.get("th").tied(Tie.POOL)).isEmpty();
    }
}
