// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class PvCommandTest extends VolumeVerbCase {
    private String one;
    private String two;

    @BeforeEach
    void makeDisks() {
        one = disk("one");
        two = disk("two");
    }

    @Test
    void aDiskBecomesAPhysicalVolumeOfItsSize() {
        assertThat(good("pv", "create", one))
                .isEqualTo("physical volume \"%s\" created%n".formatted(one));
        assertThat(good("pv", "list").lines())
                .containsExactly(
                        "  PV".concat(" ".repeat(one.length() - 1)) + "VG Fmt  Attr PSize  PFree ",
                        "  " + one + "    lvm2 ---  64.00m 64.00m");
        Map<String, String> row = rows("pv", "pv", "list", "--json").getFirst();
        assertThat(row)
                .containsEntry("pv_name", one)
                .containsEntry("vg_name", "")
                .containsEntry("pv_size", "64.00m")
                .containsOnlyKeys("pv_name", "vg_name", "pv_fmt", "pv_attr", "pv_size", "pv_free");
    }

    @Test
    void aDiskThatHoldsSomethingIsTakenOnlyWithAYes() {
        write(one, 0, new byte[] {1, 2, 3});
        failsWith(CONFLICT, one + " is not empty", "pv", "create", one);
        assertThat(read(one, 0, 3)).isEqualTo(new byte[] {1, 2, 3});
        good("pv", "create", one, "--yes");
        assertThat(read(one, 0, 3)).isEqualTo(new byte[3]);
        failsWith(CONFLICT, "it is a physical volume already", "pv", "create", one);
    }

    @Test
    void aDiskOfAGroupIsTakenOnlyByForce() {
        good("vg", "create", "pvt", one, two);
        failsWith(CONFLICT, "it belongs to group pvt", "pv", "create", one, "--yes");
        failsWith(CONFLICT, "it belongs to group pvt", "pv", "remove", one, "--yes");
        failsWith(CONFLICT, one + " is not empty", "pv", "create", one, "--force");
        good("pv", "create", one, "--force", "--yes");
        assertThat(warns("group pvt lacks its disk", "pv", "list").lines()).hasSize(4);
    }

    @Test
    void whatIsNoDiskIsAnError() {
        failsWith(NOT_FOUND, "/nowhere/disk does not exist", "pv", "create", "/nowhere/disk");
        resize(one, 4 << 20);
        failsWith(INVALID, "too small", "pv", "create", one);
        failsWith(NOT_FOUND, two + " is no physical volume", "pv", "extend", two);
        failsWith(NOT_FOUND, two + " is no physical volume", "pv", "list", two);
        failsWith(NOT_FOUND, two + " is no physical volume", "pv", "remove", two, "--yes");
        failsWith(INVALID, "is no place of a physical volume", "pv", "list", "read-only:/x");
        assertThat(runBare("pv")).isEqualTo(USAGE);
        failsWith(USAGE, "Missing required parameter", "pv", "create");
    }

    @Test
    void aDiskIsFoundByAnyOfItsNames() {
        String detour = one.replace("/one", "/./one");
        good("pv", "create", detour);
        assertThat(runBare("pv", "list", detour, "--device", one)).as(err()).isZero();
        assertThat(good("vg", "create", "pvt", detour)).contains("\"pvt\" created");
        assertThat(good("lv", "create", "pvt/a", "-l1", "--on", detour)).contains("created");
    }

    @Test
    void aDiskThatHasGrownIsTakenUp() {
        good("vg", "create", "pvt", one, two);
        assertThat(good("pv", "extend", one)).contains("no extents more");
        resize(one, DISK_BYTES + (16 << 20));
        assertThat(good("pv", "extend", one)).contains("4 extents more");
        assertThat(rows("pv", "pv", "display", one, "--json").getFirst())
                .containsEntry("pv_pe_count", "19")
                .containsEntry("dev_size", "80.00m");
        resize(one, DISK_BYTES);
        failsWith(CONFLICT, "smaller than it was", "pv", "extend", one);
    }

    @Test
    void aLabelIsRemovedWithAYes() {
        good("pv", "create", one, two);
        failsWith(CONFLICT, "would be a physical volume no more", "pv", "remove", one);
        assertThat(good("pv", "remove", one, "--yes")).contains("removed");
        assertThat(rows("pv", "pv", "list", "--json")).hasSize(1);
    }

    @Test
    void displayHasTheFieldsOfPvdisplay() {
        good("vg", "create", "pvt", one);
        good("lv", "create", "pvt/a", "--size", "20M");
        good("pv", "create", two);
        List<String> lines = good("pv", "display").lines().toList();
        assertThat(lines.subList(0, 10))
                .containsExactly(
                        "  --- Physical volume ---",
                        "  PV Name               " + one,
                        "  VG Name               pvt",
                        "  PV Size               64.00 MiB / not usable 4.00 MiB",
                        "  Allocatable           yes ",
                        "  PE Size               4.00 MiB",
                        "  Total PE              15",
                        "  Free PE               10",
                        "  Allocated PE          5",
                        lines.get(9));
        assertThat(lines.get(9)).matches("  PV UUID               \\w{6}(-\\w{4}){5}-\\w{6}");
        assertThat(lines.subList(11, 20))
                .contains(
                        "  \"" + two + "\" is a new physical volume of \"64.00 MiB\"",
                        "  --- NEW Physical volume ---",
                        "  PE Size               0   ");
    }

    @Test
    void withoutADeviceTheDisksThatAreNamedAreLookedAt() {
        assertThat(runBare("pv", "create", one)).as(err()).isZero();
        assertThat(runBare("vg", "create", "pvt", one, two)).as(err()).isZero();
        assertThat(runBare("lv", "create", "pvt/a", "-l", "1", "--device", one + "," + two))
                .as(err())
                .isZero();
    }

    @Test
    void aDamagedLabelIsAWarning() {
        good("pv", "create", one, two);
        write(one, 512 + 100, new byte[] {1});
        assertThat(warns("its checksum is wrong", "pv", "list").lines()).hasSize(2);
        failsWith(CONFLICT, "is not empty", "pv", "create", one, "--force");
        assertThat(warns("its checksum is wrong", "pv", "list")).contains(two);
        good("pv", "create", one, "--force", "--yes");
    }
}
