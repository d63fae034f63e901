// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AtaCommand;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDisk;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimPort;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Single turns of fate that chance brings about too seldom, each told step by step. */
final class RemoteDiskCasesTest extends DiskCase {
    @Test
    void aWriteThatIsRefusedWhileACopyTravelsMayStillLand() {
        open(1);
        List<byte[]> seen = new ArrayList<>();
        networks.getFirst().holdIf((from, to, frame) -> {
            boolean write = isWrite(frame);
            if (write) {
                seen.add(frame);
            }
            return write && seen.size() == 1;
        });
        target.medium().faults().badWrites(8, 2);
        Io io = ask(IoOperation.WRITE, 8, 1);
        IoStatus outcome = end(io, SECOND_NS);
        assertThat(seen).hasSizeGreaterThanOrEqualTo(2);
        target.medium().faults().heal();
        networks.getFirst().held().getFirst().release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(target.medium().peek(8)[0]).as("the copy landed").isEqualTo((byte) 1);
        assertThat(outcome).isEqualTo(IoStatus.UNKNOWN);
    }

    @Test
    void aWriteRefusedAtOnceDidNotHappen() {
        open(1);
        target.medium().faults().badWrites(8, 2);
        assertThat(write(8, 1)).isEqualTo(IoStatus.FAILED);
    }

    @Test
    void whatWasAnsweredWhileTheLoopHadNoCoreIsNotAskedForAgain() {
        open(1);
        assertThat(firstByte(8)).isZero();
        List<byte[]> reads = new ArrayList<>();
        networks.getFirst().holdIf((from, to, frame) -> {
            if (isAta(frame, AtaCommand.READ_SECTORS_EXT) && !isResponse(frame)) {
                reads.add(frame);
            }
            return false;
        });
        Io io = new Io(1)
                .prepare(IoOperation.READ, 8, 2)
                .segment(simulation.arena().allocate(1024, 512), 0, 1024)
                .then(_ -> {});
        initiator.node().tell(() -> initiator.disk().submit(io));
        simulation.runUntil("it is asked", SECOND_NS, () -> !reads.isEmpty());
        long backNs = simulation.nowNs() + 50 * MS_NS;
        initiator.node().pauseUntil(backNs);
        // When it turns again others are polled before the answer, and the timer is over.
        initiator.ports().getFirst().pausePolling(backNs + MS_NS / 2);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(reads).hasSize(1);
    }

    @Test
    void aTargetThatStoodStillIsNoReasonForSmallerFrames() {
        target.mtu(9000);
        initiator.mtu(9000);
        open(1);
        int large = initiator.disk().status().paths().getFirst().sectors();
        assertThat(large).isGreaterThanOrEqualTo(16);
        networks.getFirst().holdIf((from, to, frame) -> !isOurs(from) && isAtaAnswer(frame));
        List<Io> ios = new ArrayList<>();
        for (int count = 0; count < 8; count++) {
            ios.add(new Io(1)
                    .prepare(IoOperation.READ, 16, 16)
                    .segment(simulation.arena().allocate(8192, 512), 0, 8192)
                    .then(_ -> {}));
        }
        initiator.node().tell(() -> ios.forEach(initiator.disk()::submit));
        List<SimNetwork.Held> held = networks.getFirst().held();
        simulation.runUntil("all are asked", SECOND_NS, () -> held.size() >= ios.size());
        // One answer comes, then none until the others have gone out again.
        held.removeFirst().release(0);
        simulation.runUntil("asked again", SECOND_NS, () -> held.size() >= 2 * ios.size());
        networks.getFirst().holdIf(null);
        held.forEach(answer -> answer.release(0));
        ios.forEach(io -> assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK));
        assertThat(initiator.disk().status().paths().getFirst().sectors()).isEqualTo(large);
    }

    @Test
    void aRequestThatIsLostWhileTheLoopHasNoCoreIsSentAgain() {
        open(1);
        List<byte[]> reads = new ArrayList<>();
        networks.getFirst().holdIf((from, to, frame) -> {
            boolean read = isAta(frame, AtaCommand.READ_SECTORS_EXT) && !isResponse(frame);
            if (read) {
                reads.add(frame);
            }
            return read && reads.size() == 1;
        });
        Io io = ask(IoOperation.READ, 8, 0);
        long backNs = simulation.nowNs() + 150 * MS_NS;
        initiator.node().pauseUntil(backNs);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(reads).hasSize(2);
        assertThat(simulation.nowNs() - backNs).isLessThan(2 * MS_NS);
    }

    @Test
    void afterAPauseADeadWayIsNoReasonToWaitForIt() {
        open(2);
        simulation.runFor(5 * SECOND_NS);
        for (int dead = 0; dead < 2; dead++) {
            SimPort ours = initiator.ports().get(dead);
            SimPort theirs = target.ports().get(dead);
            networks.get(dead).cutBoth(ours, theirs);
            assertThat(end(ask(IoOperation.READ, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
            networks.get(dead).mend(ours, theirs);
            networks.get(dead).mend(theirs, ours);
            simulation.runFor(5 * SECOND_NS);
            assertThat(upCount()).isEqualTo(2);
        }
    }

    @Test
    void aWayThatIsAskedAfterARestIsNotCalledSilentBeforeItWas() {
        open(2);
        simulation.runFor(5 * SECOND_NS);
        networks.getFirst().cutBoth(initiator.ports().getFirst(), target.ports().getFirst());
        Io io = ask(IoOperation.READ, 0, 0);
        assertThat(upCount()).as("at once").isEqualTo(2);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        simulation.runFor(SECOND_NS);
        assertThat(standings()).containsExactlyInAnyOrder("silent", "up");
    }

    @Test
    void whatWasUnderWayOnALinkThatGoesDownGoesByTheOther() {
        open(2);
        networks.forEach(network -> network.holdIf((from, to, frame) -> isWrite(frame)));
        Io io = ask(IoOperation.WRITE, 8, 1);
        int used = networks.get(0).held().isEmpty() ? 1 : 0;
        networks.forEach(network -> network.holdIf(null));
        networks.get(used).cutBoth(initiator.ports().get(used), target.ports().get(used));
        initiator.ports().get(used).link(false);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
    }

    @Test
    void aWayOnWhichAnotherDiskWasSeenIsUsedWhenTheRightOneIsThere() {
        networks.add(new SimNetwork(simulation, "lan0"));
        networks.add(new SimNetwork(simulation, "lan1"));
        target.on(networks.get(0), THEIRS[0]);
        initiator.on(networks.get(0), OURS[0]).on(networks.get(1), OURS[1]);
        target.start();
        openDisk();
        TargetBox other = new TargetBox(simulation, SECTORS).on(networks.get(1), THEIRS[1]);
        other.start();
        simulation.runFor(3 * SECOND_NS);
        assertThat(standings()).contains("refused");
        other.kill();
        target.kill();
        target.on(networks.get(1), THEIRS[1]).start();
        simulation.runFor(10 * SECOND_NS);
        assertThat(upCount()).isEqualTo(2);
    }

    @Test
    void aFlushThatAnotherDiskAnsweredIsNone() {
        open(1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        TargetBox other = new TargetBox(simulation, SECTORS).on(networks.getFirst(), THEIRS[0]);
        // Nobody hears that the box behind the address is another one.
        networks.getFirst().holdIf((from, to, frame) -> !isOurs(from) && !isAnswer(frame));
        target.kill();
        other.start();
        Io flush = ask(IoOperation.FLUSH, 0, 0);
        simulation.runUntil("an end", 20 * SECOND_NS, () -> !flush.inFlight());
        assertThat(flush.status()).isNotEqualTo(IoStatus.OK);
    }

    @Test
    void whatAFormerProcessSentIsDeadBeforeTheNextWrites() {
        open(1);
        for (int turn = 1; turn < 60; turn += 2) {
            networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
            ask(IoOperation.WRITE, 8, turn);
            simulation.runUntil(
                    "it is sent", SECOND_NS, () -> !networks.getFirst().held().isEmpty());
            SimNetwork.Held late = networks.getFirst().held().getFirst();
            initiator.kill();
            networks.getFirst().holdIf(null);
            openDisk();
            assertThat(write(8, turn + 1)).isEqualTo(IoStatus.OK);
            late.release(0);
            simulation.runFor(10 * MS_NS);
            assertThat(firstByte(8)).isEqualTo(turn + 1);
            networks.getFirst().held().clear();
        }
    }

    @Test
    void whatAFormerProcessSentByAnotherPortIsDeadBeforeTheNextWrites() {
        open(2);
        SimPort ours = initiator.ports().getFirst();
        SimPort theirs = target.ports().getFirst();
        networks.get(0).cutBoth(ours, theirs);
        initiator.ports().getFirst().link(false);
        simulation.runFor(100 * MS_NS);
        networks.get(1).holdIf((from, to, frame) -> isWrite(frame));
        ask(IoOperation.WRITE, 8, 1);
        assertThat(networks.get(1).held()).isNotEmpty();
        SimNetwork.Held late = networks.get(1).held().getFirst();
        initiator.kill();
        // The next process hears nothing by that port, and is quick.
        networks.get(1).holdIf((from, to, frame) -> true);
        initiator.start();
        simulation.runUntil("the disk is open", 5 * SECOND_NS, initiator::isReady);
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        networks.get(1).holdIf(null);
        late.release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(firstByte(8)).isEqualTo(2);
    }

    @Test
    void anIdentifyThatComesLateDoesNotTurnTheIncarnationBack() {
        open(2);
        // By the second network proofs are asked for, and no answer arrives.
        networks.get(1).holdIf((from, to, frame) -> !isOurs(from) && isAtaAnswer(frame));
        initiator.ports().get(1).link(false);
        simulation.runFor(MS_NS);
        initiator.ports().get(1).link(true);
        simulation.runFor(20 * MS_NS);
        int before = networks.get(1).held().size();
        assertThat(before).isPositive();
        target.powerCut();
        target.start();
        simulation.runUntil(
                "it is seen",
                SECOND_NS,
                () -> initiator.disk().status().state() == BlockDevice.State.ONLINE
                        && upCount() == 1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        networks.get(1).held().get(before - 1).release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(initiator.disk().status().lost()).isFalse();
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
    }

    /** Sends a write of which the network keeps a double. @return the double */
    private SimNetwork.Held writeDoubled(long lba, int fill) {
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
        Io io = ask(IoOperation.WRITE, lba, fill);
        simulation.runUntil(
                "it is sent", SECOND_NS, () -> !networks.getFirst().held().isEmpty());
        networks.getFirst().holdIf(null);
        SimNetwork.Held twice = networks.getFirst().held().removeFirst();
        twice.release(0);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        return twice;
    }

    @Test
    void aDoubleIsDeadBeforeTheNextWriteThoughAFloorCouldNotBeStored() {
        open(1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        target.stateDisk().failSaves(1);
        Io waitsForAFloor = ask(IoOperation.WRITE, 8, 2);
        simulation.runFor(10 * MS_NS);
        assertThat(waitsForAFloor.inFlight()).isTrue();
        SimNetwork.Held late = writeDoubled(16, 3);
        assertThat(end(ask(IoOperation.WRITE, 16, 4), 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        late.release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(firstByte(16)).isEqualTo(4);
    }

    @Test
    void aDoubleIsDeadBeforeTheNextWriteThoughNoFloorCanBeStoredAtAll() {
        target.stateDisk().failSaves(Integer.MAX_VALUE);
        open(1);
        SimNetwork.Held late = writeDoubled(16, 3);
        long answeredNs = simulation.nowNs();
        assertThat(end(ask(IoOperation.WRITE, 16, 4), 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        // Nothing but time says that the double is dead: that of a frame's life.
        assertThat(simulation.nowNs() - answeredNs).isGreaterThan(900 * MS_NS);
        assertThat(firstByte(16)).isEqualTo(4);
        assertThat(late.bytes()).isNotEmpty();
    }

    private int floorTag() {
        return target.stateDisk().stored().orElseThrow().floors().getFirst().tag();
    }

    @Test
    void aFloorFollowsWhatIsSentToOtherDisks() {
        open(1);
        TargetBox other = new TargetBox(simulation, SECTORS)
                .settings(_ -> ExportSettings.of(2, 0).withQueueLength(16))
                .on(networks.getFirst(), THEIRS[1]);
        other.start();
        int before = floorTag();
        // It jumps over all that another process may have sent.
        RemoteDisk opened = initiator.openAlso(new DiskAddress(2, 0));
        simulation.runUntil(
                "it is there",
                5 * SECOND_NS,
                () -> opened.status().state() == BlockDevice.State.ONLINE && floorTag() != before);
        assertThat((floorTag() - before) & Integer.MAX_VALUE).isGreaterThanOrEqualTo(1 << 20);
    }

    @Test
    void anAcknowledgementOfBeforeAPowerCutIsNone() {
        open(1);
        networks.getFirst().holdIf((from, to, frame) -> !isOurs(from) && isAtaAnswer(frame));
        Io write = ask(IoOperation.WRITE, 8, 1);
        SimNetwork.Held answer = networks.getFirst().held().getFirst();
        target.powerCut();
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
        target.start();
        simulation.runUntil(
                "the way is proven again",
                SECOND_NS,
                () -> networks.getFirst().held().size() > 2 && upCount() == 1);
        answer.release(0);
        simulation.runFor(MS_NS);
        assertThat(write.inFlight()).isTrue();
        networks.getFirst().holdIf(null);
        assertThat(end(write, SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(target.medium().peek(8)[0]).isEqualTo((byte) 1);
    }

    /** Sectors of 2 that were acknowledged and not flushed, over sectors of 1 that were. */
    private void writeUnflushed() {
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
    }

    /** Asks for what was written last; data is an answer only from whom the loss is known of. */
    private Io readKnowingly() {
        Io io = ask(IoOperation.READ, 8, 0);
        simulation.runUntil("an end, or the loss", SECOND_NS, () -> !io.inFlight() || isLost());
        assertThat(isLost()).as("known before anything is read").isTrue();
        return io;
    }

    private boolean isLost() {
        return initiator.disk().status().lost();
    }

    @Test
    void whatANewBootHasLeftIsNotReadBeforeTheLossIsKnown() {
        open(1);
        writeUnflushed();
        // Nobody is missed, and nobody hears that it has begun anew.
        networks.getFirst().holdIf((from, to, frame) -> !isOurs(from) && !isAnswer(frame));
        target.powerCut();
        target.start();
        long backNs = simulation.nowNs();
        assertThat(end(readKnowingly(), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(simulation.nowNs() - backNs).isLessThan(20 * MS_NS);
    }

    @Test
    void aReadThatTheNewBootGetsLateIsNotAnsweredFromWhatItHasLeft() {
        open(2);
        writeUnflushed();
        networks.forEach(network -> network.holdIf((from, to, frame) ->
                isAta(frame, AtaCommand.READ_SECTORS_EXT) || (!isOurs(from) && !isAnswer(frame))));
        Io io = ask(IoOperation.READ, 8, 0);
        target.powerCut();
        target.start();
        networks.forEach(network -> {
            network.holdIf((from, to, frame) -> isAta(frame, AtaCommand.IDENTIFY_DEVICE));
            network.held().forEach(late -> late.release(0));
            network.held().clear();
        });
        simulation.runFor(100 * MS_NS);
        assertThat(io.inFlight()).as("while nobody says who is there").isTrue();
        networks.forEach(network -> network.holdIf(null));
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(isLost()).isTrue();
    }

    @Test
    void aProcessThatIsKilledAndBackIsReadAtOnce() {
        open(1);
        writeUnflushed();
        networks.getFirst().holdIf((from, to, frame) -> !isOurs(from) && !isAnswer(frame));
        target.kill();
        target.start();
        long backNs = simulation.nowNs();
        assertThat(firstByte(8)).isEqualTo(2);
        assertThat(simulation.nowNs() - backNs).isLessThan(2 * MS_NS);
        assertThat(isLost()).isFalse();
    }
}
