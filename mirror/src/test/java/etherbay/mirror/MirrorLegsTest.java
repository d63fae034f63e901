// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimStore;
import etherbay.sim.SimStoreDisk;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Legs that lose what they had, that are added, that grow; and mirrors that are only read. */
final class MirrorLegsTest {
    static Optional<EtherbayException> add(MirrorRig rig, int store, boolean fresh) {
        List<Optional<EtherbayException>> told = new ArrayList<>();
        rig.node.tell(() -> rig.mirror().add(rig.part(store), fresh, told::add));
        rig.until("added", () -> !told.isEmpty());
        return told.getFirst();
    }

    @Test
    void aLegThatLostItsCacheIsNotReadAndIsFilledAnew() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 64, 1);
            rig.flush();
            for (int lba = 0; lba < 64; lba++) {
                rig.write(lba, 1, 2);
            }
            rig.stores.get(1).powerCut();
            rig.runFor(MirrorRig.SECOND_NS / 10);
            rig.stores.get(1).start();
            MirrorRig.Pending waiting = rig.begin(IoOperation.READ, 3, 1, 0);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(waiting.status).isEqualTo(IoStatus.OK);
            for (int lba = 0; lba < 64; lba++) {
                for (int turn = 0; turn < 3; turn++) {
                    assertThat(rig.read(lba)).as("sector %d", lba).isEqualTo(2);
                }
            }
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            rig.until("in sync", () -> rig.standing("s1").equals("in sync"));
            rig.stop();
            for (int lba = 0; lba < 64; lba++) {
                assertThat(rig.peek(1, lba)).isEqualTo(2);
            }
        }
    }

    /** A disk that keeps reads of data back, and answers with what it says then. */
    private static final class SlowReads extends DeviceDecorator {
        final List<Io> held = new ArrayList<>();
        boolean holds;

        SlowReads(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (holds && io.operation() == IoOperation.READ && io.lba() >= MirrorRig.DATA_OFFSET) {
                held.add(io);
            } else {
                below().submit(io);
            }
        }

        void answer(int value) {
            holds = false;
            for (Io io : held) {
                io.segmentMemory(0).asSlice(io.segmentAt(0), io.segmentBytes(0)).fill((byte) value);
                io.complete(IoStatus.OK);
            }
        }
    }

    /** A remote disk sends a read again after an outage, to what has lost its cache. */
    @Test
    void whatALegAnswersAfterItsLossWasNoticedIsNotWhatWasWritten() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            Part part = rig.part(1);
            SlowReads slow = new SlowReads(part.device());
            rig.open(List.of(rig.part(0), new Part("s1", slow, part.gate(), "")), false, false);
            rig.write(0, 1, 1);
            rig.flush();
            rig.write(0, 1, 2);
            slow.holds = true;
            List<MirrorRig.Pending> reads = new ArrayList<>();
            while (slow.held.isEmpty()) {
                reads.add(rig.begin(IoOperation.READ, 0, 1, 0));
                rig.runFor(MirrorRig.SECOND_NS / 1000);
            }
            rig.stores.get(1).powerCut();
            rig.stores.get(1).start();
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            rig.node.tell(() -> slow.answer(1));
            for (MirrorRig.Pending read : reads) {
                assertThat(rig.end(read)).isEqualTo(IoStatus.OK);
                assertThat(read.memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
            }
        }
    }

    @Test
    void whatALegAnswersAfterItsLossWasNoticedIsNotCopiedToOthers() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            rig.flush();
            rig.write(0, 1, 2);
            rig.kill();
            Part part = rig.part(0);
            SlowReads slow = new SlowReads(part.device());
            slow.holds = true;
            rig.open(List.of(new Part("s0", slow, part.gate(), ""), rig.part(1)), false, false);
            rig.until("recovery reads", () -> !slow.held.isEmpty());
            rig.write(200, 1, 3); // something to lose
            rig.stores.get(0).powerCut();
            rig.stores.get(0).start();
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            rig.node.tell(() -> slow.answer(1));
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.peek(1, 0)).isEqualTo(2);
            assertThat(rig.read(0)).isEqualTo(2);
        }
    }

    /** A disk whose writes are half done when it falls silent. */
    private static final class HalfDone extends DeviceDecorator {
        HalfDone(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            below().submit(io.then(done -> done.complete(
                    done.status() == IoStatus.UNKNOWN ? IoStatus.FAILED : done.status())));
        }

        static Part over(Part part) {
            return new Part(part.name(), new HalfDone(part.device()), part.gate(), "");
        }
    }

    @Test
    void aWriteThatSilenceMetHalfDoneWaitsAsOthersDo() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.open(rig.parts(0, 1).stream().map(HalfDone::over).toList(), false, false);
            rig.write(0, 1, 1);
            rig.stores.forEach(SimStore::silence);
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 0, 1, 2);
            rig.runFor(5 * MirrorRig.SECOND_NS);
            assertThat(write.status).isNull();
            rig.stores.forEach(SimStore::answer);
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void aLegThatWasSilentToAWriteHalfDoneComesBackByItself() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.open(rig.parts(0, 1).stream().map(HalfDone::over).toList(), false, false);
            rig.write(0, 1, 1);
            rig.stores.get(1).silence();
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
        }
    }

    @Test
    void whatAFormerTermLeftInCachesIsDurableBeforeItIsShown() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 2);
            assertThat(rig.stores.get(0).medium().hasVolatile()).isTrue();
            rig.kill().open();
            assertThat(rig.stores.get(0).medium().hasVolatile()).isFalse();
            assertThat(rig.stores.get(1).medium().hasVolatile()).isFalse();
        }
    }

    @Test
    void aLegThatLostItsCacheConvictsNoneThatIsSilent() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 2);
            rig.stores.get(1).silence();
            rig.stores.get(0).powerCut();
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 9, 1, 3);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            rig.stores.get(0).start();
            rig.runFor(20 * MirrorRig.SECOND_NS);
            assertThat(write.status).isNull();
            assertThat(rig.standing("s1")).isEqualTo("trouble");
            rig.stores.get(1).answer();
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            assertThat(rig.read(0)).isEqualTo(2);
            rig.untilStanding("s0", "in sync");
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
        }
    }

    /** A disk whose fence lets reads and FLUSHes through, as those of our targets do. */
    private static final class FencedWrites extends DeviceDecorator {
        boolean taken;

        FencedWrites(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (taken && io.operation().changesData()) {
                io.complete(IoStatus.FENCED);
            } else {
                below().submit(io);
            }
        }
    }

    /** The other one answers the probe, since it is read: nothing of the verdict is written. */
    @Test
    void aLegThatIsSilentWhileTheOtherWasTakenOverFailsInMemoryAlone() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            Part part = rig.part(1);
            FencedWrites taken = new FencedWrites(part.device());
            rig.open(List.of(rig.part(0), new Part("s1", taken, part.gate(), "")), false, false);
            rig.write(0, 1, 1);
            rig.until("no marks", () -> rig.mirror().detail().dirtySectors() == 0);
            rig.runFor(5 * MirrorRig.SECOND_NS); // nothing is left to be written by itself
            rig.stores.get(0).silence();
            MirrorRig.Pending flush = rig.begin(IoOperation.FLUSH, 0, 0, 0);
            taken.taken = true;
            assertThat(rig.end(flush)).isEqualTo(IoStatus.FENCED);
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.FENCED);
            assertThat(rig.fenced).containsExactly("s1");
            assertThat(rig.standing("s0")).isEqualTo("faulty");
            assertThat(rig.superblock(1).roles()).startsWith(0, 1);
            assertThat(rig.peek(1, 0)).isEqualTo(1);
        }
    }

    @Test
    void aStaleLegAloneIsNoMirror() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.stores.get(1).silence();
            rig.write(0, 1, 2);
            rig.stop();
            rig.stores.get(1).answer();
            assertThat(rig.tryOpen(rig.parts(0, 1).subList(1, 2), false, false)).isNotNull();
            assertThat(rig.tryOpen(rig.parts(0, 1).subList(0, 1), false, false)).isNull();
            assertThat(rig.read(0)).isEqualTo(2);
        }
    }

    @Test
    void aNewLegIsFilledWhole() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.addStore(256);
            rig.open(rig.parts(0, 1), false, false);
            rig.write(30, 8, 5);
            rig.mirror().growLegs(3);
            assertThat(add(rig, 2, false)).isPresent();
            assertThat(add(rig, 2, true)).isEmpty();
            rig.untilStanding("s2", "in sync");
            assertThat(rig.peek(2, 37)).isEqualTo(5);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1, 2);
            assertThat(rig.superblock(2).roles()).containsExactly(0, 1, 65535, 2);
        }
    }

    @Test
    void aSpareTakesThePlaceOfALegThatFails() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.addStore(256);
            rig.open(rig.parts(0, 1), false, false);
            rig.write(30, 8, 5);
            assertThat(add(rig, 2, true)).isEmpty();
            assertThat(rig.standing("s2")).isEqualTo("spare");
            rig.mirror().fail("s0");
            rig.untilStanding("s2", "in sync");
            assertThat(rig.peek(2, 37)).isEqualTo(5);
            rig.mirror().remove("s0");
            rig.stop();
            MirrorTest.assertClean(rig, 1, 2);
        }
    }

    @Test
    void aLegInUseIsNeitherRemovedNorAddedAgainNorTheLastOneFailed() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            assertThat(add(rig, 1, true)).isPresent();
            assertThatThrownBy(() -> rig.mirror().remove("s1"))
                    .isInstanceOf(EtherbayException.class);
            rig.mirror().fail("s1");
            assertThatThrownBy(() -> rig.mirror().fail("s0")).isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void aMirrorGrowsWithItsLegsAndWhatIsNewIsTheSameOnAll() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(250, 4, 5);
            rig.stores.forEach(store -> store.medium().grow(store.medium().sectors() + 128));
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.mirror().growSize()).isEqualTo(384);
            rig.until("grown", () -> rig.mirror().sectors() == 384);
            rig.until(
                    "made the same",
                    () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.write(380, 4, 6)).isEqualTo(IoStatus.OK);
            rig.stop();
            rig.open();
            assertThat(rig.read(251)).isEqualTo(5);
            assertThat(rig.read(383)).isEqualTo(6);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
        }
    }

    /** Its end is reached between the tearing of what is new and the round that says the size. */
    @Test
    void aPassThatEndsWhileTheMirrorGrowsLeavesWhatIsNewTorn() {
        try (MirrorRig rig = new MirrorRig(2, 252).create().open()) {
            rig.stores.forEach(store -> store.medium().grow(store.medium().sectors() + 132));
            for (long lba = 252; lba < 384; lba++) {
                rig.stores.get(1).medium().rot(MirrorRig.DATA_OFFSET + lba);
            }
            rig.runFor(MirrorRig.SECOND_NS);
            rig.stores.get(1).silence();
            rig.node.tell(() -> {
                rig.mirror().check(new CheckRequest(false, "", 0));
                rig.mirror().growSize();
            });
            rig.runFor(MirrorRig.SECOND_NS / 2);
            rig.stores.get(1).answer();
            rig.until("grown", () -> rig.mirror().sectors() == 384);
            rig.runFor(5 * MirrorRig.SECOND_NS);
            rig.stop();
            for (long lba = 252; lba < 384; lba++) {
                assertThat(rig.stores.get(1).medium().peek(MirrorRig.DATA_OFFSET + lba))
                        .as("sector %d", lba)
                        .isEqualTo(rig.stores.get(0).medium().peek(MirrorRig.DATA_OFFSET + lba));
            }
        }
    }

    @Test
    void aMirrorWhoseNewSizeCouldNotBeWrittenAtOnceGrowsLater() {
        try (MirrorRig rig = new MirrorRig(2, 252).create().open()) {
            rig.stores.forEach(store -> store.medium().grow(store.medium().sectors() + 132));
            rig.runFor(MirrorRig.SECOND_NS);
            rig.stores.forEach(store -> store.medium().faults().badWrites(8, 8));
            rig.node.tell(() -> rig.mirror().growSize());
            rig.runFor(MirrorRig.SECOND_NS / 2);
            rig.stores.forEach(store -> store.medium().faults().heal());
            rig.runFor(5 * MirrorRig.SECOND_NS);
            assertThat(rig.mirror().sectors()).isEqualTo(384);
            assertThat(rig.write(300, 1, 7)).isEqualTo(IoStatus.OK);
            rig.stop();
        }
    }

    @Test
    void aMirrorThatIsOnlyReadWritesNothing() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(3, 1, 5);
            rig.kill();
            int before =
                    rig.stores.get(0).log().size() + rig.stores.get(1).log().size();
            rig.open(rig.parts(0, 1), true, false);
            assertThat(rig.read(3)).isEqualTo(5);
            assertThat(rig.write(3, 1, 6)).isEqualTo(IoStatus.READ_ONLY);
            rig.stores.get(1).silence();
            rig.read(3);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            rig.stores.get(1).answer();
            rig.stores.get(0).medium().faults().badReads(MirrorRig.DATA_OFFSET + 3, 1);
            assertThat(rig.read(3)).isEqualTo(5);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            rig.stop();
            assertThat(rig.stores.get(0).log().size() + rig.stores.get(1).log().size())
                    .isEqualTo(before);
        }
    }

    @Test
    void aSlowReadIsAskedOfTheOtherLegToo() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(3, 1, 5);
            long untilNs = rig.world().nowNs() + MirrorRig.SECOND_NS / 2;
            rig.stores.get(0).medium().faults().stallUntil(untilNs);
            for (int turn = 0; turn < 4; turn++) {
                MirrorRig.Pending read = rig.begin(IoOperation.READ, 3, 1, 0);
                rig.end(read);
                assertThat(read.tookMs()).isLessThan(100);
                assertThat(read.memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0))
                        .isEqualTo((byte) 5);
            }
            assertThat(rig.mirror().detail().hedgedCount()).isPositive();
        }
    }

    @Test
    void aWriteThatOneLegRefusesFailsThatLegAndNoWaitsForAPerson() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.stores.get(1).medium().faults().badWrites(MirrorRig.DATA_OFFSET + 7, 1);
            assertThat(rig.write(7, 1, 3)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            rig.runFor(20 * MirrorRig.SECOND_NS);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            rig.stores.get(1).medium().faults().heal();
            assertThat(add(rig, 1, false)).isEmpty();
            rig.untilStanding("s1", "in sync");
            assertThat(rig.peek(1, 7)).isEqualTo(3);
        }
    }

    @Test
    void aWriteThatNoLegTakesFailsAndTheNextOneDoesNot() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.stores.forEach(
                    store -> store.medium().faults().badWrites(MirrorRig.DATA_OFFSET + 7, 1));
            assertThat(rig.write(7, 1, 3)).isEqualTo(IoStatus.FAILED);
            rig.stores.forEach(store -> store.medium().faults().heal());
            assertThat(rig.write(7, 1, 4)).isEqualTo(IoStatus.OK);
            assertThat(rig.read(7)).isEqualTo(4);
        }
    }

    @Test
    void stoppingWithoutABitmapAndAssemblingAgain() {
        try (MirrorRig rig = new MirrorRig(2).create(false, false).open()) {
            rig.write(3, 1, 5);
            rig.until("same", () -> rig.told.contains("the legs in sync are the same again"));
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
            rig.told.clear();
            rig.open();
            rig.write(9, 1, 6);
            rig.kill().open();
            rig.until("same", () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.read(9)).isEqualTo(6);
        }
    }

    @Test
    void aDiskIsListenedToOnceHoweverOftenItReturns() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            for (int turn = 0; turn < 3; turn++) {
                rig.stores.get(1).silence();
                rig.write(turn, 1, turn);
                rig.stores.get(1).answer();
                rig.untilStanding("s1", "in sync");
            }
            SimStoreDisk disk = rig.disks.get(1);
            assertThat(disk.listenerCount()).isEqualTo(1);
        }
    }

    @Test
    void withoutABitmapALegThatAnEarlierTermHasLeftIsFilledWhole() {
        try (MirrorRig rig = new MirrorRig(2).create(true, false).open()) {
            rig.stores.get(1).silence();
            rig.write(49, 4, 7);
            rig.kill();
            rig.open(rig.parts(0, 1).subList(0, 1), false, false);
            rig.stores.get(1).answer();
            rig.runFor(4 * MirrorRig.SECOND_NS);
            assertThat(add(rig, 1, false)).isEmpty();
            rig.untilStanding("s1", "in sync");
            assertThat(rig.peek(1, 49)).isEqualTo(7);
        }
    }
}
