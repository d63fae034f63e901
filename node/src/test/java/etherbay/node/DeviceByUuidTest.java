// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A machine made of folders: sysfs, proc and dev as Linux lays them out. */
final class DeviceByUuidTest {
    private static final String FS = "2f1c9b1e-6f0a-4c59-9a4e-0d5d3f7c8b21";
    private static final String ARRAY = "d3f0a1b2:c4d5e6f7:08192a3b:4c5d6e7f";
    private static final String LEG = "11112222-3333-4444-5555-666677778888";
    private static final String PV = "6EkXyZ-abcd-EFGH-ijkl-MNOP-qrst-UVWX12";
    private static final String VG_BARE = "Vg3456789012345678901234567890ab";
    private static final String LV_BARE = "Lv3456789012345678901234567890cd";
    private static final String LV = "Lv3456-7890-1234-5678-9012-3456-7890cd";

    @TempDir
    private Path root;

    private final Map<String, Map<String, String>> signatures = new HashMap<>();
    private final TreeSet<String> devices = new TreeSet<>();

    @BeforeEach
    void bootMachine() {
        disk("sda", Map.of("PTTYPE", "gpt"));
        disk("sda1", Map.of("TYPE", "ext4", "UUID", FS));
        disk("sda2", Map.of("TYPE", "swap", "UUID", "aaaa1111-0000-0000-0000-000000000001"));
    }

    private void write(String file, String text) {
        try {
            Files.createDirectories(root.resolve(file).getParent());
            Files.writeString(root.resolve(file), text);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void disk(String name, Map<String, String> signature) {
        devices.add(name);
        signatures.put(name, signature);
        write("dev/" + name, "");
    }

    private void holds(String upper, String lower) {
        write("sys/class/block/" + lower + "/holders/" + upper, "");
    }

    private void logicalVolume(String device, String name, String uuid) {
        write("sys/block/" + device + "/dm/uuid", "LVM-" + uuid + "\n");
        write("sys/block/" + device + "/dm/name", name + "\n");
        disk(device, Map.of());
        write("dev/mapper/" + name, "");
    }

    private String find(String uuid) {
        StringBuilder partitions = new StringBuilder("major minor  #blocks  name\n\n");
        devices.forEach(name -> partitions.append("   8   0   1000 %s\n".formatted(name)));
        write("proc/partitions", partitions.toString());
        Path dev = root.resolve("dev");
        DeviceByUuid machine = new DeviceByUuid(
                root.resolve("sys"),
                root.resolve("proc"),
                dev,
                path -> signatures.getOrDefault(dev.relativize(path).toString(), Map.of()));
        return dev.relativize(machine.find(new BackingName.WithUuid(uuid))).toString();
    }

    private void assertRefused(String uuid, ErrorCode code, String... said) {
        assertThatThrownBy(() -> find(uuid))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    assertThat(refused.toText()).contains(said);
                });
    }

    @Test
    void aFileSystemAndSwapAreFoundHoweverTheUuidIsSpelled() {
        assertThat(find(FS)).isEqualTo("sda1");
        assertThat(find(FS.toUpperCase(Locale.ROOT).replace("-", ""))).isEqualTo("sda1");
        assertThat(find("aaaa1111-0000-0000-0000-000000000001")).isEqualTo("sda2");
    }

    @Test
    void aLogicalVolumeIsFoundByItsOwnUuidAndWithThatOfItsGroup() {
        logicalVolume("dm-0", "vg-lv", VG_BARE + LV_BARE);
        for (String spelling :
                new String[] {LV, LV_BARE, VG_BARE + LV_BARE, "LVM-" + VG_BARE + LV_BARE}) {
            assertThat(find(spelling)).isEqualTo("mapper/vg-lv");
        }
        assertRefused(LV_BARE.toLowerCase(Locale.ROOT), ErrorCode.NOT_FOUND, "1 logical vol");
    }

    @Test
    void whatLvmKeepsBelowAVolumeIsNotForOthers() {
        logicalVolume("dm-0", "vg-lv-real", VG_BARE + LV_BARE + "-real");
        assertRefused(LV, ErrorCode.NOT_FOUND, "0 logical volumes");
    }

    @Test
    void aVolumeGroupIsNoDisk() {
        logicalVolume("dm-0", "vg-a", VG_BARE + LV_BARE);
        assertRefused(VG_BARE, ErrorCode.CONFLICT, "volume group", "mapper/vg-a");
    }

    @Test
    void anArrayComesBeforeItsLegs() {
        Map<String, String> leg = Map.of(
                "TYPE", "linux_raid_member", "UUID", ARRAY.replace(':', '-'), "UUID_SUB", LEG);
        disk("sdb", leg);
        disk("sdc", leg);
        disk("md0", Map.of());
        holds("md0", "sdb");
        holds("md0", "sdc");
        assertThat(find(ARRAY)).isEqualTo("md0"); // where sysfs has no md/uuid: by its legs
        write("sys/block/md0/md/uuid", "d3f0a1b2-c4d5-e6f7-0819-2a3b4c5d6e7f\n");
        assertThat(find(ARRAY)).isEqualTo("md0");
    }

    @Test
    void anArrayThatIsNotAssembledIsRefusedAndItsLegIsServed() {
        disk("sdb", Map.of("TYPE", "linux_raid_member", "UUID", ARRAY, "UUID_SUB", LEG));
        assertRefused(ARRAY, ErrorCode.NOT_FOUND, "not assembled", "dev/sdb", "mdadm --assemble");
        assertThat(find(LEG)).isEqualTo("sdb");
    }

    @Test
    void whatAnotherDeviceIsBuiltOnIsRefused() {
        disk("sdb", Map.of("TYPE", "linux_raid_member", "UUID", ARRAY, "UUID_SUB", LEG));
        disk("sdd", Map.of("TYPE", "LVM2_member", "UUID", PV));
        assertThat(find(PV)).isEqualTo("sdd");
        holds("md0", "sdb");
        holds("dm-3", "sdd");
        assertRefused(LEG, ErrorCode.CONFLICT, "sdb (leg) is in use by md0");
        assertRefused(PV, ErrorCode.CONFLICT, "sdd (LVM2_member) is in use by dm-3");
    }

    @Test
    void ofAStackTheUppermostIsMeant() {
        Map<String, String> signature = Map.of("TYPE", "xfs", "UUID", "abcd-1234");
        for (String name : new String[] {"sde", "sdf", "dm-7"}) {
            disk(name, signature);
        }
        holds("dm-7", "sde");
        holds("dm-7", "sdf");
        assertThat(find("abcd-1234")).isEqualTo("dm-7");
    }

    @Test
    void copiesAreRefusedWithAllOfThemNamed() {
        disk("sdb1", Map.of("TYPE", "ext4", "UUID", FS));
        assertRefused(FS, ErrorCode.CONFLICT, "dev/sda1 (ext4)", "dev/sdb1 (ext4)");
    }

    @Test
    void whatIsNotFoundSaysWhereItWasLookedForAndWhatIsNear() {
        assertRefused(
                FS.replace('9', '8'),
                ErrorCode.NOT_FOUND,
                "looked at 0 logical volumes, 0 md arrays and the 3 devices of ",
                "did you mean " + FS + " of " + root + "/dev/sda1 (ext4)?");
        assertRefused("ffff", ErrorCode.NOT_FOUND, "see what there is: blkid");
    }

    @Test
    void aDeviceWithASlashInItsNameIsFound() {
        disk("cciss/c0d0", Map.of("TYPE", "ext4", "UUID", "1234-5678"));
        assertThat(find("1234-5678")).isEqualTo("cciss/c0d0");
        holds("dm-0", "cciss!c0d0");
        assertRefused("1234-5678", ErrorCode.CONFLICT, "in use by dm-0");
    }

    @Test
    void blkidPrintsNamesAndValues() throws IOException {
        assertThat(Blkid.parse("DEVNAME=/dev/loop0\nUUID=1234-5678\nLABEL=a\\ b\nnonsense\n"))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("DEVNAME", "/dev/loop0", "UUID", "1234-5678", "LABEL", "a b"));
        Path nothing = Files.createFile(root.resolve("empty"));
        assertThat(Blkid.ofThisMachine().of(nothing)).isEmpty();
        assertThatThrownBy(() -> new Blkid("/nowhere/blkid").of(nothing))
                .hasMessageContaining("cannot be read");
    }
}
