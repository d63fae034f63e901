// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Epoch;
import etherbay.base.IoStatus;
import etherbay.sim.SimStore;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** What an owner hears of its fence without asking for anything. */
final class FenceWatchTest {
    private static final UUID OTHER = new UUID(0, 2);

    private static void untilClean(MirrorRig rig) {
        rig.until("clean", () -> rig.mirror().detail().state().equals("clean"));
    }

    @Test
    void anIdleOwnerHearsThatAnotherHasTakenOver() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            untilClean(rig);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            MirrorRig other = new MirrorRig(rig, OTHER);
            other.open(other.parts(0, 1), false, true);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).hasSize(1);
            assertThat(rig.mirror().detail().state()).isEqualTo("fenced");
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.FENCED);
            assertThat(other.write(0, 1, 3)).isEqualTo(IoStatus.OK);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).as("told once").hasSize(1);
            assertThat(rig.told)
                    .filteredOn(said -> said.contains("another owner has taken it"))
                    .hasSize(1);
            assertThat(other.fenced).isEmpty();
        }
    }

    @Test
    void oneLegThatWasTakenIsEnough() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            untilClean(rig);
            rig.stores.get(0).silence();
            MirrorRig other = new MirrorRig(rig, OTHER);
            List<LegGate.Claimed> claimed = new ArrayList<>();
            other.parts(0, 1).get(1).gate().claim(new Epoch(9), claimed::add);
            rig.until("claimed", () -> !claimed.isEmpty());
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).containsExactly("s1");
        }
    }

    /** It holds no data: nobody who takes it has the mirror. */
    @Test
    void aSpareThatWasTakenLeavesAndTheMirrorGoesOn() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.addStore(256);
            rig.open(rig.parts(0, 1), false, false);
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            rig.untilStanding("s2", "spare");
            rig.runFor(2 * MirrorRig.SECOND_NS);
            takeSpare(rig);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void aSpareThatRefusesItsSuperblockSinceItWasTakenLeavesToo() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.addStore(256);
            rig.open(rig.parts(0, 1), false, false);
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            untilClean(rig);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            takeSpare(rig);
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            assertThat(rig.write(0, 1, 3)).isEqualTo(IoStatus.OK);
        }
    }

    @Test
    void aSpareThatWasTakenBeforeItWasAskedToFillInLeavesToo() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            rig.addStore(256);
            rig.open(rig.parts(0, 1), false, false);
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            untilClean(rig);
            rig.runFor(2 * MirrorRig.SECOND_NS);
            takeSpare(rig);
            rig.node.tell(() -> rig.mirror().fail("s1"));
            rig.runFor(2 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
        }
    }

    private static void takeSpare(MirrorRig rig) {
        MirrorRig other = new MirrorRig(rig, OTHER);
        List<LegGate.Claimed> claimed = new ArrayList<>();
        other.parts(0, 1, 2).get(2).gate().claim(new Epoch(9), claimed::add);
        rig.until("claimed", () -> !claimed.isEmpty());
    }

    @Test
    void aGateThatDoesNotAnswerIsNoFinding() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.write(0, 1, 1);
            untilClean(rig);
            rig.stores.forEach(SimStore::silence);
            rig.runFor(20 * MirrorRig.SECOND_NS);
            rig.stores.forEach(SimStore::answer);
            rig.runFor(5 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            assertThat(rig.standing("s0")).isEqualTo("in sync");
            assertThat(rig.standing("s1")).isEqualTo("in sync");
            assertThat(rig.write(0, 1, 2)).isEqualTo(IoStatus.OK);
        }
    }

    /** Counts what it is asked. */
    private static final class CountingGate implements LegGate {
        private final LegGate below;
        private final boolean mayBeTaken;
        int confirmCount;
        boolean mute;

        CountingGate(LegGate below, boolean mayBeTaken) {
            this.below = below;
            this.mayBeTaken = mayBeTaken;
        }

        @Override
        public void look(Consumer<Claimed> answer) {
            below.look(answer);
        }

        @Override
        public void claim(Epoch epoch, Consumer<Claimed> answer) {
            below.claim(epoch, answer);
        }

        @Override
        public boolean mayBeTaken() {
            return mayBeTaken;
        }

        @Override
        public void confirm(Epoch epoch, Consumer<Claimed> answer) {
            confirmCount++;
            if (!mute) {
                below.confirm(epoch, answer);
            }
        }

        @Override
        public void renew() {
            below.renew();
        }
    }

    private static Part over(Part part, CountingGate gate) {
        return new Part(part.name(), part.device(), gate, part.host());
    }

    @Test
    void whatNobodyCanTakeIsNotAskedAndTheOthersOnceASecond() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            CountingGate file = new CountingGate(rig.part(0).gate(), false);
            CountingGate disk = new CountingGate(rig.part(1).gate(), true);
            rig.open(List.of(over(rig.part(0), file), over(rig.part(1), disk)), false, false);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(file.confirmCount).isZero();
            assertThat(disk.confirmCount).isBetween(9, 11);
            assertThat(LegGate.LOCAL.mayBeTaken()).isFalse();
            assertThat(LegGate.OPEN.mayBeTaken()).isFalse();
        }
    }

    @Test
    void aGateIsNotAskedAgainBeforeItHasAnswered() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            CountingGate mute = new CountingGate(rig.part(0).gate(), true);
            CountingGate quick = new CountingGate(rig.part(1).gate(), true);
            mute.mute = true;
            rig.open(List.of(over(rig.part(0), mute), over(rig.part(1), quick)), false, false);
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(mute.confirmCount).isEqualTo(1);
            assertThat(quick.confirmCount).isBetween(9, 11);
        }
    }

    @Test
    void aMirrorThatStopsAsksNothingAndHearsNothing() {
        try (MirrorRig rig = new MirrorRig(2).create()) {
            CountingGate gate = new CountingGate(rig.part(0).gate(), true);
            rig.open(List.of(over(rig.part(0), gate), rig.part(1)), false, false);
            untilClean(rig);
            rig.stores.forEach(SimStore::silence);
            rig.runFor(1100 * 1_000_000L);
            boolean[] stopped = {false};
            rig.node.tell(() -> rig.mirror().stop(() -> stopped[0] = true));
            rig.runFor(1_000_000);
            int atStop = gate.confirmCount;
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(stopped[0]).isFalse();
            assertThat(gate.confirmCount).isEqualTo(atStop);
            rig.stores.forEach(SimStore::answer);
            rig.until("stopped", () -> stopped[0]);
            assertThat(rig.fenced).isEmpty();
        }
    }

    @Test
    void aMirrorThatIsOnlyReadHasNoClaimToLose() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.stop();
            rig.open(rig.parts(0, 1), true, false);
            MirrorRig other = new MirrorRig(rig, OTHER);
            other.open(other.parts(0, 1), false, true);
            rig.runFor(5 * MirrorRig.SECOND_NS);
            assertThat(rig.fenced).isEmpty();
            assertThat(other.fenced).isEmpty();
        }
    }
}
