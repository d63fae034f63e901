// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockCapabilities;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimStore;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Legs that lose their cache while they are filled. */
final class MirrorRefillTest {
    private static final int SECTORS = 1024;

    /** A pass over all of it takes 40 s, and what it has flushed is noted every 10 s. */
    private static final long SLOW = SECTORS * 512 / 40;

    private static final long MS_NS = 1_000_000;

    /** Two legs that hold ones, and a new one that is being filled whole, by {@code s2}. */
    private static MirrorRig filling() {
        return filling(true);
    }

    private static MirrorRig filling(boolean flush) {
        BlockCapabilities can =
                new BlockCapabilities(flush, true, true, true, 512, 4096, false, false);
        MirrorRig rig = new MirrorRig(2, SECTORS);
        rig.stores.forEach(store -> store.medium().capabilities(can));
        rig.create();
        rig.syncBytesPerSecond = SLOW;
        rig.addStore(SECTORS).medium().capabilities(can);
        rig.open(rig.parts(0, 1), false, false);
        for (int lba = 0; lba < SECTORS; lba += 64) {
            assertThat(rig.write(lba, 64, 1)).isEqualTo(IoStatus.OK);
        }
        rig.until("clean", () -> rig.mirror().detail().state().equals("clean"));
        rig.until("no marks", () -> rig.mirror().detail().dirtySectors() == 0);
        rig.mirror().fail("s1");
        rig.mirror().remove("s1");
        List<Optional<EtherbayException>> told = new ArrayList<>();
        rig.node.tell(() -> rig.mirror().add(rig.part(2), true, told::add));
        rig.until("added", () -> !told.isEmpty());
        assertThat(told.getFirst()).isEmpty();
        return rig;
    }

    private static long offset(MirrorRig rig, int store) {
        try {
            return rig.superblock(store).recoveryOffset();
        } catch (EtherbayException notWritten) {
            return 0;
        }
    }

    private static void blink(SimStore store) {
        store.powerCut();
        store.start();
    }

    private static void assertSame(MirrorRig rig, int one, int other) {
        for (int lba = 0; lba < SECTORS; lba++) {
            assertThat(rig.peek(other, lba)).as("sector %d", lba).isEqualTo(rig.peek(one, lba));
        }
    }

    @Test
    void aLegThatLosesItsCacheGoesOnFromWhatWasFlushed() {
        try (MirrorRig rig = filling()) {
            rig.until("a checkpoint", () -> offset(rig, 2) > 0);
            rig.runFor(3000 * MS_NS);
            long offset = offset(rig, 2);
            assertThat(offset).isBetween(SECTORS / 8L, SECTORS / 2L);
            // Below, and in no cache that is flushed before it is lost.
            assertThat(rig.write(43, 1, 2)).isEqualTo(IoStatus.OK);
            long copied = rig.mirror().detail().copiedSectors();
            blink(rig.stores.get(2));
            rig.untilStanding("s2", "faulty");
            rig.untilStanding("s2", "recovering");
            rig.runFor(50 * MS_NS);
            assertThat(offset(rig, 2)).as("all below is there").isLessThanOrEqualTo(40);
            rig.untilStanding("s2", "in sync");
            assertThat(rig.mirror().detail().copiedSectors() - copied)
                    .isLessThanOrEqualTo(SECTORS - offset + 3L * MirrorRig.CHUNK_SECTORS);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 2);
            assertSame(rig, 0, 2);
            assertThat(rig.peek(2, 43)).isEqualTo(2);
        }
    }

    @Test
    void whatIsWrittenWhileItIsAwayIsCopiedWhereverItLies() {
        try (MirrorRig rig = filling()) {
            rig.until("a checkpoint", () -> offset(rig, 2) > 0);
            blink(rig.stores.get(2));
            rig.untilStanding("s2", "faulty");
            assertThat(rig.write(0, 1, 3)).isEqualTo(IoStatus.OK);
            assertThat(rig.write(101, 1, 4)).isEqualTo(IoStatus.OK);
            assertThat(rig.write(SECTORS - 1, 1, 5)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s2", "in sync");
            rig.stop();
            assertSame(rig, 0, 2);
        }
    }

    @Test
    void aSecondLossGoesBackNoFurther() {
        try (MirrorRig rig = filling()) {
            rig.until("a checkpoint", () -> offset(rig, 2) > 0);
            long offset = offset(rig, 2);
            assertThat(rig.write(8, 1, 3)).isEqualTo(IoStatus.OK);
            for (int turn = 0; turn < 2; turn++) {
                blink(rig.stores.get(2));
                rig.untilStanding("s2", "faulty");
                rig.untilStanding("s2", "recovering");
                rig.runFor(500 * MS_NS);
            }
            long copied = rig.mirror().detail().copiedSectors();
            rig.untilStanding("s2", "in sync");
            assertThat(rig.mirror().detail().copiedSectors() - copied)
                    .isLessThanOrEqualTo(SECTORS - offset + 3L * MirrorRig.CHUNK_SECTORS);
            rig.stop();
            assertSame(rig, 0, 2);
        }
    }

    /** What was known in memory is gone with the process: only the disks speak. */
    @Test
    void aCrashAfterTheLossForgetsNothing() {
        try (MirrorRig rig = filling()) {
            rig.until("a checkpoint", () -> offset(rig, 2) > 0);
            assertThat(rig.write(43, 1, 2)).isEqualTo(IoStatus.OK);
            blink(rig.stores.get(2));
            rig.untilStanding("s2", "faulty");
            rig.until("clean", () -> rig.superblock(0).isClean());
            rig.untilStanding("s2", "recovering");
            rig.runFor(50 * MS_NS);
            rig.kill();
            rig.syncBytesPerSecond = 0;
            rig.open(List.of(rig.parts(0, 1, 2).get(0), rig.part(2)), false, false);
            rig.untilStanding("s2", "in sync");
            rig.stop();
            assertSame(rig, 0, 2);
        }
    }

    @Test
    void aLegThatIsFilledByTheBitmapGetsAllThatIsMarkedAgain() {
        try (MirrorRig rig = new MirrorRig(2, SECTORS).create()) {
            rig.syncBytesPerSecond = SLOW;
            rig.open();
            rig.stores.get(1).silence();
            for (int lba = 0; lba < SECTORS; lba += 16) {
                assertThat(rig.write(lba, 1, 2)).isEqualTo(IoStatus.OK);
            }
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "recovering");
            rig.runFor(2000 * MS_NS);
            long copied = rig.mirror().detail().copiedSectors();
            assertThat(copied).isPositive();
            blink(rig.stores.get(1));
            rig.untilStanding("s1", "in sync");
            assertThat(rig.mirror().detail().copiedSectors() - copied)
                    .isBetween(SECTORS / 2L, SECTORS / 2L + 2 * MirrorRig.CHUNK_SECTORS);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
            assertSame(rig, 0, 1);
        }
    }

    @Test
    void aFlushThatFailsWhileItIsFilledIsNoMatterForAPerson() {
        try (MirrorRig rig = filling()) {
            rig.stores.get(2).medium().faults().failFlushes(1);
            rig.until("a flush failed", () -> rig.stores.get(2).medium().failedFlushCount() > 0);
            rig.untilStanding("s2", "faulty");
            rig.stores.get(2).kill(); // such a disk flushes again once its target begins anew
            rig.stores.get(2).start();
            rig.untilStanding("s2", "in sync");
            rig.stop();
            assertSame(rig, 0, 2);
        }
    }

    /** At the instant at which an offset is on the disk, and later, all below is there. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 30, 400, 3000, 7000})
    void theOffsetOnTheDiskIsNeverAheadOfWhatWasFlushed(int laterMs) {
        try (MirrorRig rig = filling()) {
            SimStore store = rig.stores.get(2);
            long last = 0;
            for (int turn = 0; turn < 2; turn++) {
                long before = last;
                rig.until("a checkpoint", () -> offset(rig, 2) > before);
                rig.runFor(laterMs * MS_NS);
                store.powerCut();
                last = offset(rig, 2);
                assertThat(last).isPositive();
                for (int lba = 0; lba < last; lba++) {
                    assertThat(rig.peek(2, lba)).as("sector %d", lba).isEqualTo(1);
                }
                store.start();
            }
        }
    }

    private static boolean saysFaulty(MirrorRig rig) {
        return rig.superblock(0).roles().get(2) == Superblock.FAULTY;
    }

    /** Being filled, by {@code s2}, from {@code s0}; what is written at 43 needs no mark. */
    private static MirrorRig halfFilled() {
        MirrorRig rig = filling();
        rig.until("a checkpoint", () -> offset(rig, 2) > 43);
        assertThat(rig.write(43, 1, 2)).isEqualTo(IoStatus.OK);
        return rig;
    }

    private static void refuseWrites(MirrorRig rig) {
        rig.stores.get(2).medium().faults().badWrites(MirrorRig.DATA_OFFSET + 43, 1);
    }

    @Test
    void aWriteThatFailsOnALegThatIsFilledWaitsUntilTheOtherSaysSo() {
        try (MirrorRig rig = halfFilled()) {
            refuseWrites(rig);
            assertThat(rig.write(43, 1, 3)).isEqualTo(IoStatus.OK);
            assertThat(saysFaulty(rig)).isTrue();
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void aWriteAfterALegThatIsFilledWasFailedWaitsUntilTheOtherSaysSo() {
        try (MirrorRig rig = halfFilled()) {
            rig.mirror().fail("s2");
            assertThat(rig.write(43, 1, 3)).isEqualTo(IoStatus.OK);
            assertThat(saysFaulty(rig)).isTrue();
        }
    }

    @Test
    void aWriteThatFailsOnALegThatIsFilledWaitsForTheOnlyOneInSyncWhileThatIsSilent() {
        try (MirrorRig rig = halfFilled()) {
            refuseWrites(rig);
            rig.stores.get(0).silence();
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 43, 1, 3);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(write.status).isNull();
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            rig.stores.get(0).answer();
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            assertThat(saysFaulty(rig)).isTrue();
            assertThat(rig.write(43, 1, 4)).isEqualTo(IoStatus.OK);
            assertThat(rig.read(43)).isEqualTo(4);
        }
    }

    /** The superblock of the only one in sync cannot be written: nobody could say so. */
    @Test
    void aWriteThatFailsOnALegThatIsFilledFailsWhereNobodyCanSaySo() {
        try (MirrorRig rig = halfFilled()) {
            refuseWrites(rig);
            rig.stores.get(0).medium().faults().badWrites(SuperblockFormat.SECTOR, 8);
            assertThat(rig.write(43, 1, 3)).isEqualTo(IoStatus.FAILED);
            rig.stores.get(0).medium().faults().heal();
            assertThat(rig.write(43, 1, 4)).isEqualTo(IoStatus.OK);
            assertThat(saysFaulty(rig)).isTrue();
            assertThat(rig.read(43)).isEqualTo(4);
        }
    }

    @Test
    void aLegThatCannotFlushIsFilledFromTheBeginningWhenItHasLostItsCache() {
        try (MirrorRig rig = filling(false)) {
            rig.runFor(15_000 * MS_NS);
            assertThat(rig.mirror().detail().copiedSectors()).isGreaterThan(SECTORS / 4);
            assertThat(offset(rig, 2)).as("nobody knows what is durable").isZero();
            blink(rig.stores.get(2));
            rig.untilStanding("s2", "faulty");
            rig.untilStanding("s2", "recovering");
            rig.untilStanding("s2", "in sync");
            assertSame(rig, 0, 2);
        }
    }

    @Test
    void aLegThatCannotFlushIsNotCalledFilledAnywhereWhenTheMirrorStops() {
        try (MirrorRig rig = filling(false)) {
            rig.runFor(15_000 * MS_NS);
            rig.stop();
            assertThat(offset(rig, 2)).isZero();
            blink(rig.stores.get(2));
            rig.syncBytesPerSecond = 0;
            rig.open(List.of(rig.parts(0, 1, 2).get(0), rig.part(2)), false, false);
            rig.untilStanding("s2", "in sync");
            assertSame(rig, 0, 2);
        }
    }

    /** Its connection is lost and found again between two steps, and nothing is lost. */
    @Test
    void aLegThatWasAwayWhileItWasFilledIsAWitnessOnceItIsInSync() {
        int sectors = 64;
        try (MirrorRig rig = new MirrorRig(2, sectors).create()) {
            rig.syncBytesPerSecond = 1024;
            rig.addStore(sectors);
            rig.open(rig.parts(0, 1), false, false);
            rig.mirror().fail("s1");
            rig.mirror().remove("s1");
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            rig.until("a step", () -> rig.mirror().detail().copiedSectors() > 0);
            rig.runFor(500 * MS_NS);
            rig.stores.get(2).silence();
            List<IoStatus> ended = new ArrayList<>();
            Io asked = new Io(1)
                    .prepare(IoOperation.READ, 0, 1)
                    .segment(rig.world().arena().allocate(512, 512), 0, 512)
                    .then(done -> ended.add(done.status()));
            rig.node.tell(() -> rig.part(2).device().submit(asked));
            rig.until("away", () -> !ended.isEmpty());
            assertThat(ended).containsExactly(IoStatus.OFFLINE);
            rig.stores.get(2).answer();
            rig.untilStanding("s2", "in sync");
            assertThat(rig.told).noneMatch(said -> said.contains("is no longer filled"));
            rig.runFor(4000 * MS_NS);
            rig.stores.get(0).silence();
            assertThat(rig.write(3, 1, 7)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s0")).isEqualTo("faulty");
            assertThat(rig.read(3)).isEqualTo(7);
        }
    }
}
