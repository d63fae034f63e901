// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.volume.VolumePlaces;
import etherbay.node.volume.VolumeStore;
import etherbay.volume.PoolGroup;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * Debian's lvm2 as the judge of our volumes, both ways: what it made we list to the letter and read
 * where it lies; what we make and change it takes without a word, and goes on from there.
 */
@ExtendWith(ReasonInTrace.class)
@Timeout(300)
class VolumeSysTest {
    private static final int DISK_MEBIBYTES = 32;
    private static final long DISK_BYTES = (long) DISK_MEBIBYTES << 20;

    /** Where lvm2 and we let the first extent begin. */
    private static final int DATA_AT = 1 << 20;

    private static final int EXTENT_BYTES = 1 << 20;

    /** The attributes of a volume: active, open and, of a RAID, healthy are unknown. */
    private static final Pattern LETTERS =
            Pattern.compile("(?<=[ \"|])[-a-zA-Z]{4}XX[-a-zA-Z]{2}[-pX][-k](?=[ \"|])");

    private static final Pattern COMPLAINT = Pattern.compile(
            "warning|fail|error|corrupt|invalid|cannot|couldn't|not found|inconsistent|unknown",
            Pattern.CASE_INSENSITIVE);

    @TempDir
    private Path folder;

    private LoopLab lab;

    @BeforeEach
    void findTools() throws IOException {
        Tool.requireRoot();
        Tool.require("lvm", "lvm2");
        Tool.require("losetup", "mount");
        lab = new LoopLab(folder, 0, 0);
    }

    @AfterEach
    void detach() {
        lab.close();
    }

    private void addDisks(int count, long bytes) throws IOException {
        for (int index = 0; index < count; index++) {
            lab.add(bytes);
        }
    }

    /** Our verb on the disks of the test: it neither fails nor warns. */
    private List<String> etherbay(String... words) {
        String said = VolumeLab.etherbay(List.of(words), lab.paths());
        assertThat(said).doesNotContain("warning: ");
        return said.lines().toList();
    }

    /** What lvm2 prints, with what only a kernel knows as we have it. */
    private List<String> lvm2(String... words) {
        return lab.lvm(words).stream()
                .map(line ->
                        LETTERS.matcher(line).replaceAll(found -> found.group().replace('X', '-')))
                .toList();
    }

    private void assertTablesAgree() {
        assertThat(etherbay("pv", "list")).isEqualTo(lvm2("pvs"));
        assertThat(etherbay("vg", "list")).isEqualTo(lvm2("vgs"));
        assertThat(etherbay("lv", "list")).isEqualTo(lvm2("lvs"));
    }

    /** Nothing to find fault with, on any disk. */
    private void assertLvm2IsContent() throws IOException {
        List<String> commands = new ArrayList<>(List.of("vgck", "pvs", "vgs", "lvs -a"));
        lab.devices().forEach(device -> commands.add("pvck " + device));
        assertThat(lab.shell(commands))
                .noneMatch(line -> COMPLAINT.matcher(line).find())
                .filteredOn(line -> line.contains("Found text metadata area"))
                .hasSize(lab.devices().size());
    }

    private void makeGroupsWithLvm2() {
        lvm2("pvcreate", "-y", lab.device(0), lab.device(1), lab.device(2), lab.device(3));
        lvm2("pvcreate", "-y", lab.device(4));
        lvm2("vgcreate", "-s", "1M", "--addtag", "blue", "one", lab.device(0), lab.device(1));
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-L", "5M", "-n", "a", "one");
        String[] striped = {"-i2", "-I64k", "-L", "12M", "--addtag", "t1", "--addtag", "t2"};
        lvm2(concat(List.of("lvcreate", "-an", "-Zn", "-Wn"), striped, "-n", "b", "one"));
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-l", "3", "-n", "c", "one", lab.device(1));
        lvm2("lvextend", "-l", "+4", "one/a");
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-pr", "-l", "1", "-n", "read.only", "one");
        lvm2("vgcreate", "-s", "1M", "--alloc", "contiguous", "two", lab.device(2), lab.device(3));
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-Cy", "-l", "7", "-n", "x+y", "two");
        lvm2("pvchange", "-xn", lab.device(3));
    }

    private static String[] concat(List<String> front, String[] middle, String... back) {
        List<String> all = new ArrayList<>(front);
        all.addAll(List.of(middle));
        all.addAll(List.of(back));
        return all.toArray(String[]::new);
    }

    @Test
    void whatLvm2MadeIsListedToTheLetterAndReadWhereItLies() throws IOException {
        for (int index = 0; index < 5; index++) {
            lab.add(LoopLab.fill(folder.resolve("disk" + index), DISK_MEBIBYTES, index));
        }
        makeGroupsWithLvm2();
        assertTablesAgree();
        assertDisplaysAgree();
        Map<String, List<String>> segments = assertSegmentsAgree();
        for (String volume : List.of("one/a", "one/b", "one/c", "two/x+y")) {
            assertThat(VolumeLab.sha256(volume, folder, lab.paths()))
                    .as(volume)
                    .isEqualTo(VolumeLab.sha256(bytes(segments.get(volume))));
        }
    }

    /** By groups: lvm2 has its own order of them. */
    private void assertDisplaysAgree() {
        for (String group : List.of("one", "two")) {
            List<String> theirs = new ArrayList<>(lvm2("vgdisplay", group));
            theirs.removeIf(line -> line.startsWith("  Open LV ")); // the kernel knows
            assertThat(etherbay("vg", "display", group)).isEqualTo(theirs);
            assertThat(etherbay("lv", "display", group)).isEqualTo(lvm2("lvdisplay", group));
        }
        for (String device : lab.devices()) {
            assertThat(etherbay("pv", "display", device)).isEqualTo(lvm2("pvdisplay", device));
        }
    }

    /** Lines of lvm2 about the segments of each volume; ours are the same. */
    private Map<String, List<String>> assertSegmentsAgree() {
        List<String> fields = List.of(
                "vg_name",
                "lv_name",
                "segtype",
                "stripes",
                "stripe_size",
                "seg_start_pe",
                "seg_size_pe",
                "seg_pe_ranges",
                "devices");
        List<String> theirs = lvm2(
                "lvs",
                "--segments",
                "--noheadings",
                "--separator",
                "|",
                "-o",
                String.join(",", fields));
        List<String> ours = VolumeReports.rows("seg", etherbay("lv", "display", "--json")).stream()
                .map(row -> String.join("|", fields.stream().map(row::get).toList()))
                .toList();
        assertThat(ours)
                .containsExactlyInAnyOrderElementsOf(
                        theirs.stream().map(String::strip).toList());
        Map<String, List<String>> segments = new TreeMap<>();
        for (String line : theirs) {
            String[] words = line.strip().split("\\|", 3);
            segments.computeIfAbsent(words[0] + "/" + words[1], _ -> new ArrayList<>())
                    .add(line.strip());
        }
        return segments;
    }

    /** What a volume holds, by lvm2's account of where it lies. */
    private byte[] bytes(List<String> segments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String segment : segments) {
            String[] words = segment.split("\\|", -1);
            int stripeBytes = words[4].equals("0 ")
                    ? Integer.parseInt(words[6]) * EXTENT_BYTES
                    : (int) (Double.parseDouble(words[4].replace("k", "")) * 1024);
            String[] areas = words[7].split(" ", -1);
            int rounds = Integer.parseInt(words[6]) * EXTENT_BYTES / areas.length / stripeBytes;
            for (int round = 0; round < rounds; round++) {
                for (String area : areas) {
                    String[] parts = area.split("[:-]", -1);
                    byte[] disk = lab.bytes(lab.devices().indexOf(parts[0]));
                    int first = DATA_AT + Integer.parseInt(parts[1]) * EXTENT_BYTES;
                    out.write(disk, first + round * stripeBytes, stripeBytes);
                }
            }
        }
        return out.toByteArray();
    }

    @Test
    void documentsHaveLvm2sFieldsAndValues() throws IOException {
        addDisks(5, DISK_BYTES);
        makeGroupsWithLvm2();
        Map<String, String> kinds = Map.of("pv", "pvs", "vg", "vgs", "lv", "lvs");
        kinds.forEach((kind, program) -> assertThat(
                        VolumeReports.rows(kind, etherbay(kind, "list", "--json")))
                .isEqualTo(VolumeReports.rows(kind, lvm2(program, "--reportformat", "json"))));
        for (String units : List.of("r", "b")) {
            assertThat(etherbay("vg", "list", "--units", units))
                    .isEqualTo(lvm2("vgs", "--units", units));
        }
    }

    @Test
    void whatEveryVerbOfOursLeavesIsGoodForLvm2WhichGoesOnFromThere() throws IOException {
        addDisks(4, DISK_BYTES);
        String[] disks = lab.devices().toArray(String[]::new);
        List<String[]> verbs = List.of(
                new String[] {"pv", "create", disks[0], disks[1], disks[2], disks[3]},
                new String[] {"vg", "create", "ours", disks[0], disks[1], "--extent-size", "1M"},
                new String[] {"lv", "create", "ours", "a", "--size", "5M", "--tag", "x"},
                new String[] {"lv", "create", "ours/b", "-l", "8", "-i", "2", "-I", "16K"},
                new String[] {"lv", "create", "ours/c", "-l", "2", "--on", disks[1]},
                new String[] {"lv", "create", "ours/d", "-l", "3", "--alloc", "contiguous"},
                new String[] {"lv", "extend", "ours/a", "--size", "+10M"},
                new String[] {"lv", "extend", "ours/b", "--extents", "10"},
                new String[] {"lv", "reduce", "ours/a", "--size", "7M", "--yes"},
                new String[] {"lv", "rename", "ours/a", "a2"},
                new String[] {"lv", "tag", "ours/b", "--add", "y", "--add", "z"},
                new String[] {"vg", "tag", "ours", "--add", "green"},
                new String[] {"vg", "extend", "ours", disks[2], disks[3]},
                new String[] {"vg", "reduce", "ours", disks[3]},
                new String[] {"lv", "remove", "ours/d", "--yes"},
                new String[] {"vg", "rename", "ours", "ours2"});
        for (String[] verb : verbs) {
            etherbay(verb);
            assertLvm2IsContent();
        }
        assertTablesAgree();
        assertSegmentsAgree();
        letLvm2GoOn(disks);
        assertTablesAgree();
        assertSegmentsAgree();
        etherbay("lv", "extend", "ours3/n", "-l", "+1");
        etherbay("vg", "restore", "ours3", "--version", "5", "--yes");
        assertLvm2IsContent();
        etherbay("vg", "remove", "ours", "--yes", "--force");
        etherbay("pv", "remove", disks[3], "--yes");
        etherbay("pv", "create", disks[3]);
        assertLvm2IsContent();
        assertTablesAgree();
    }

    private void letLvm2GoOn(String... disks) {
        lvm2("lvextend", "-L", "+4M", "ours2/a2");
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-l", "2", "-n", "n", "ours2");
        lvm2("lvrename", "ours2", "c", "c2");
        lvm2("lvremove", "-y", "ours2/b");
        lvm2("lvchange", "--deltag", "x", "ours2/a2");
        lvm2("vgextend", "ours2", disks[3]);
        lvm2("vgreduce", "ours2", disks[3]);
        lvm2("vgrename", "ours2", "ours3");
    }

    @Test
    void aDiskThatHasGrownIsTakenUpAndAMissingOneGivenUpAsLvm2WouldHaveIt() throws IOException {
        addDisks(3, DISK_BYTES);
        String[] disks = lab.devices().toArray(String[]::new);
        etherbay("vg", "create", "ours", disks[0], disks[1], "--extent-size", "1M");
        etherbay("pv", "create", disks[2]);
        lab.grow(0, DISK_BYTES * 2);
        lab.grow(2, DISK_BYTES * 2);
        etherbay("pv", "extend", disks[0], disks[2]);
        assertLvm2IsContent();
        assertTablesAgree();
        etherbay("lv", "create", "ours/a", "-l", "4", "--on", disks[0]);
        etherbay("lv", "create", "ours/b", "-l", "4", "--on", disks[1]);
        Tool.check(List.of(
                "dd", "if=/dev/zero", "of=" + disks[1], "bs=4k", "count=256", "conv=fsync"));
        assertThat(VolumeLab.etherbay(List.of("pv", "list"), lab.paths()))
                .contains("[unknown]")
                .contains("warning: group ours lacks its disk");
        String said = VolumeLab.etherbay(
                List.of("vg", "reduce", "ours", "--remove-missing", "--force", "--yes"),
                lab.paths());
        assertThat(said).contains("logical volume \"b\" removed");
        etherbay("pv", "create", disks[1], "--yes");
        assertLvm2IsContent();
        assertTablesAgree();
    }

    @Test
    void disksOfAnyMakeAreTakenAsLvm2TakesThem() throws IOException {
        addDisks(5, DISK_BYTES);
        lvm2("pvcreate", "-y", "--metadatacopies", "2", lab.device(0));
        lvm2("pvcreate", "-y", "--metadatacopies", "0", lab.device(1));
        String[] placed = {"--bootloaderareasize", "2m", "--labelsector", "3"};
        lvm2(concat(List.of("pvcreate", "-y"), placed, lab.device(2)));
        lvm2("pvcreate", "-y", "--dataalignment", "3m", "--metadatasize", "64k", lab.device(3));
        String[] disks = lab.devices().subList(0, 4).toArray(String[]::new);
        etherbay(concat(List.of("vg", "create"), new String[] {"any", "--extent-size=1M"}, disks));
        List<String> ours = lvm2("pvs", "-o+pe_start,pv_pe_count,pv_mda_count");
        etherbay("lv", "create", "any/all", "-l", "100%FREE");
        lvm2("vgck");
        assertTablesAgree();
        assertSegmentsAgree();
        etherbay("vg", "remove", "any", "--yes", "--force");
        lvm2(concat(List.of("vgcreate", "-s", "1M"), new String[] {"any"}, disks));
        assertThat(lvm2("pvs", "-o+pe_start,pv_pe_count,pv_mda_count")).isEqualTo(ours);
        lvm2("vgremove", "-y", "any");
        lvm2("vgcreate", "gone", lab.device(4), lab.device(1));
        etherbay("pv", "create", lab.device(4), "--force", "--yes");
        List<String> table = new ArrayList<>(lvm2("pvs"));
        assertThat(table).anyMatch(line -> line.contains("marked in use but no VG"));
        table.removeIf(line -> line.contains("WARNING"));
        assertThat(VolumeLab.etherbay(List.of("pv", "list"), lab.paths()).lines())
                .contains("warning: %s is marked as belonging to a group that is not there"
                        .formatted(lab.device(1)))
                .containsAll(table);
    }

    /** Thin, raid, mirror, cache, snapshot: text that lvm2 wrote, on disks that have its UUIDs. */
    private List<String> restoreForeignGroup() throws IOException {
        Path text = AoeServer.Repository.root()
                .resolve("volume/src/test/resources/etherbay/volume/golden/traits.txt");
        lab.add(6L << 30);
        lab.add(120L << 20);
        addDisks(1, DISK_BYTES);
        String metadata = Files.readString(text);
        for (int index = 0; index < 2; index++) {
            String id = metadata.split("pv" + index + " \\{\nid = \"", 2)[1].split("\"", 2)[0];
            lvm2("pvcreate", "-y", "--norestorefile", "-u", id, lab.device(index));
        }
        assertThat(lvm2("vgcfgrestore", "--force", "-f", text.toString(), "vgt"))
                .anyMatch(line -> line.contains("Restored volume group"));
        lvm2("vgchange", "--addtag", "restored", "vgt");
        return lvm2("lvs", "-a");
    }

    /** The text of a volume in the metadata in force, as it stands on the disk. */
    private String section(String volume) {
        String text = String.join("\n", lvm2("pvck", "--dump", "metadata", lab.device(0)));
        int from = text.indexOf("\n" + volume + " {\n") + 1;
        assertThat(from).as(volume).isPositive();
        int depth = 0;
        for (int at = text.indexOf('{', from); ; at++) {
            depth += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return text.substring(from, at + 1);
            }
        }
    }

    @Test
    void whatWeLeaveToLvm2SurvivesOurChangesByteForByte() throws IOException {
        List<String> before = restoreForeignGroup();
        assertThat(etherbay("lv", "list", "--all")).isEqualTo(before);
        List<String> display = new ArrayList<>(lvm2("lvdisplay", "vgt"));
        assertThat(etherbay("lv", "display", "vgt"))
                .containsExactlyInAnyOrderElementsOf(display); // lvm2 puts pools in front
        Map<String, String> sections = new TreeMap<>();
        before.stream()
                .skip(1)
                .map(line -> line.strip().split("[ \\]]", 2)[0].replace("[", ""))
                .filter(name -> !List.of("plain", "ro", "co").contains(name))
                .forEach(name -> sections.put(name, section(name)));
        assertThat(sections).hasSizeGreaterThan(25).containsKeys("tp", "th", "rd", "sn", "ca");
        etherbay("lv", "create", "vgt/mine", "-l", "5", "-i", "2");
        etherbay("lv", "extend", "vgt/plain", "-l", "+3");
        etherbay("lv", "rename", "vgt/plain", "simple");
        etherbay("lv", "tag", "vgt/co", "--add", "later");
        etherbay("lv", "remove", "vgt/ro", "--yes");
        etherbay("vg", "extend", "vgt", lab.device(2));
        lab.grow(1, 160L << 20);
        etherbay("pv", "extend", lab.device(1));
        etherbay("vg", "tag", "vgt", "--remove", "hi,restored");
        sections.forEach((name, text) -> assertThat(section(name)).isEqualTo(text));
        assertLvm2IsContent();
        lvm2("vgchange", "--addtag", "again", "vgt");
        sections.forEach((name, text) -> assertThat(section(name)).isEqualTo(text));
        assertTablesAgree();
    }

    /** A change that was lost would show as a tag that is missing. */
    @Test
    void changesByBothAtTheSameTimeWaitForEachOther() throws Exception {
        addDisks(2, DISK_BYTES);
        int theirCount = 25;
        int ownCount = 0;
        etherbay("vg", "create", "both", lab.device(0), lab.device(1));
        VolumeStore store = VolumeStore.of(VolumePlaces.of(lab.devices()));
        try (ExecutorService aside = Executors.newSingleThreadExecutor()) {
            Future<?> theirs = aside.submit(() -> {
                for (int number = 0; number < theirCount; number++) {
                    lvm2("vgchange", "--addtag", "lvm" + number, "both");
                }
            });
            while (!theirs.isDone()) {
                String tag = "own" + ownCount++;
                store.change("both", "systest", session -> {
                    PoolGroup group = session.group("both");
                    List<String> tags = new ArrayList<>(group.group().tags());
                    tags.add(tag);
                    session.changes().tag(group, Optional.empty(), tags);
                    return tag;
                });
            }
            theirs.get();
        }
        Map<String, String> row = VolumeReports.rows(
                        "vg", etherbay("vg", "display", "both", "--json"))
                .getFirst();
        assertThat(ownCount).isGreaterThan(theirCount / 2);
        assertThat(row.get("vg_tags").split(",", -1)).hasSize(theirCount + ownCount);
        assertThat(row).containsEntry("vg_seqno", "" + (1 + theirCount + ownCount));
        assertLvm2IsContent();
    }

    @Test
    void backupsOfLvm2AndOurHistoryKnowEachOthersVersions() throws IOException {
        addDisks(2, DISK_BYTES);
        String backup = folder.resolve("kept.vg").toString();
        etherbay("vg", "create", "ours", lab.device(0), lab.device(1), "--extent-size", "1M");
        etherbay("lv", "create", "ours/a", "-l", "4");
        lvm2("lvcreate", "-an", "-Zn", "-Wn", "-l", "3", "-n", "b", "ours");
        List<String> both = lvm2("lvs");
        lvm2("vgcfgbackup", "-f", backup, "ours");
        etherbay("lv", "remove", "ours/a", "--yes");
        lvm2("lvremove", "-y", "ours/b");
        List<String> history = etherbay("vg", "history", "ours");
        assertThat(history).hasSize(6);
        assertThat(history.get(1)).contains(" 5 ").contains("Write from lvremove");
        assertThat(history.get(2)).contains(" 4 ").contains("Write from etherbay lv remove");
        etherbay("vg", "restore", "ours", "--version", "3", "--yes");
        assertThat(lvm2("lvs")).isEqualTo(both);
        assertLvm2IsContent();
        Path text = folder.resolve("version.vg");
        Files.write(text, etherbay("vg", "history", "ours", "--text", "2"));
        lvm2("vgcfgrestore", "-f", text.toString(), "ours");
        assertThat(etherbay("lv", "list")).hasSize(2).anyMatch(line -> line.contains(" a "));
        etherbay("lv", "rename", "ours/a", "c");
        lvm2("vgcfgrestore", "-f", backup, "ours");
        assertThat(etherbay("lv", "list")).isEqualTo(both);
        etherbay("lv", "extend", "ours/b", "-l", "+1");
        assertLvm2IsContent();
        assertTablesAgree();
        assertSegmentsAgree();
    }
}
