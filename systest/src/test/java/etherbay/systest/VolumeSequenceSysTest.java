// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.node.volume.VolumePlaces;
import etherbay.volume.LogicalVolume;
import etherbay.volume.PhysicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolGroup;
import etherbay.volume.Segment;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What seeded sequences of our operations leave behind, as lvm2 sees it. Several groups live side
 * by side, so that one process of lvm2 judges them all.
 */
@ExtendWith(ReasonInTrace.class)
@Timeout(300)
class VolumeSequenceSysTest {
    private static final int SEQUENCE_COUNT = 100;
    private static final int SEQUENCE_SHARE = 30;
    private static final int GROUP_COUNT = 10;
    private static final int DISKS_OF_A_GROUP = 3;
    private static final long DISK_BYTES = 32L << 20;
    private static final int SECTOR_BYTES = 512;

    /** In the order of the lines below. */
    private static final String SEGMENT_FIELDS = "vg_name,lv_name,lv_tags,lv_size,segtype,"
            + "stripes,seg_start_pe,seg_size_pe,seg_pe_ranges";

    private static final String GROUP_FIELDS = "vg_name,vg_tags,vg_extent_size,"
            + "vg_extent_count,vg_free_count,vg_seqno,pv_count,vg_attr";

    /** Thousands of commits, each with its syncs: in memory, where there is such a folder. */
    static final class InMemory implements TempDirFactory {
        private static final Path MEMORY = Path.of("/dev/shm");

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
                throws IOException {
            return Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "etherbay-volumes-")
                    : Files.createTempDirectory("etherbay-volumes-");
        }
    }

    @TempDir(factory = InMemory.class)
    private Path folder;

    @Test
    void lvm2AgreesOnWhatSequencesLeave() throws IOException {
        Tool.requireRoot();
        Tool.require("lvm", "lvm2");
        int count = Share.of(SEQUENCE_SHARE, SEQUENCE_COUNT, "sequences", getClass());
        long seed = Long.getLong("etherbay.seed", 1);
        int done = 0;
        int refused = 0;
        try (LoopLab lab = new LoopLab(folder, GROUP_COUNT * DISKS_OF_A_GROUP, DISK_BYTES)) {
            for (int from = 0; from < count; from += GROUP_COUNT) {
                for (int index = 0; index < GROUP_COUNT; index++) {
                    VolumeSequence sequence = new VolumeSequence(
                            "group" + index, disks(lab, index), new Prng(seed + from + index));
                    sequence.run();
                    done += sequence.doneCount();
                    refused += sequence.refusedCount();
                }
                assertAgreed(
                        lab,
                        "seeds %d to %d".formatted(seed + from, seed + from + GROUP_COUNT - 1));
            }
        }
        System.out.printf(
                "volumes: seeds %d to %d, %d operations done, %d refused%n",
                seed, seed + count - 1, done, refused);
        assertThat(done).isGreaterThan(count * 5);
        assertThat(refused).isPositive();
    }

    private static List<String> disks(LoopLab lab, int index) {
        int first = index * DISKS_OF_A_GROUP;
        return lab.devices().subList(first, first + DISKS_OF_A_GROUP);
    }

    private static void assertAgreed(LoopLab lab, String seeds) throws IOException {
        String options = " --noheadings --units b --separator | -o ";
        List<String> theirs = lab
                .shell(List.of(
                        "vgck",
                        "vgs" + options + GROUP_FIELDS,
                        "lvs --segments" + options + SEGMENT_FIELDS))
                .stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        try (Pool pool = VolumePlaces.of(lab.devices()).open(false)) {
            assertThat(pool.warnings()).as(seeds).isEmpty();
            List<String> ours = new ArrayList<>();
            pool.groups().forEach(group -> ours.add(line(group)));
            pool.groups()
                    .forEach(group -> group.group()
                            .logicalVolumes()
                            .forEach(lv -> lv.segments()
                                    .forEach(segment -> ours.add(line(group, lv, segment)))));
            assertThat(theirs).as(seeds).containsExactlyInAnyOrderElementsOf(ours);
        }
    }

    private static String line(PoolGroup in) {
        var group = in.group();
        return String.join(
                "|",
                in.name(),
                tags(group.tags()),
                group.extentSectors() * SECTOR_BYTES + "B",
                "" + group.extentCount(),
                "" + group.freeExtents(),
                "" + group.seqno(),
                "" + group.physicalVolumes().size(),
                group.allocation().equals("contiguous") ? "wz--c-" : "wz--n-");
    }

    private static String line(PoolGroup in, LogicalVolume lv, Segment segment) {
        return String.join(
                "|",
                in.name(),
                lv.name(),
                tags(lv.tags()),
                lv.extentCount() * in.group().extentSectors() * SECTOR_BYTES + "B",
                segment.type(),
                "" + segment.areas().size(),
                "" + segment.firstExtent(),
                "" + segment.extentCount(),
                segment.areas().stream()
                        .map(area -> "%s:%d-%d"
                                .formatted(
                                        device(in, area.pv()),
                                        area.firstExtent(),
                                        area.firstExtent() + area.extentCount() - 1))
                        .collect(Collectors.joining(" ")));
    }

    /** As lvm2 lists them: in the order of the alphabet. */
    private static String tags(List<String> tags) {
        return tags.stream().sorted().collect(Collectors.joining(","));
    }

    private static String device(PoolGroup in, String key) {
        PhysicalVolume pv = in.group().physicalVolumes().stream()
                .filter(each -> each.key().equals(key))
                .findFirst()
                .orElseThrow();
        return in.disk(pv).orElseThrow().name();
    }
}
