// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimStore;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Losses of the only leg in sync: nobody else has what it had, whoever is filled from it. */
final class MirrorLossTest {
    @Test
    void aLossOnTheLastLegIsNotForgottenWhenAnotherIsFilledFromIt() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.mirror().fail("s1");
            rig.write(0, 1, 2);
            rig.stores.get(0).powerCut();
            rig.runFor(2 * MirrorRig.SECOND_NS);
            MirrorRig.Pending waiting = rig.begin(IoOperation.READ, 0, 1, 0);
            rig.stores.get(0).start();
            assertThat(rig.end(waiting)).isEqualTo(IoStatus.OK);
            assertThat(MirrorLegsTest.add(rig, 1, false)).isEmpty();
            rig.untilStanding("s1", "in sync");
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(rig.flush()).isEqualTo(IoStatus.FAILED);
            assertThat(rig.flush()).as("and the next").isEqualTo(IoStatus.FAILED);
            assertThat(rig.told).anyMatch(said -> said.contains("every FLUSH fails from now on"));
            rig.kill().open();
            rig.write(0, 1, 3);
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
        }
    }

    /** A disk whose FLUSHes fail once its cache is lost, but not at once. */
    private static final class LostCache extends DeviceDecorator {
        private final List<Io> held = new ArrayList<>();
        private boolean lost;
        private boolean failing;

        LostCache(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (!lost || io.operation() != IoOperation.FLUSH) {
                below().submit(io);
            } else if (failing) {
                io.complete(IoStatus.FAILED);
            } else {
                held.add(io);
            }
        }

        /** Those that come from now on fail; what is under way is not answered. */
        void failLater() {
            failing = true;
        }

        void fail() {
            failLater();
            held.forEach(io -> io.complete(IoStatus.FAILED));
        }

        /** It has lost nothing. */
        void flush() {
            lost = false;
            held.forEach(below()::submit);
        }
    }

    /** {@code s1}, alone, may have lost its cache, and {@code s0} is filled from it meanwhile. */
    private static LostCache filledFromALossNotKnown(MirrorRig rig) {
        Part part = rig.part(1);
        LostCache last = new LostCache(part.device());
        rig.open(List.of(rig.part(0), new Part("s1", last, part.gate(), "")), false, false);
        rig.mirror().fail("s0");
        rig.write(0, 1, 2);
        last.lost = true;
        rig.stores.get(1).silence();
        MirrorRig.Pending waiting = rig.begin(IoOperation.READ, 0, 1, 0);
        rig.runFor(2 * MirrorRig.SECOND_NS);
        rig.stores.get(1).answer();
        assertThat(rig.end(waiting)).isEqualTo(IoStatus.OK);
        assertThat(MirrorLegsTest.add(rig, 0, false)).isEmpty();
        rig.untilStanding("s0", "in sync");
        return last;
    }

    private static void assertToldForGood(MirrorRig rig) {
        assertThat(rig.standing("s1")).isEqualTo("faulty");
        assertThat(rig.flush()).isEqualTo(IoStatus.FAILED);
        assertThat(rig.told).anyMatch(said -> said.contains("every FLUSH fails from now on"));
    }

    @Test
    void aFlushUnderWayWhenTheLastLegIsKnownToHaveLostItsCacheFails() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            LostCache last = filledFromALossNotKnown(rig);
            MirrorRig.Pending flush = rig.begin(IoOperation.FLUSH, 0, 0, 0);
            rig.runFor(MirrorRig.SECOND_NS / 100);
            rig.node.tell(last::fail);
            assertThat(rig.end(flush)).isEqualTo(IoStatus.FAILED);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
        }
    }

    @Test
    void aLossOnALegThatWasAloneIsToldThoughAnotherFlushFindsIt() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            LostCache last = filledFromALossNotKnown(rig);
            last.failLater();
            assertThat(rig.flush()).as("s0 lacks it, and has flushed").isEqualTo(IoStatus.FAILED);
            assertToldForGood(rig);
        }
    }

    @Test
    void aLegThatWasAloneAndFailsBeforeItHasFlushedMayHaveLostSomething() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            filledFromALossNotKnown(rig);
            rig.stores.get(1).silence();
            assertThat(rig.write(9, 1, 3)).isEqualTo(IoStatus.OK);
            assertToldForGood(rig);
        }
    }

    @Test
    void aLossOnALegThatWasAloneIsToldThoughItIsAwayOnceMore() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            LostCache last = filledFromALossNotKnown(rig);
            rig.stores.forEach(SimStore::silence);
            MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 9, 1, 3);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            last.failLater();
            rig.stores.forEach(SimStore::answer);
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s1", "faulty");
            assertToldForGood(rig);
        }
    }

    /** All were silent for a while, then a sector of {@code s0} is bad: the write of it waits. */
    private static MirrorRig.Pending badSectorAfterAnOutage(MirrorRig rig) {
        rig.stores.forEach(SimStore::silence);
        MirrorRig.Pending first = rig.begin(IoOperation.WRITE, 0, 1, 3);
        rig.runFor(2 * MirrorRig.SECOND_NS);
        rig.stores.forEach(SimStore::answer);
        assertThat(rig.end(first)).isEqualTo(IoStatus.OK);
        rig.runFor(MirrorRig.SECOND_NS);
        rig.stores.get(0).medium().faults().badWrites(MirrorRig.DATA_OFFSET + 9, 1);
        MirrorRig.Pending write = rig.begin(IoOperation.WRITE, 9, 1, 4);
        rig.runFor(5 * MirrorRig.SECOND_NS);
        assertThat(rig.standing("s0")).as("nobody knows yet").isEqualTo("trouble");
        return write;
    }

    /** Else what it has lost would be nowhere: seed 0x5967ec3bc8e2d89b of `mirror`. */
    @Test
    void aLegThatMayHaveLostSomethingConvictsNoOtherOfABadSector() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            Part part = rig.part(1);
            LostCache lossy = new LostCache(part.device());
            rig.open(List.of(rig.part(0), new Part("s1", lossy, part.gate(), "")), false, false);
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            lossy.lost = true;
            MirrorRig.Pending write = badSectorAfterAnOutage(rig);
            rig.node.tell(lossy::fail);
            assertThat(rig.end(write))
                    .as("by the only leg that has all")
                    .isEqualTo(IoStatus.FAILED);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            rig.untilStanding("s0", "in sync");
            assertThat(rig.read(0)).isEqualTo(3);
        }
    }

    /** Both may have lost something, and a sector of {@code s0} is bad: the write of it waits. */
    private static MirrorRig.Pending bothInDoubt(MirrorRig rig, LostCache[] caches) {
        List<Part> parts = new ArrayList<>();
        for (int leg = 0; leg < 2; leg++) {
            Part part = rig.part(leg);
            caches[leg] = new LostCache(part.device());
            parts.add(new Part(part.name(), caches[leg], part.gate(), ""));
        }
        rig.open(parts, false, false);
        assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
        for (LostCache cache : caches) {
            cache.lost = true;
        }
        return badSectorAfterAnOutage(rig);
    }

    /** What it has lost is on the other one: seed 0xb0c83fd46b3b8f1d of `mirror`. */
    @Test
    void aLegThatHasLostItsCacheConvictsNoneOfWhichThatIsNotKnown() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            LostCache[] caches = new LostCache[2];
            MirrorRig.Pending write = bothInDoubt(rig, caches);
            rig.node.tell(caches[1]::fail);
            rig.end(write);
            rig.node.tell(caches[0]::flush);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            rig.untilStanding("s0", "in sync");
            assertThat(rig.read(0)).isEqualTo(3);
        }
    }

    @Test
    void aLegThatHasFlushedConvictsOneOfABadSector() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            LostCache[] caches = new LostCache[2];
            MirrorRig.Pending write = bothInDoubt(rig, caches);
            rig.node.tell(caches[1]::flush);
            assertThat(rig.end(write)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s0")).isEqualTo("faulty");
            assertThat(rig.read(0)).isEqualTo(3);
            assertThat(rig.read(9)).isEqualTo(4);
        }
    }

    @Test
    void theLastLegIsNotAskedAgainAndAgainWhetherItHasLostItsCache() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.mirror().fail("s1");
            rig.write(0, 1, 2);
            rig.stores.get(0).powerCut();
            rig.runFor(2 * MirrorRig.SECOND_NS);
            rig.stores.get(0).start();
            assertThat(rig.flush()).isEqualTo(IoStatus.FAILED);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(rig.told).as("not at each probe").hasSizeLessThan(20);
        }
    }

    /** It was there for all: what it has proved since needs no other leg. */
    @Test
    void aLegThatWasAloneAndHasFlushedSinceMayFail() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.mirror().fail("s0");
            rig.write(0, 1, 2);
            rig.stores.get(1).silence();
            MirrorRig.Pending waiting = rig.begin(IoOperation.READ, 0, 1, 0);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            rig.stores.get(1).answer();
            assertThat(rig.end(waiting)).isEqualTo(IoStatus.OK);
            assertThat(MirrorLegsTest.add(rig, 0, false)).isEmpty();
            rig.untilStanding("s0", "in sync");
            rig.runFor(MirrorRig.SECOND_NS);
            rig.stores.get(1).silence();
            assertThat(rig.write(9, 1, 3)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
        }
    }
}
