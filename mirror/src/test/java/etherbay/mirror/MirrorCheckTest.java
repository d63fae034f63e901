// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Epoch;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A check or repair that is under way when its process ends goes on in the next one. */
final class MirrorCheckTest {
    private static final long SECTORS = 8192;

    /** All of it takes 80 s. */
    private static final long RATE = SECTORS * 512 / 80;

    private static final CheckRequest CHECK = new CheckRequest(false, "", 0);

    private static MirrorRig slow() {
        MirrorRig rig = new MirrorRig(2, SECTORS).create();
        rig.syncBytesPerSecond = RATE;
        return rig.open();
    }

    private static void rot(MirrorRig rig, long... lbas) {
        for (long lba : lbas) {
            rig.stores.get(0).medium().rot(MirrorRig.DATA_OFFSET + lba);
        }
    }

    private static CheckResult finish(MirrorRig rig) {
        rig.until("through", () -> !rig.mirror().detail().check().running());
        return rig.mirror().detail().check();
    }

    private static void runFor(MirrorRig rig, int seconds) {
        rig.node.wake();
        rig.runFor(seconds * MirrorRig.SECOND_NS);
    }

    private static long reached(MirrorRig rig) {
        SyncProgress progress = rig.mirror().detail().progress();
        assertThat(progress).isNotNull();
        return progress == null ? -1 : progress.doneSectors();
    }

    @Test
    void aCheckGoesOnWhereAStopHasEndedIt() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5, SECTORS - 7);
            rig.mirror().check(CHECK);
            runFor(rig, 20);
            long reached = reached(rig);
            assertThat(reached).isBetween(SECTORS / 5, SECTORS / 3);
            rig.stop();
            rig.told.clear();
            rig.open();
            runFor(rig, 1);
            assertThat(reached(rig)).isBetween(reached, reached + SECTORS / 20);
            assertThat(rig.mirror().detail().state()).contains("check");
            assertThat(finish(rig).sectors()).containsExactly(5L, SECTORS - 7);
            assertThat(rig.told).contains("comparing all legs from sector " + reached);
        }
    }

    @Test
    void afterACrashItGoesOnNotFarBeforeAndNeverBehindWhereItWas() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5, 6, SECTORS / 2 - 40, SECTORS - 7);
            rig.mirror().check(CHECK);
            for (int life = 0; life < 2; life++) {
                runFor(rig, 33);
                long reached = reached(rig);
                rig.kill().open();
                runFor(rig, 1);
                assertThat(reached(rig)).isBetween(reached - SECTORS / 10, reached + SECTORS / 40);
            }
            CheckResult result = finish(rig);
            assertThat(result.differCount()).isEqualTo(4);
            assertThat(result.sectors()).containsExactly(5L, 6L, SECTORS / 2 - 40, SECTORS - 7);
        }
    }

    @Test
    void aFewWritesAMinuteAtMostTellOfIt() {
        try (MirrorRig rig = slow()) {
            runFor(rig, 2);
            long events = rig.superblock(0).events();
            rig.mirror().check(CHECK);
            runFor(rig, 70);
            assertThat(rig.superblock(0).events() - events).isEqualTo(2);
        }
    }

    @Test
    void aCheckThatHasEndedIsNotBegunAgain() {
        try (MirrorRig rig = slow()) {
            rig.mirror().check(CHECK);
            runFor(rig, 40);
            finish(rig);
            rig.runFor(MirrorRig.SECOND_NS);
            rig.told.clear();
            rig.kill().open();
            runFor(rig, 5);
            assertThat(rig.told).noneMatch(said -> said.contains("comparing"));
        }
    }

    @Test
    void aCheckThatWasCancelledIsNotBegunAgain() {
        try (MirrorRig rig = slow()) {
            rig.mirror().check(CHECK);
            runFor(rig, 40);
            rig.kill().open();
            rig.mirror().cancelCheck();
            rig.stop();
            rig.told.clear();
            rig.open();
            runFor(rig, 5);
            assertThat(rig.told).noneMatch(said -> said.contains("comparing"));
        }
    }

    @Test
    void whoAsksForTheSameIsGivenTheOneThatIsUnderWayAndWhoAsksForAnotherIsRefused() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5);
            rig.mirror().check(CHECK);
            runFor(rig, 30);
            rig.stop();
            rig.open();
            assertThatThrownBy(() -> rig.mirror().check(new CheckRequest(true, "s1", 0)))
                    .isInstanceOf(EtherbayException.class);
            rig.mirror().check(CHECK);
            assertThat(finish(rig).sectors()).containsExactly(5L);
        }
    }

    @Test
    void aRepairGoesOnAfterTheSameLegAndWhatItHasMendedIsDurable() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5, SECTORS - 7);
            rig.mirror().check(new CheckRequest(true, "s1", 0));
            runFor(rig, 40);
            rig.stores.forEach(store -> store.powerCut());
            rig.kill();
            rig.stores.forEach(store -> store.start());
            rig.open();
            CheckResult result = finish(rig);
            assertThat(result.differCount()).isEqualTo(2);
            assertThat(result.mendedCount()).isEqualTo(2);
            rig.flush();
            for (long lba : new long[] {5, SECTORS - 7}) {
                assertThat(rig.stores.get(0).medium().peek(MirrorRig.DATA_OFFSET + lba))
                        .isEqualTo(rig.stores.get(1).medium().peek(MirrorRig.DATA_OFFSET + lba));
            }
        }
    }

    @Test
    void aRepairWhoseLegIsGoneIsGivenUp() {
        try (MirrorRig rig = new MirrorRig(3, SECTORS).create()) {
            rig.syncBytesPerSecond = RATE;
            rig.open();
            rot(rig, SECTORS - 7);
            rig.mirror().check(new CheckRequest(true, "s2", 0));
            runFor(rig, 10);
            rig.mirror().fail("s2");
            rig.stop();
            rig.told.clear();
            rig.open(rig.parts(0, 1), false, false);
            assertThat(rig.told).anyMatch(said -> said.contains("is given up at sector"));
            runFor(rig, 5);
            assertThat(rig.mirror().detail().check()).isEqualTo(CheckResult.NONE);
        }
    }

    @Test
    void aMirrorThatIsOnlyReadSaysWhereItWillGoOn() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5);
            rig.mirror().check(CHECK);
            runFor(rig, 20);
            long reached = reached(rig);
            rig.stop();
            rig.open(rig.parts(0, 1), true, false);
            MirrorDetail detail = rig.mirror().detail();
            assertThat(detail.progress()).isNull();
            assertThat(detail.waitingCheck())
                    .isEqualTo(new SyncProgress("check", reached, SECTORS, 0, -1));
            assertThat(detail.check().differCount()).isEqualTo(1);
        }
    }

    @Test
    void whatMdHasWrittenSinceMakesItVoid() {
        try (MirrorRig rig = slow()) {
            rig.mirror().check(CHECK);
            runFor(rig, 10);
            rig.stop();
            for (int leg = 0; leg < 2; leg++) {
                Superblock ours = rig.superblock(leg);
                overwrite(rig, leg, Superblocks.withEvents(ours, ours.events() + 2));
            }
            rig.kill();
            rig.told.clear();
            rig.open();
            runFor(rig, 5);
            assertThat(rig.told).noneMatch(said -> said.contains("comparing"));
        }
    }

    /** As somebody else does who has taken the leg. */
    private static void overwrite(MirrorRig rig, int leg, Superblock with) {
        MemorySegment block = rig.world().arena().allocate(4096, 512);
        SuperblockFormat.encode(with, block, 0);
        List<IoStatus> ended = new ArrayList<>();
        Io io = new Io(1)
                .prepare(IoOperation.WRITE, 8, 8)
                .segment(block, 0, 4096)
                .fua(true);
        Part part = rig.part(leg);
        rig.node.tell(() -> part.gate()
                .claim(
                        new Epoch(100),
                        claimed ->
                                part.device().submit(io.then(done -> ended.add(done.status())))));
        rig.until("written", () -> !ended.isEmpty());
        assertThat(ended).containsExactly(IoStatus.OK);
    }

    @Test
    void aRepairIsNotLikeALegThatIsNone() {
        try (MirrorRig rig = slow()) {
            assertThatThrownBy(() -> rig.mirror().check(new CheckRequest(true, "s9", 0)))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("no leg s9");
        }
    }

    private static long waitsAt(MirrorRig rig) {
        MirrorDetail detail = rig.mirror().detail();
        assertThat(detail.check().running()).isTrue();
        SyncProgress waiting = detail.waitingCheck();
        assertThat(waiting).isNotNull();
        return waiting == null ? -1 : waiting.doneSectors();
    }

    @Test
    void aCheckIsNotBegunWhereThereIsNothingToCompareWith() {
        try (MirrorRig rig = slow()) {
            rig.mirror().fail("s1");
            assertThatThrownBy(() -> rig.mirror().check(CHECK))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("no check is begun")
                    .satisfies(why -> assertThat(((EtherbayException) why).why())
                            .contains("s0 is the only leg in sync"));
            assertThat(rig.mirror().detail().check()).isEqualTo(CheckResult.NONE);
        }
    }

    @Test
    void aRepairWaitsWhileALegIsAloneAndGoesOnWhenTheOtherIsBack() {
        try (MirrorRig rig = slow()) {
            rot(rig, 5, SECTORS - 7);
            rig.mirror().check(new CheckRequest(true, "s1", 0));
            runFor(rig, 40);
            rig.stores.get(0).silence();
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s0", "faulty");
            rig.kill();
            rig.stores.get(0).answer();
            rig.open(rig.parts(0, 1).subList(1, 2), false, false);
            runFor(rig, 100);
            assertThat(waitsAt(rig)).isBetween(SECTORS / 4, SECTORS / 2);
            assertThat(MirrorLegsTest.add(rig, 0, false)).isEmpty();
            CheckResult result = finish(rig);
            assertThat(result.differCount()).isEqualTo(2);
            assertThat(result.mendedCount()).isEqualTo(2);
        }
    }

    @Test
    void aCheckThatALegLeavesGoesOnWhereTwoWereLastCompared() {
        try (MirrorRig rig = slow()) {
            long[] rotten = {5, SECTORS / 2 - 40, SECTORS - 7};
            rot(rig, rotten);
            rig.mirror().check(CHECK);
            runFor(rig, 20);
            long reached = reached(rig);
            rig.stores.get(1).silence();
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s1", "faulty");
            runFor(rig, 100);
            assertThat(waitsAt(rig)).isBetween(reached - 16, reached + SECTORS / 20);
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
            runFor(rig, 30);
            assertThat(finish(rig).sectors()).containsExactly(5L, rotten[1], rotten[2]);
        }
    }

    @Test
    void aCheckThatALegLeavesIsNotedWhereTwoWereLastCompared() {
        try (MirrorRig rig = slow()) {
            rot(rig, SECTORS / 2 - 40);
            rig.mirror().check(CHECK);
            runFor(rig, 20);
            long reached = reached(rig);
            rig.mirror().fail("s1");
            runFor(rig, 40);
            rig.stop();
            rig.open(rig.parts(0, 1).subList(0, 1), false, false);
            runFor(rig, 1);
            assertThat(waitsAt(rig)).isBetween(reached - 16, reached + 16);
            assertThat(MirrorLegsTest.add(rig, 1, false)).isEmpty();
            runFor(rig, 30);
            assertThat(finish(rig).sectors()).containsExactly(SECTORS / 2 - 40);
        }
    }

    @Test
    void aCheckThatWaitsForALegCanBeCancelled() {
        try (MirrorRig rig = slow()) {
            rig.mirror().check(CHECK);
            runFor(rig, 20);
            rig.mirror().fail("s1");
            rig.mirror().cancelCheck();
            runFor(rig, 5);
            assertThat(rig.mirror().detail().check().running()).isFalse();
            assertThat(rig.mirror().detail().waitingCheck()).isNull();
        }
    }
}
