// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.util.UUID;

/** What a mirror does for its user, and when a leg is failed and taken back. */
final class MirrorTest {
    @Test
    void whatIsWrittenIsOnAllLegsAndStopLeavesThemClean() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            assertThat(rig.write(5, 8, 0x21)).isEqualTo(IoStatus.OK);
            assertThat(rig.superblock(0).isClean()).isFalse();
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            assertThat(rig.read(12)).isEqualTo(0x21);
            rig.stop();
            assertThat(rig.peek(0, 5)).isEqualTo(0x21);
            assertThat(rig.peek(1, 5)).isEqualTo(0x21);
            assertClean(rig, 0, 1);
            rig.open();
            assertThat(rig.read(5)).isEqualTo(0x21);
            assertThat(rig.mirror().detail().copiedSectors()).isZero();
        }
    }

    static void assertClean(MirrorRig rig, int... stores) {
        long events = rig.superblock(stores[0]).events();
        for (int store : stores) {
            assertThat(rig.superblock(store).isClean()).isTrue();
            assertThat(rig.superblock(store).events()).isEqualTo(events);
        }
    }

    @Test
    void aSilentLegIsFailedAndTheOthersSaySoBeforeTheWriteIsAcknowledged() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            rig.stores.get(1).silence();
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 0, 1, 2);
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            assertThat(write.tookMs()).isLessThan(1500);
            assertThat(rig.superblock(0).roles()).containsExactly(0, Superblock.FAULTY);
            assertThat(rig.superblock(1).roles()).containsExactly(0, 1);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
        }
    }

    @Test
    void whileNobodyAnswersEverythingWaitsAndNobodyIsFailed() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            rig.stores.forEach(store -> store.silence());
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 0, 1, 2);
            MirrorRig.Pending read = rig.begin(IoOperation.READ, 9, 1, 2);
            MirrorRig.Pending flush = rig.begin(IoOperation.FLUSH, 0, 0, 2);
            rig.runFor(20 * MirrorRig.SECOND_NS);
            assertThat(write.status).isNull();
            assertThat(read.status).isNull();
            assertThat(flush.status).isNull();
            rig.stores.forEach(store -> store.answer());
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            assertThat(rig.end(read)).isEqualTo(IoStatus.OK);
            assertThat(rig.end(flush)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s0")).isEqualTo("in sync");
            assertThat(rig.standing("s1")).isEqualTo("in sync");
            assertThat(rig.peek(0, 0)).isEqualTo(2);
            assertThat(rig.peek(1, 0)).isEqualTo(2);
        }
    }

    @Test
    void aLegThatReturnsGetsWhatItLacksAndNotMore() {
        try (MirrorRig rig = new MirrorRig(2, 1024).create().open()) {
            rig.stores.get(1).silence();
            rig.write(0, 1, 2);
            rig.write(40, 1, 3);
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
            assertThat(rig.peek(1, 0)).isEqualTo(2);
            assertThat(rig.peek(1, 40)).isEqualTo(3);
            assertThat(rig.mirror().detail().copiedSectors())
                    .isEqualTo(2L * MirrorRig.CHUNK_SECTORS);
            rig.stop();
            assertClean(rig, 0, 1);
        }
    }

    @Test
    void afterACrashOnlyMarkedChunksAreMadeTheSame() {
        try (MirrorRig rig = new MirrorRig(2, 1024).create().open()) {
            rig.write(80, 4, 2);
            rig.kill().open();
            rig.until("resynced", () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.mirror().detail().copiedSectors())
                    .isLessThanOrEqualTo(2L * MirrorRig.CHUNK_SECTORS);
            rig.runFor(3 * MirrorRig.SECOND_NS);
            assertThat(rig.mirror().detail().dirtySectors()).isZero();
            assertThat(rig.mirror().detail().state()).isEqualTo("clean");
            assertClean(rig, 0, 1);
        }
    }

    @Test
    void aLegThatWasTakenByAnotherStopsEverything() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            MirrorRig other = new MirrorRig(rig, new UUID(0, 2));
            assertThat(other.tryOpen(other.parts(0, 1), false, false)).isNotNull();
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            other.open(other.parts(0, 1), false, true);
            assertThat(rig.write(0, 1, 3)).isEqualTo(IoStatus.FENCED);
            assertThat(rig.fenced).isNotEmpty();
            assertThat(rig.flush()).isEqualTo(IoStatus.FENCED);
            assertThat(rig.read(0)).isEqualTo(-1);
            assertThat(other.read(0)).isEqualTo(2);
            assertThat(other.write(0, 1, 4)).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void aReadThatALegCannotDoIsDoneByTheOtherAndWrittenAnew() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(16, 8, 9);
            rig.stores.get(0).medium().faults().badReads(MirrorRig.DATA_OFFSET + 16, 8);
            rig.stores.get(1).medium().faults().badReads(MirrorRig.DATA_OFFSET + 200, 8);
            for (int turn = 0; turn < 4; turn++) {
                assertThat(rig.read(17)).isEqualTo(9);
            }
            assertThat(rig.standing("s0")).isEqualTo("in sync");
            rig.until(
                    "written anew",
                    () -> rig.told.stream()
                            .anyMatch(what -> what.startsWith("s0: what could not be read")));
        }
    }

    @Test
    void checkFindsAFlippedSectorAndRepairMendsItFromTheLegNamed() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 100, 9);
            rig.stores.get(0).medium().rot(MirrorRig.DATA_OFFSET + 33);
            rig.mirror().check(new CheckRequest(false, "", 0));
            rig.until("checked", () -> !rig.mirror().detail().check().running());
            assertThat(rig.mirror().detail().check().sectors()).containsExactly(33L);
            rig.mirror().check(new CheckRequest(true, "s1", 0));
            rig.until("repaired", () -> !rig.mirror().detail().check().running());
            assertThat(rig.mirror().detail().check().mendedCount()).isEqualTo(1);
            assertThat(rig.stores.get(0).medium().peek(MirrorRig.DATA_OFFSET + 33))
                    .isEqualTo(rig.stores.get(1).medium().peek(MirrorRig.DATA_OFFSET + 33));
        }
    }

    @Test
    void ofThreeTheMajorityIsRight() {
        try (MirrorRig rig = new MirrorRig(3).create().open()) {
            rig.write(0, 100, 9);
            rig.stores.get(0).medium().rot(MirrorRig.DATA_OFFSET + 33);
            rig.mirror().check(new CheckRequest(true, "", 0));
            rig.until("repaired", () -> !rig.mirror().detail().check().running());
            assertThat(rig.mirror().detail().check().mendedCount()).isEqualTo(1);
            assertThat(rig.stores.get(0).medium().peek(MirrorRig.DATA_OFFSET + 33))
                    .isEqualTo(rig.stores.get(1).medium().peek(MirrorRig.DATA_OFFSET + 33));
        }
    }
}
