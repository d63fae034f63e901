// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static etherbay.volume.PoolChangesTest.refusal;
import static etherbay.volume.PoolRig.request;
import static etherbay.volume.PoolRig.striped;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;

final class VolumeChangesTest {
    private static PoolRig two() {
        PoolRig rig = PoolRig.of(2);
        rig.createGroup("g", "d1", "d2");
        return rig;
    }

    /** A group of lvm2's with thin, RAID and snapshot volumes. */
    private static void onForeign(Change change) {
        Pool pool = Golden.pool("foreign");
        change.make(new PoolChanges(pool, "h", 1, "test", () -> 0), pool.need("golden"));
    }

    private interface Change {
        void make(PoolChanges on, PoolGroup in);
    }

    @Test
    void aVolumeIsMadeAsItIsAsked() {
        PoolRig rig = two();
        VolumeRequest asked = new VolumeRequest(
                VolumeSize.ofBytes("1M"), 2, 64, "contiguous", List.of("t"), List.of());
        LogicalVolume made = rig.create("g", "a", asked);
        assertThat(rig.volume("g", "a")).isEqualTo(made);
        assertThat(made.extentCount()).isEqualTo(16);
        assertThat(made.type()).isEqualTo("striped");
        assertThat(made.tags()).containsExactly("t");
        assertThat(made.allocation()).contains("contiguous");
        assertThat(made.status()).containsExactly("READ", "WRITE", "VISIBLE");
        assertThat(made.creationHost()).isEqualTo("host");
        assertThat(made.creationS()).isPositive();
        assertThat(rig.create("g", "b", 1).allocation()).isEqualTo(Optional.empty());
    }

    @Test
    void aNameThatIsTakenOrNoneIsRefused() {
        PoolRig rig = two();
        rig.create("g", "a", 1);
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.create("g", "a", 1)))
                .hasMessage("volume g/a is there already");
        refusal(ErrorCode.INVALID, () -> rig.create("g", "a_tdata", 1));
        rig.create("g", "b", 1);
        assertThat(refusal(ErrorCode.CONFLICT, () -> rig.rename("g", "b", "a")))
                .hasMessage("volume g/a is there already");
        refusal(ErrorCode.NOT_FOUND, () -> rig.rename("g", "c", "d"));
    }

    @Test
    void aSizeThatIsNoneIsRefused() {
        PoolRig rig = two();
        assertThat(refusal(ErrorCode.INVALID, () -> rig.create("g", "a", 0)))
                .hasMessage("a volume of no size cannot be");
        assertThat(refusal(ErrorCode.INVALID, () -> rig.create("g", "a", request("-5"))))
                .hasMessage("a volume of no size cannot be");
        rig.create("g", "a", request("100%FREE"));
        assertThat(refusal(ErrorCode.INVALID, () -> rig.create("g", "b", request("100%FREE")))
                        .why())
                .contains("there may be none left");
    }

    @Test
    void allThatIsFreeIsTaken() {
        PoolRig rig = two();
        assertThat(rig.create("g", "a", request("100%FREE")).extentCount()).isEqualTo(190);
        rig.remove("g", "a");
        assertThat(rig.create("g", "a", request("100%FREE", "d2")).extentCount())
                .isEqualTo(95);
        assertThat(rig.create("g", "b", request("50%VG")).extentCount()).isEqualTo(95);
    }

    /** An odd number of extents is free, and two stripes take an even one. */
    @Test
    void allThatIsFreeIsTakenInWholeRounds() {
        PoolRig rig = two();
        rig.create("g", "a", request("1", "d1"));
        rig.create("g", "b", request("2", "d2"));
        rig.create("g", "c", request("1", "d1"));
        rig.create("g", "odd", request("1", "d1"));
        rig.remove("g", "c");
        rig.create("g", "s", striped("180", 2));
        assertThat(rig.group("g").freeExtents()).isEqualTo(6);
        rig.create("g", "d", request("1", "d2"));
        assertThat(rig.group("g").freeExtents()).isEqualTo(5);
        assertThat(rig.create("g", "rest", striped("100%FREE", 2)).extentCount())
                .isEqualTo(4);
    }

    @Test
    void stripesTakeWholeRounds() {
        PoolRig rig = two();
        assertThat(rig.create("g", "a", striped("5", 2)).extentCount()).isEqualTo(6);
        assertThat(rig.extend("g", "a", request("+1")).extentCount()).isEqualTo(8);
        assertThat(rig.volume("g", "a").segments()).hasSize(1);
        assertThat(rig.reduce("g", "a", "3").extentCount()).isEqualTo(4);
    }

    @Test
    void aStripeThatIsLargerThanAnExtentIsRefused() {
        PoolRig rig = two();
        VolumeRequest asked = new VolumeRequest(
                VolumeSize.ofExtents("4"), 2, 256, "inherit", List.of(), List.of());
        EtherbayException refusal = refusal(ErrorCode.INVALID, () -> rig.create("g", "a", asked));
        assertThat(refusal).hasMessage("stripes of 131072 bytes cannot be in group g");
        assertThat(refusal.correction()).contains("--stripe-size");
    }

    @Test
    void requestsThatCannotBeAreRefused() {
        VolumeSize size = VolumeSize.ofExtents("1");
        for (long[] stripes : new long[][] {{0, 8}, {129, 8}, {2, 4}, {2, 12}, {-1, 8}}) {
            EtherbayException refusal = refusal(
                    ErrorCode.INVALID,
                    () -> new VolumeRequest(
                            size, (int) stripes[0], stripes[1], "normal", List.of(), List.of()));
            assertThat(refusal)
                    .hasMessageContaining("stripes of")
                    .hasMessageContaining("cannot be");
        }
        refusal(
                ErrorCode.INVALID,
                () -> new VolumeRequest(size, 1, 8, "cling", List.of(), List.of()));
        refusal(
                ErrorCode.INVALID,
                () -> new VolumeRequest(size, 1, 8, "normal", List.of("a b"), List.of()));
    }

    @Test
    void disksThatAreNotOfTheGroupAreRefused() {
        PoolRig rig = two();
        rig.disk("d3");
        EtherbayException refusal =
                refusal(ErrorCode.NOT_FOUND, () -> rig.create("g", "a", request("1", "d3")));
        assertThat(refusal).hasMessage("d3 is not in group g");
        assertThat(refusal.correction()).isEqualTo("name one of these, or none");
        refusal(ErrorCode.NOT_FOUND, () -> rig.create("g", "a", request("1", "d9")));
    }

    @Test
    void aVolumeGrowsBySomethingOrUpToIt() {
        PoolRig rig = two();
        rig.create("g", "a", 3);
        assertThat(rig.extend("g", "a", request("+2")).extentCount()).isEqualTo(5);
        assertThat(rig.extend("g", "a", request("9")).extentCount()).isEqualTo(9);
        assertThat(rig.volume("g", "a").segments()).hasSize(1);
        assertThat(rig.extend("g", "a", request("+50%FREE")).extentCount()).isEqualTo(99);
        assertThat(rig.extend("g", "a", request("100%FREE")).extentCount()).isEqualTo(190);
        assertThat(refusal(ErrorCode.INVALID, () -> rig.extend("g", "a", request("+100%FREE"))))
                .hasMessage("volume g/a would not grow");
    }

    @Test
    void aVolumeThatWouldNotGrowIsRefused() {
        PoolRig rig = two();
        rig.create("g", "a", 3);
        for (String size : List.of("3", "2", "+0", "-1", "-5")) {
            EtherbayException refusal =
                    refusal(ErrorCode.INVALID, () -> rig.extend("g", "a", request(size)));
            assertThat(refusal).hasMessage("volume g/a would not grow");
            assertThat(refusal.why()).isEqualTo("it has 3 extents");
        }
        refusal(ErrorCode.CONFLICT, () -> rig.extend("g", "a", request("+999")));
        refusal(ErrorCode.NOT_FOUND, () -> rig.extend("g", "b", request("+1")));
    }

    @Test
    void aVolumeShrinksBySomethingOrDownToIt() {
        PoolRig rig = two();
        rig.create("g", "a", 9);
        assertThat(rig.reduce("g", "a", "-2").extentCount()).isEqualTo(7);
        assertThat(rig.reduce("g", "a", "3").extentCount()).isEqualTo(3);
        assertThat(rig.group("g").freeExtents()).isEqualTo(187);
        for (String size : List.of("3", "4", "+1", "-3", "-9", "0", "-0")) {
            assertThat(refusal(ErrorCode.INVALID, () -> rig.reduce("g", "a", size)))
                    .hasMessage("volume g/a would not become smaller");
        }
    }

    /** Three rounds of two: one extent less would leave half a round. */
    @Test
    void stripesThatWouldNotShrinkByARoundAreRefused() {
        PoolRig rig = two();
        rig.create("g", "a", striped("6", 2));
        long before = rig.group("g").seqno();
        EtherbayException refusal = refusal(ErrorCode.INVALID, () -> rig.reduce("g", "a", "5"));
        assertThat(refusal).hasMessage("volume g/a would not become smaller");
        assertThat(refusal.why()).isEqualTo("it has 6 extents, and would have 6");
        assertThat(rig.group("g").seqno()).isEqualTo(before);
    }

    @Test
    void contiguousStaysContiguous() {
        PoolRig rig = two();
        VolumeRequest asked = new VolumeRequest(
                VolumeSize.ofExtents("5"), 1, 64, "contiguous", List.of(), List.of("d1"));
        rig.create("g", "a", asked);
        rig.create("g", "b", request("1", "d1"));
        EtherbayException refusal =
                refusal(ErrorCode.CONFLICT, () -> rig.extend("g", "a", request("+1")));
        assertThat(refusal.correction()).contains("--alloc normal");
        VolumeRequest anywhere = new VolumeRequest(
                VolumeSize.ofExtents("+1"), 1, 64, "normal", List.of(), List.of());
        assertThat(rig.extend("g", "a", anywhere).segments()).hasSize(2);
    }

    @Test
    void aVolumeIsRenamedAndRemoved() {
        PoolRig rig = two();
        LogicalVolume made = rig.create("g", "a", 3);
        rig.rename("g", "a", "b");
        assertThat(rig.volume("g", "b").id()).isEqualTo(made.id());
        assertThat(rig.volume("g", "b").segments()).isEqualTo(made.segments());
        rig.remove("g", "b");
        assertThat(rig.group("g").logicalVolumes()).isEmpty();
        refusal(ErrorCode.NOT_FOUND, () -> rig.remove("g", "b"));
    }

    @Test
    void whatLvmAloneChangesIsRefusedByEveryVerb() {
        String why = "it is of type thin-pool, which only LVM2 itself changes";
        for (Change change : List.<Change>of(
                (on, in) -> on.extendVolume(in, "pool", request("+1")),
                (on, in) -> on.extendVolume(in, "pool", request("+9999")),
                (on, in) -> on.reduceVolume(in, "pool", VolumeSize.ofExtents("1")),
                (on, in) -> on.renameVolume(in, "pool", "x"),
                (on, in) -> on.removeVolume(in, "pool"))) {
            onForeign((on, in) -> assertThat(refusal(ErrorCode.CONFLICT, () -> change.make(on, in))
                            .why())
                    .isEqualTo(why));
        }
        onForeign((on, in) -> assertThat(
                        refusal(ErrorCode.CONFLICT, () -> on.extendVolume(in, "lin", request("+1")))
                                .why())
                .isEqualTo("volume snapshot0 is built on it"));
    }

    @Test
    void aVolumeOfNothingIsNotExtendedByUs() {
        Pool pool = Golden.pool("group");
        PoolGroup golden = pool.need("golden");
        String text = golden.group().text().replaceFirst("(?m)^}\n\n\n}", """
                }
                logical_volumes {
                none {
                id = "xXl8Au-96BH-JIWQ-eP9I-AnXd-eiwR-9bpTsM"
                status = ["READ", "WRITE", "VISIBLE"]
                segment_count = 0
                }
                }
                }""");
        PoolGroup in = new PoolGroup(VolumeGroup.parse(text, "g"), golden.present(), "");
        PoolChanges on = new PoolChanges(pool, "h", 1, "test", () -> 0);
        for (Change change : List.<Change>of(
                (a, b) -> a.extendVolume(b, "none", request("+1")),
                (a, b) -> a.reduceVolume(b, "none", VolumeSize.ofExtents("1")))) {
            assertThat(refusal(ErrorCode.CONFLICT, () -> change.make(on, in)).why())
                    .contains("of type empty");
        }
    }
}
