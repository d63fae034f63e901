// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.sim.Property;
import etherbay.volume.Segment.Area;
import etherbay.volume.Segment.Striped;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

final class AllocationTest {
    private static final GroupChange.Author AUTHOR = new GroupChange.Author("h", 1, "test");

    /** Disks {@code pv0}, {@code pv1}, ... of so many extents. */
    private static VolumeGroup group(long... extentCounts) {
        List<PhysicalVolume> pvs = new ArrayList<>();
        for (long count : extentCounts) {
            String letter = Character.toString('a' + pvs.size());
            pvs.add(new PhysicalVolume(
                    "pv" + pvs.size(),
                    new LvmId(letter.repeat(32)),
                    letter,
                    4096,
                    64,
                    count,
                    true,
                    false,
                    List.of()));
        }
        return GroupChange.create("vg", new LvmId("g".repeat(32)), 8, "normal", pvs, AUTHOR);
    }

    private static VolumeGroup with(VolumeGroup group, String name, Striped... segments) {
        LogicalVolume lv = new LogicalVolume(
                name,
                LvmId.random(new Prng(name.hashCode())::nextLong),
                List.of("READ", "WRITE", "VISIBLE"),
                List.of(),
                java.util.Optional.empty(),
                0,
                "h",
                List.of(segments));
        return GroupChange.withVolume(group, lv, AUTHOR);
    }

    private static Striped linear(long first, String pv, long at, long count) {
        return new Striped(first, count, 0, List.of(new Area(pv, at, count)));
    }

    private static Allocation of(VolumeGroup group, String... wanted) {
        return new Allocation(group, _ -> true, List.of(wanted));
    }

    private static List<Striped> find(VolumeGroup group, long count, String policy) {
        return of(group).find(List.of(), count, 1, 128, policy);
    }

    private static EtherbayException refusal(Runnable find) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(find::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
        return refusal;
    }

    @Test
    void theLargestStretchIsTakenFirst() {
        VolumeGroup group = with(group(10, 20), "a", linear(0, "pv1", 5, 1));
        assertThat(find(group, 3, "normal")).containsExactly(linear(0, "pv1", 6, 3));
    }

    @Test
    void whatIsExactlyFreeFits() {
        VolumeGroup group = with(group(10), "a", linear(0, "pv0", 3, 2));
        assertThat(find(group, 8, "normal"))
                .containsExactly(linear(0, "pv0", 5, 5), linear(5, "pv0", 0, 3));
        assertThat(of(group).freeExtents()).isEqualTo(8);
    }

    @Test
    void oneMoreThanIsFreeDoesNot() {
        VolumeGroup group = with(group(10), "a", linear(0, "pv0", 3, 2));
        EtherbayException refusal = refusal(() -> find(group, 9, "normal"));
        assertThat(refusal).hasMessage("group vg has no room for 9 extents");
        assertThat(refusal.why()).isEqualTo("8 extents of 8 sectors are free on 1 disks");
        assertThat(refusal.correction()).contains("etherbay vg extend vg DEVICE");
    }

    @Test
    void severalDisksAreFilledOneAfterTheOther() {
        assertThat(find(group(4, 6), 10, "normal"))
                .containsExactly(linear(0, "pv1", 0, 6), linear(6, "pv0", 0, 4));
    }

    @Test
    void contiguousIsOnePiece() {
        VolumeGroup group = with(group(10), "a", linear(0, "pv0", 3, 2));
        assertThat(find(group, 5, "contiguous")).containsExactly(linear(0, "pv0", 5, 5));
        EtherbayException refusal = refusal(() -> find(group, 6, "contiguous"));
        assertThat(refusal).hasMessage("group vg has no room for 6 extents in one piece");
        assertThat(refusal.correction()).isEqualTo("ask for less, or take --alloc normal");
    }

    @Test
    void contiguousGrowsOnlyBehindItsEnd() {
        VolumeGroup group = with(group(10), "a", linear(0, "pv0", 0, 2));
        List<Segment> present = group.need("a").segments();
        assertThat(of(group).find(present, 8, 1, 128, "contiguous"))
                .containsExactly(linear(2, "pv0", 2, 8));
        VolumeGroup blocked = with(group, "b", linear(0, "pv0", 2, 1));
        refusal(() -> of(blocked).find(present, 1, 1, 128, "contiguous"));
        assertThat(of(blocked).find(present, 1, 1, 128, "normal"))
                .containsExactly(linear(2, "pv0", 3, 1));
    }

    @Test
    void normalGrowsBehindItsEndFirst() {
        VolumeGroup group =
                with(with(group(10, 50), "a", linear(0, "pv0", 0, 2)), "b", linear(0, "pv0", 4, 1));
        assertThat(of(group).find(group.need("a").segments(), 5, 1, 128, "normal"))
                .containsExactly(linear(2, "pv0", 2, 2), linear(4, "pv1", 0, 3));
    }

    @Test
    void stripesLieOnDisksOfTheirOwn() {
        List<Striped> found = of(group(4, 9, 6)).find(List.of(), 8, 2, 128, "normal");
        assertThat(found)
                .containsExactly(new Striped(
                        0, 8, 128, List.of(new Area("pv1", 0, 4), new Area("pv2", 0, 4))));
    }

    @Test
    void stripesGoOnWithOtherDisksWhereOneIsFull() {
        List<Striped> found = of(group(2, 4, 2)).find(List.of(), 8, 2, 128, "normal");
        assertThat(found)
                .containsExactly(
                        new Striped(
                                0, 4, 128, List.of(new Area("pv1", 0, 2), new Area("pv0", 0, 2))),
                        new Striped(
                                4, 4, 128, List.of(new Area("pv1", 2, 2), new Area("pv2", 0, 2))));
    }

    @Test
    void stripesGrowBehindEachOfTheirEnds() {
        VolumeGroup group = with(
                group(9, 9),
                "a",
                new Striped(0, 4, 8, List.of(new Area("pv1", 3, 2), new Area("pv0", 1, 2))));
        assertThat(of(group).find(group.need("a").segments(), 4, 2, 8, "normal"))
                .containsExactly(new Striped(
                        4, 4, 8, List.of(new Area("pv1", 5, 2), new Area("pv0", 3, 2))));
    }

    @Test
    void moreStripesThanDisksAreRefused() {
        EtherbayException refusal =
                refusal(() -> of(group(4, 4)).find(List.of(), 6, 3, 128, "normal"));
        assertThat(refusal)
                .hasMessage("group vg has no room for 6 extents, the same on each of 3 disks");
    }

    @Test
    void onlyDisksThatAreThereAndWantedAreTaken() {
        VolumeGroup group = group(4, 5, 6);
        assertThat(of(group, "pv0").find(List.of(), 4, 1, 128, "normal"))
                .containsExactly(linear(0, "pv0", 0, 4));
        refusal(() -> of(group, "pv0").find(List.of(), 5, 1, 128, "normal"));
        Allocation without = new Allocation(group, pv -> !pv.key().equals("pv2"), List.of());
        assertThat(without.find(List.of(), 5, 1, 128, "normal"))
                .containsExactly(linear(0, "pv1", 0, 5));
        assertThat(without.freeExtents()).isEqualTo(9);
    }

    @Test
    void disksThatAreNotAllocatableOrMarkedMissingAreLeftOut() {
        String text =
                group(4, 5).text().replaceFirst("status = \\[\"ALLOCATABLE\"]", "status = []");
        VolumeGroup closed = VolumeGroup.parse(text, "vg");
        assertThat(of(closed).freeExtents()).isEqualTo(5);
        String marked = group(4, 5)
                .text()
                .replaceFirst(
                        "\"ALLOCATABLE\"]\nflags = \\[]",
                        "\"ALLOCATABLE\"]\nflags = [\"MISSING\"]");
        assertThat(of(VolumeGroup.parse(marked, "vg")).freeExtents()).isEqualTo(5);
    }

    /** Whatever it finds is free, of the right size, and no two pieces of it are the same. */
    @Test
    void whatIsFoundIsFreeAndAsMuchAsWasAsked() {
        Property.check("allocation", 400, (prng, size) -> prng.fork(), prng -> {
            VolumeGroup group =
                    group(prng.between(1, 20), prng.between(1, 20), prng.between(1, 20));
            for (int round = 0; round < 8; round++) {
                int stripes = prng.between(1, 3);
                long count = (long) stripes * prng.between(1, 8);
                String policy = prng.chance(0.3) ? "contiguous" : "normal";
                Striped[] found;
                try {
                    found = of(group)
                            .find(List.of(), count, stripes, 8, policy)
                            .toArray(Striped[]::new);
                } catch (EtherbayException full) {
                    checkFull(group, count, stripes, policy);
                    continue;
                }
                checkFound(group, found, count, stripes);
                assertThat(found.length == 1 || policy.equals("normal")).isTrue();
                // What overlaps, the parser would refuse.
                group = with(group, "lv" + round, found);
                if (prng.chance(0.3)) {
                    group = GroupChange.withoutVolume(group, "lv" + round, AUTHOR);
                }
            }
        });
    }

    private static void checkFull(VolumeGroup group, long count, int stripes, String policy) {
        if (stripes == 1 && policy.equals("normal")) {
            assertThat(group.freeExtents()).isLessThan(count);
        }
    }

    private static void checkFound(VolumeGroup group, Striped[] found, long count, int stripes) {
        Set<String> used = new HashSet<>();
        group.physicalVolumes()
                .forEach(pv -> group.areasOn(pv.key()).forEach(area -> add(used, area)));
        long next = 0;
        for (Striped segment : found) {
            assertThat(segment.firstExtent()).isEqualTo(next);
            next = segment.end();
            assertThat(segment.areas()).hasSize(stripes);
            assertThat(segment.areas().stream().map(Area::pv)).doesNotHaveDuplicates();
            segment.areas().forEach(area -> add(used, area));
        }
        assertThat(next).isEqualTo(count);
    }

    private static void add(Set<String> used, Area area) {
        LongStream.range(area.firstExtent(), area.end())
                .forEach(extent -> assertThat(used.add(area.pv() + ":" + extent))
                        .as("extent %d of %s is free", extent, area.pv())
                        .isTrue());
    }
}
