// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Counters;
import etherbay.node.BackingName;
import etherbay.node.LocalDisk;
import etherbay.node.volume.VolumePlaces;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class LvCommandTest extends VolumeVerbCase {
    /** Where extent 0 of a disk begins. */
    private static final int DATA_AT = 1 << 20;

    private static final int EXTENT_BYTES = 4 << 20;

    private String one;
    private String two;

    @BeforeEach
    void makeGroup() {
        one = disk("one");
        two = disk("two");
        good("vg", "create", "lvt", one, two);
    }

    private Map<String, String> volume(String name) {
        return rows("lv", "lv", "display", name, "--json").getFirst();
    }

    private List<String> ranges(String name) {
        return rows("seg", "lv", "display", name, "--json").stream()
                .map(row -> row.get("seg_pe_ranges"))
                .toList();
    }

    @Test
    void aVolumeIsListedAsLvsDoes() {
        assertThat(good("lv", "list")).isEmpty();
        assertThat(good("lv", "create", "lvt", "a", "--size", "20M"))
                .isEqualTo("logical volume \"lvt/a\" created, 20.00 MiB%n".formatted());
        assertThat(good("lv", "list").lines())
                .containsExactly(
                        "  LV   VG  Attr       LSize  Pool Origin Data%  Meta%  Move Log Cpy%Sync"
                                + " Convert",
                        "  a    lvt -wi------- 20.00m                                            "
                                + "        ");
        assertThat(rows("lv", "lv", "list", "--json").getFirst())
                .containsEntry("lv_attr", "-wi-------")
                .containsOnlyKeys(
                        "lv_name",
                        "vg_name",
                        "lv_attr",
                        "lv_size",
                        "pool_lv",
                        "origin",
                        "data_percent",
                        "metadata_percent",
                        "move_pv",
                        "mirror_log",
                        "copy_percent",
                        "convert_lv");
    }

    @Test
    void onlyWhatIsNamedIsListed() {
        good("lv", "create", "lvt/a", "-l", "1");
        good("lv", "create", "lvt/b", "-l", "1");
        assertThat(rows("lv", "lv", "list", "lvt", "--json")).hasSize(2);
        assertThat(rows("lv", "lv", "list", "lvt/b", "--json")).hasSize(1);
        good("vg", "create", "b", disk("three"));
        good("vg", "create", "other", disk("four"));
        good("lv", "create", "other/c", "-l", "1");
        assertThat(rows("lv", "lv", "list", "lvt", "other", "--json")).hasSize(3);
        assertThat(rows("lv", "lv", "list", "lvt", "b", "--json")).hasSize(1);
        assertThat(rows("lv", "lv", "list", "lvt/b", "/dev/lvt/a", "--json")).hasSize(2);
        failsWith(NOT_FOUND, "group lvt has no volume c", "lv", "list", "lvt/c");
        failsWith(NOT_FOUND, "there is no volume group a", "lv", "list", "a", "lvt/b");
    }

    @Test
    void displayHasTheFieldsOfLvdisplay() {
        good("lv", "create", "lvt/a", "--size", "20M", "--alloc", "contiguous");
        List<String> lines = good("lv", "display", "lvt/a").lines().toList();
        assertThat(lines.stream()
                        .map(line -> line.replaceFirst("(.{25}).*", "$1").strip()))
                .containsExactly(
                        "--- Logical volume ---",
                        "LV Path",
                        "LV Name",
                        "VG Name",
                        "LV UUID",
                        "LV Write Access",
                        "LV Creation host, time",
                        "LV Size",
                        "Current LE",
                        "Segments",
                        "Allocation",
                        "Read ahead sectors",
                        "");
        assertThat(lines)
                .contains(
                        "  LV Path                /dev/lvt/a",
                        "  LV Size                20.00 MiB",
                        "  Current LE             5",
                        "  Allocation             contiguous");
    }

    @ParameterizedTest
    @CsvSource({
        "--size 20M, 5",
        "-L 17, 5",
        "-L 1k, 1",
        "-l 7, 7",
        "--extents 100%FREE, 30",
        "-l 50%VG, 15",
        "-L 20M --stripes 2, 6",
    })
    void itsSizeIsRoundedUpToWholeExtents(String options, String extents) {
        String[] words = ("lv create lvt/a " + options).split(" ", -1);
        good(words);
        assertThat(rows("seg", "lv", "display", "lvt/a", "--json").stream()
                        .mapToInt(row -> Integer.parseInt(row.get("seg_size_pe")))
                        .sum())
                .isEqualTo(Integer.parseInt(extents));
    }

    @ParameterizedTest
    @CsvSource({
        "lvt/a -L 0, 3, no size",
        "lvt/a -L x, 3, is no size of a volume",
        "lvt/a -l 5%FEE, 3, is no size of a volume",
        "lvt/a -L 500M, 6, has no room for 125 extents",
        "lvt/a -l 16 --alloc contiguous, 6, in one piece",
        "lvt/a -l 3 -i 3, 6, the same on each of 3 disks",
        "lvt/a -l 2 -i 2 -I 5K, 3, stripes of 5120 bytes cannot be",
        "lvt/a -l 2 -i 2 -I 8M, 3, its extents have 4194304 bytes",
        "lvt/a -l 2 --tag a%, 3, is no name of a tag",
        "lvt/a -l 2 --alloc cling, 2, --alloc",
        "lvt/a -l 2 --on /nowhere, 4, /nowhere",
        "lvt/snapshot1 -l 1, 3, LVM2 keeps such names",
        "lvt/-a -l 1, 3, is no name of a volume",
        "nono/a -l 1, 4, there is no volume group nono",
        "lvt -l 1, 2, Name a volume as VG LV or VG/LV",
        "lvt/a, 2, Missing how large: --size",
        "lvt/a -l 1 -L 4M, 2, --size and --extents exclude each other",
    })
    void whatCannotBeIsAnErrorAndChangesNothing(String options, int exitCode, String says) {
        failsWith(exitCode, says, ("lv create " + options).split(" ", -1));
        assertThat(rows("vg", "vg", "display", "lvt", "--json").getFirst())
                .containsEntry("vg_seqno", "1");
    }

    @Test
    void stripesGoRoundTheDisks() {
        good("lv", "create", "lvt/a", "-l", "4", "--stripes", "2", "--stripe-size", "16");
        assertThat(rows("seg", "lv", "display", "lvt/a", "--json").getFirst())
                .containsEntry("segtype", "striped")
                .containsEntry("stripes", "2")
                .containsEntry("stripe_size", "16.00k")
                .containsEntry("seg_pe_ranges", one + ":0-1 " + two + ":0-1")
                .containsEntry("devices", one + "(0)," + two + "(0)");
    }

    @Test
    void itsExtentsAreTakenFromTheDisksThatAreNamed() {
        good("lv", "create", "lvt/a", "-l", "2", "--on", two, "--tag", "x", "--tag", "y");
        assertThat(ranges("lvt/a")).containsExactly(two + ":0-1");
        assertThat(volume("lvt/a")).containsEntry("lv_tags", "x,y");
        good("lv", "extend", "lvt/a", "-l", "+1", "--on", one);
        assertThat(ranges("lvt/a")).containsExactly(two + ":0-1", one + ":0-0");
    }

    @Test
    void itsBeginningIsZeroedUnlessTheUserSaysNo() {
        byte[] old = new byte[8192];
        Arrays.fill(old, (byte) 7);
        write(one, DATA_AT, old);
        write(one, DATA_AT + EXTENT_BYTES, old);
        warns("was not zeroed", "lv", "create", "lvt/a", "-l", "1", "--on", one, "--no-zero");
        good("lv", "create", "lvt/b", "-l", "1", "--on", one);
        assertThat(read(one, DATA_AT, 8192)).isEqualTo(old);
        byte[] expected = old.clone();
        Arrays.fill(expected, 0, 4096, (byte) 0);
        assertThat(read(one, DATA_AT + EXTENT_BYTES, 8192)).isEqualTo(expected);
    }

    @Test
    void theZeroesGoRoundSmallExtentsAndStripes() {
        String three = disk("three");
        String four = disk("four");
        good("vg", "create", "small", three, four, "--extent-size", "4K");
        byte[] old = new byte[8192];
        Arrays.fill(old, (byte) 7);
        write(three, DATA_AT, old);
        write(four, DATA_AT, old);
        good("lv", "create", "small/a", "-l", "4", "-i", "2", "-I", "4K");
        assertThat(read(three, DATA_AT, 4096)).isEqualTo(new byte[4096]);
        assertThat(read(four, DATA_AT, 4096)).isEqualTo(Arrays.copyOf(old, 4096));
        assertThat(read(three, DATA_AT + 4096, 4096)).isEqualTo(Arrays.copyOf(old, 4096));
    }

    @Test
    void aVolumeGrows() {
        good("lv", "create", "lvt/a", "--size", "20M");
        assertThat(good("lv", "extend", "lvt", "a", "--size", "+8M"))
                .contains("from 20.00 MiB (5 extents) to 28.00 MiB (7 extents)");
        good("lv", "extend", "lvt/a", "--size", "40M");
        good("lv", "extend", "lvt/a", "--extents", "+100%FREE");
        assertThat(volume("lvt/a")).containsEntry("lv_size", "120.00m");
        failsWith(INVALID, "would not grow", "lv", "extend", "lvt/a", "--size", "40M");
        failsWith(CONFLICT, "has no room", "lv", "extend", "lvt/a", "--size", "+4M");
        failsWith(NOT_FOUND, "has no volume z", "lv", "extend", "lvt/z", "--size", "+4M");
    }

    @Test
    void aVolumeBecomesSmallerWithAYes() {
        good("lv", "create", "lvt/a", "--size", "20M");
        failsWith(CONFLICT, "would become smaller", "lv", "reduce", "lvt/a", "--size", "8M");
        assertThat(good("lv", "reduce", "lvt/a", "--size", "8M", "--yes"))
                .contains("to 8.00 MiB (2 extents)");
        assertThat(good("lv", "reduce", "lvt/a", "--extents", "-1", "--yes"))
                .contains("(1 extents)");
        failsWith(INVALID, "would not become smaller", "lv", "reduce", "lvt/a", "-l", "9", "--yes");
    }

    @Test
    void aVolumeIsRenamedInAnySpelling() {
        good("lv", "create", "lvt/a", "-l", "1");
        good("lv", "create", "lvt/z", "-l", "1");
        good("lv", "rename", "lvt", "a", "b");
        good("lv", "rename", "lvt/b", "c");
        assertThat(good("lv", "rename", "lvt/c", "lvt/d"))
                .contains("logical volume \"lvt/c\" renamed to \"d\"");
        failsWith(USAGE, "stays in its group", "lv", "rename", "lvt/d", "other/d");
        failsWith(CONFLICT, "is there already", "lv", "rename", "lvt/d", "z");
        failsWith(USAGE, "Name a volume", "lv", "rename", "lvt", "d");
    }

    @Test
    void aVolumeIsRemovedWithAYes() {
        good("lv", "create", "lvt/a", "-l", "1");
        failsWith(CONFLICT, "what is on its 4.00 MiB would be lost", "lv", "remove", "lvt/a");
        assertThat(good("lv", "remove", "lvt", "a", "--yes")).contains("removed");
        assertThat(rows("lv", "lv", "list", "--json")).isEmpty();
        failsWith(NOT_FOUND, "has no volume a", "lv", "remove", "lvt/a", "--yes");
        assertThat(runBare("lv")).isEqualTo(USAGE);
    }

    @Test
    void tagsComeAndGo() {
        good("lv", "create", "lvt/a", "-l", "1", "--tag", "x");
        good("lv", "tag", "lvt/a", "--add", "y", "--remove", "x");
        assertThat(volume("lvt/a")).containsEntry("lv_tags", "y");
        failsWith(USAGE, "Missing what to do", "lv", "tag", "lvt/a");
    }

    @Test
    void aVolumeOnAMissingDiskIsPartial() {
        good("lv", "create", "lvt/a", "-l", "1", "--on", one);
        good("lv", "create", "lvt/b", "-l", "1", "--on", two);
        lose(two);
        assertThat(warns("lacks its disk", "lv", "list"))
                .contains("-wi-------")
                .contains("-wi-----p-");
        assertThat(warns("lacks its disk", "lv", "display", "lvt/b", "--json"))
                .contains("\"seg_pe_ranges\":\"[unknown]:0-0\"");
    }

    @Test
    void whileItIsServedAVolumeKeepsItsExtentsAndItsName() {
        good("lv", "create", "lvt/a", "-l", "2");
        BackingName name = BackingName.ofPath("lvt/a");
        LocalDisk.Options options =
                new LocalDisk.Options(false, Optional.empty(), VolumePlaces.of(List.of(one, two)));
        try (LocalDisk _ = LocalDisk.open("test", name, options, new Counters())) {
            String used = "volume lvt/a";
            failsWith(CONFLICT, used, "lv", "reduce", "lvt/a", "-l", "1", "--yes");
            failsWith(CONFLICT, used, "lv", "remove", "lvt/a", "--yes");
            failsWith(CONFLICT, used, "lv", "rename", "lvt/a", "b");
            failsWith(CONFLICT, used, "vg", "rename", "lvt", "other");
            failsWith(CONFLICT, used, "vg", "remove", "lvt", "--yes", "--force");
            failsWith(CONFLICT, used, "vg", "restore", "lvt", "--version", "1", "--yes");
            failsWith(CONFLICT, used, "pv", "remove", one, "--yes", "--force");
            good("lv", "extend", "lvt/a", "-l", "3");
            good("lv", "create", "lvt/b", "-l", "1");
            good("vg", "restore", "lvt", "--version", "3", "--yes");
        }
        good("lv", "remove", "lvt/a", "--yes");
    }
}
