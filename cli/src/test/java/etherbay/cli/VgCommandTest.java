// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class VgCommandTest extends VolumeVerbCase {
    private String one;
    private String two;
    private String three;

    @BeforeEach
    void makeGroup() {
        one = disk("one");
        two = disk("two");
        three = disk("three");
        good("vg", "create", "vgt", one, two);
    }

    private Map<String, String> display() {
        return rows("vg", "vg", "display", "vgt", "--json").getFirst();
    }

    @Test
    void aGroupIsListedAsVgsDoes() {
        assertThat(good("vg", "list").lines())
                .containsExactly(
                        "  VG  #PV #LV #SN Attr   VSize   VFree  ",
                        "  vgt   2   0   0 wz--n- 120.00m 120.00m");
        assertThat(good("vg", "list", "--units", "b")).contains("125829120B 125829120B");
        assertThat(rows("vg", "vg", "list", "--json").getFirst())
                .containsEntry("pv_count", "2")
                .containsOnlyKeys(
                        "vg_name",
                        "pv_count",
                        "lv_count",
                        "snap_count",
                        "vg_attr",
                        "vg_size",
                        "vg_free");
        failsWith(NOT_FOUND, "there is no volume group nono", "vg", "list", "nono");
    }

    @Test
    void displayHasTheFieldsOfVgdisplay() {
        good("lv", "create", "vgt/a", "--size", "20M");
        List<String> lines = good("vg", "display").lines().toList();
        assertThat(lines)
                .startsWith(
                        "  --- Volume group ---",
                        "  VG Name               vgt",
                        "  System ID             ",
                        "  Format                lvm2",
                        "  Metadata Areas        2",
                        "  Metadata Sequence No  2",
                        "  VG Access             read/write",
                        "  VG Status             resizable",
                        "  MAX LV                0",
                        "  Cur LV                1")
                .contains(
                        "  Alloc PE / Size       5 / 20.00 MiB",
                        "  Free  PE / Size       25 / 100.00 MiB");
    }

    @Test
    void aNameIsTakenOnce() {
        failsWith(CONFLICT, "group vgt is there already", "vg", "create", "vgt", three);
        assertThat(rows("pv", "pv", "list", "--json")).hasSize(2);
        failsWith(INVALID, "is no name of a volume group", "vg", "create", "v/g", three);
        failsWith(INVALID, "cannot be", "vg", "create", "vg2", three, "--extent-size", "5M");
        failsWith(INVALID, "--extent-size", "vg", "create", "vg2", three, "--extent-size", "9b");
        failsWith(USAGE, "--alloc", "vg", "create", "vg2", three, "--alloc", "cling");
        failsWith(CONFLICT, "belongs to group vgt", "vg", "create", "vg2", one);
        assertThat(rows("pv", "pv", "list", "--json")).hasSize(2);
    }

    @Test
    void aDiskThatIsNotEmptyIsTakenOnlyWithAYes() {
        write(three, 4, new byte[] {1});
        failsWith(CONFLICT, three + " is not empty", "vg", "extend", "vgt", three);
        failsWith(CONFLICT, three + " is not empty", "vg", "create", "vg2", three);
        assertThat(good("vg", "extend", "vgt", three, "--yes"))
                .contains("physical volume \"" + three + "\" created")
                .contains("volume group \"vgt\" extended");
    }

    @Test
    void extentsAndPolicyAreAsAsked() {
        good("vg", "create", "vg2", three, "--extent-size", "1", "--alloc", "contiguous");
        assertThat(rows("vg", "vg", "display", "vg2", "--json").getFirst())
                .containsEntry("vg_extent_size", "1.00m")
                .containsEntry("vg_extent_count", "63")
                .containsEntry("vg_allocation_policy", "contiguous")
                .containsEntry("vg_attr", "wz--c-");
    }

    @Test
    void disksJoinAndLeave() {
        good("vg", "extend", "vgt", three);
        assertThat(display()).containsEntry("pv_count", "3");
        assertThat(good("vg", "reduce", "vgt", one, three)).contains("removed \"" + one + "\"");
        assertThat(display()).containsEntry("pv_count", "1").containsEntry("vg_seqno", "3");
        failsWith(CONFLICT, "would have no disk left", "vg", "reduce", "vgt", two);
        failsWith(NOT_FOUND, "is not in group vgt", "vg", "reduce", "vgt", three);
        failsWith(USAGE, "either disks, or --remove-missing", "vg", "reduce", "vgt");
        good("lv", "create", "vgt/a", "-l", "1");
        good("vg", "extend", "vgt", three);
        failsWith(CONFLICT, "1 of its 15 extents belong to a", "vg", "reduce", "vgt", two);
    }

    @Test
    void missingDisksAreGivenUpWithAYes() {
        good("lv", "create", "vgt/a", "-l", "1", "--on", one);
        good("lv", "create", "vgt/b", "-l", "1", "--on", two);
        assertThat(good("vg", "reduce", "vgt", "--remove-missing")).contains("lacks no disk");
        lose(two);
        assertThat(warns("group vgt lacks its disk", "vg", "list")).contains("wz-pn-");
        failsWith(CONFLICT, "is missing", "lv", "create", "vgt/c", "-l", "1");
        failsWith(CONFLICT, "they hold b", "vg", "reduce", "vgt", "--remove-missing");
        failsWith(CONFLICT, "add --force", "vg", "reduce", "vgt", "--remove-missing", "--yes");
        assertThat(good("vg", "reduce", "vgt", "--remove-missing", "--yes", "--force"))
                .contains("logical volume \"b\" removed")
                .contains("removed 1 missing disks");
        assertThat(good("lv", "list")).contains(" a ").doesNotContain(" b ");
        find(two);
        assertThat(warns("holds old metadata of group vgt", "pv", "list")).contains("u--");
    }

    @Test
    void aGroupIsRenamed() {
        good("vg", "create", "vg2", three);
        failsWith(CONFLICT, "group vg2 is there already", "vg", "rename", "vgt", "vg2");
        good("vg", "rename", "vgt", "vg3");
        assertThat(good("vg", "list")).contains(" vg3 ").doesNotContain("vgt");
    }

    @Test
    void aGroupIsRemovedWithAYesAndWithItsVolumesByForce() {
        good("lv", "create", "vgt/a", "-l", "1");
        failsWith(CONFLICT, "its volumes would be lost: a", "vg", "remove", "vgt", "--force");
        failsWith(CONFLICT, "it has volumes: a", "vg", "remove", "vgt", "--yes");
        assertThat(good("vg", "remove", "vgt", "--yes", "--force")).contains("removed");
        assertThat(good("vg", "list")).isEmpty();
        assertThat(rows("vg", "vg", "list", "--json")).isEmpty();
        assertThat(rows("pv", "pv", "list", "--json")).hasSize(2);
        good("vg", "create", "vgt", one);
        failsWith(CONFLICT, "its history would be lost", "vg", "remove", "vgt");
    }

    @Test
    void tagsComeAndGo() {
        good("vg", "tag", "vgt", "--add", "x", "--add", "y,z");
        assertThat(display()).containsEntry("vg_tags", "x,y,z");
        good("vg", "tag", "vgt", "--add", "x,a", "--remove", "y");
        assertThat(display()).containsEntry("vg_tags", "a,x,z");
        good("vg", "tag", "vgt", "--remove", "x,z,a");
        assertThat(display()).containsEntry("vg_tags", "");
        failsWith(USAGE, "Missing what to do", "vg", "tag", "vgt");
        failsWith(INVALID, "is no name of a tag", "vg", "tag", "vgt", "--add", "a b");
    }

    @Test
    void historyIsToldAndPutInForceAgain() {
        good("lv", "create", "vgt/a", "-l", "3");
        good("lv", "rename", "vgt/a", "b");
        good("lv", "remove", "vgt/b", "--yes");
        List<String> lines = good("vg", "history", "vgt").lines().toList();
        assertThat(lines.getFirst()).matches("  Version Written +VG +#PV #LV By");
        assertThat(lines.get(1)).contains(" 4 ").contains("Write from etherbay lv remove vgt/b");
        assertThat(rows("version", "vg", "history", "vgt", "--json"))
                .extracting(row -> row.get("vg_seqno"))
                .containsExactly("4", "3", "2", "1");
        assertThat(good("vg", "history", "vgt", "--text", "2"))
                .startsWith("vgt {\n")
                .contains("seqno = 2\n")
                .contains("contents = \"Text Format Volume Group\"\n");
        failsWith(NOT_FOUND, "still have 4, 3, 2, 1", "vg", "history", "vgt", "--text", "7");
        failsWith(CONFLICT, "as it was in version 2", "vg", "restore", "vgt", "--version", "2");
        failsWith(NOT_FOUND, "still have 4, 3, 2, 1", "vg", "restore", "vgt", "--version", "9");
        failsWith(USAGE, "--version", "vg", "restore", "vgt");
        good("vg", "restore", "vgt", "--version", "2", "--yes");
        assertThat(rows("seg", "lv", "display", "vgt/a", "--json").getFirst())
                .containsEntry("seg_size_pe", "3");
        assertThat(display()).containsEntry("vg_seqno", "5");
        failsWith(CONFLICT, "otherwise by it: a", "vg", "restore", "vgt", "--version", "3");
    }

    @Test
    void aVersionFromBeforeARenameBringsTheNameBack() {
        good("vg", "rename", "vgt", "vg3");
        good("vg", "restore", "vg3", "--version", "1", "--yes");
        assertThat(good("vg", "list")).contains(" vgt ");
        good("vg", "rename", "vgt", "vg3");
        good("vg", "create", "vgt", three);
        failsWith(
                CONFLICT,
                "group vgt is there already",
                "vg",
                "restore",
                "vg3",
                "--version",
                "1",
                "--yes");
    }
}
