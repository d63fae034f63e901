// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.BlockDevice;
import etherbay.base.Epoch;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.initiator.Ownership;
import etherbay.mirror.LegGate;
import etherbay.node.AoeLegGate;
import etherbay.sim.SimNetwork;
import etherbay.target.ExportState;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A remote disk that is used in a term of ownership: its source address and the target's fence. */
final class RemoteDiskTermTest extends DiskCase {
    private static final UUID NODE = UUID.fromString("6f1c5b1e-3f43-4a53-9f6e-0d6f3c1c2a01");
    private static final MacAddress TERM = MacAddress.ofTerm(NODE, new Epoch(1));

    private void enter(MacAddress term, boolean othersRefused) {
        initiator.node().tell(() -> initiator.disk().source(term, othersRefused));
        simulation.runFor(50 * MS_NS);
    }

    /** Source addresses of what we send from now on. */
    private List<Long> sources() {
        List<Long> seen = new ArrayList<>();
        networks.forEach(network -> network.holdIf((from, to, frame) -> {
            if (isOurs(from)) {
                seen.add(Ethernet.src(MemorySegment.ofArray(frame), 0));
            }
            return false;
        }));
        return seen;
    }

    @Test
    void afterTheSwitchAllFramesComeFromTheTermByAllPorts() {
        open(2);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        List<Long> seen = sources();
        enter(TERM, false);
        assertThat(upCount()).isEqualTo(2);
        for (int lba = 0; lba < 32; lba += 2) {
            assertThat(end(ask(IoOperation.WRITE, lba, 2), 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        }
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(seen).isNotEmpty().containsOnly(TERM.bits());
    }

    @Test
    void aFloorOfTheTermIsSetBeforeAnythingIsWrittenInIt() {
        open(1);
        enter(TERM, true);
        assertThat(target.stateDisk().stored().orElseThrow().floors())
                .extracting(ExportState.Floor::mac)
                .contains(TERM);
    }

    @Test
    void aWriteThatWasSentFromTheAddressBeforeEndsUnknownAndIsNotSentAgain() {
        open(1);
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
        Io io = ask(IoOperation.WRITE, 8, 1);
        assertThat(networks.getFirst().held()).isNotEmpty();
        List<Long> seen = sources();
        enter(TERM, false);
        assertThat(end(io, MS_NS)).isEqualTo(IoStatus.UNKNOWN);
        SimNetwork.Held late = networks.getFirst().held().getFirst();
        // Nothing was fenced: only age says that the old frame is dead.
        long sentNs = simulation.nowNs();
        assertThat(end(ask(IoOperation.WRITE, 8, 2), 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(simulation.nowNs() - sentNs).isGreaterThan(800 * MS_NS);
        assertThat(late.bytes()).isNotEmpty();
        assertThat(seen).containsOnly(TERM.bits());
    }

    @Test
    void aReadThatWasUnderWayEndsAsIfNothingHadHappened() {
        open(1);
        assertThat(write(8, 5)).isEqualTo(IoStatus.OK);
        networks.getFirst().holdIf((from, to, frame) -> isOurs(from));
        Io io = ask(IoOperation.READ, 8, 0);
        networks.getFirst().holdIf(null);
        enter(TERM, false);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
    }

    private static final long PATIENCE_NS = 2 * SECOND_NS;

    private LegGate.Claimed claim(UUID node, long epoch) {
        AtomicReference<LegGate.Claimed> claimed = new AtomicReference<>();
        LegGate gate = new AoeLegGate(initiator.disk(), node, PATIENCE_NS);
        initiator.node().tell(() -> gate.claim(new Epoch(epoch), claimed::set));
        simulation.runUntil("an answer", 3 * SECOND_NS, () -> claimed.get() != null);
        simulation.runFor(50 * MS_NS);
        return claimed.get();
    }

    private ExportState stored() {
        return target.stateDisk().stored().orElseThrow();
    }

    @Test
    void aClaimedLegTakesWritesFromTheTermAlone() {
        open(2);
        assertThat(claim(NODE, 1))
                .isEqualTo(new LegGate.Claimed(LegGate.Outcome.OURS, new Epoch(1)));
        assertThat(stored().owners()).containsExactly(TERM);
        List<Long> seen = sources();
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        assertThat(firstByte(8)).isEqualTo(2);
        assertThat(seen).containsOnly(TERM.bits());
        assertThat(claim(NODE, 1).outcome()).as("again").isEqualTo(LegGate.Outcome.OURS);
        assertThat(claim(NODE, 2).outcome()).as("the next").isEqualTo(LegGate.Outcome.OURS);
        assertThat(write(8, 3)).isEqualTo(IoStatus.OK);
        assertThat(firstByte(8)).isEqualTo(3);
    }

    @Test
    void aWriteOfTheTermBeforeThatIsHeldUpIsRefusedWhenItArrives() {
        open(1);
        claim(NODE, 1);
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
        Io io = ask(IoOperation.WRITE, 8, 1);
        SimNetwork.Held late = networks.getFirst().held().getFirst();
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame) && isOf(frame, TERM));
        assertThat(claim(NODE, 2).outcome()).isEqualTo(LegGate.Outcome.OURS);
        assertThat(end(io, MS_NS)).isEqualTo(IoStatus.UNKNOWN);
        long askedNs = simulation.nowNs();
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        assertThat(simulation.nowNs() - askedNs).as("it waits for nothing").isLessThan(50 * MS_NS);
        late.release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(firstByte(8)).isEqualTo(2);
    }

    @Test
    void aClaimThatIsRepeatedSaysNothingOfWhatTheTermHasSentItself() {
        open(1);
        claim(NODE, 1);
        networks.getFirst().holdIf((from, to, frame) -> isWrite(frame));
        Io io = ask(IoOperation.WRITE, 8, 1);
        SimNetwork.Held late = networks.getFirst().held().getFirst();
        initiator.node().tell(() -> initiator.disk().cancel(io));
        assertThat(end(io, MS_NS)).isEqualTo(IoStatus.UNKNOWN);
        networks.getFirst().holdIf(null);
        assertThat(claim(NODE, 1).outcome()).isEqualTo(LegGate.Outcome.OURS);
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        late.release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(firstByte(8)).isEqualTo(2);
    }

    private static boolean isOf(byte[] frame, MacAddress mac) {
        return Ethernet.src(MemorySegment.ofArray(frame), 0) == mac.bits();
    }

    @Test
    void anotherTermOfTheSameOrAHigherEpochIsTold() {
        open(1);
        claim(UUID.randomUUID(), 7);
        assertThat(claim(NODE, 7))
                .isEqualTo(new LegGate.Claimed(LegGate.Outcome.OTHERS, new Epoch(7)));
        assertThat(claim(NODE, 6).outcome()).isEqualTo(LegGate.Outcome.OTHERS);
        assertThat(claim(NODE, 8).outcome()).isEqualTo(LegGate.Outcome.OURS);
    }

    @Test
    void aClaimWhoseAnswerWasLostIsRepeatedAndFoundInForce() {
        open(1);
        List<byte[]> answers = new ArrayList<>();
        networks.getFirst().holdIf((from, to, frame) -> {
            boolean lost = isFence(frame) && isResponse(frame) && answers.isEmpty();
            if (lost) {
                answers.add(frame);
            }
            return lost;
        });
        assertThat(claim(NODE, 1).outcome()).isEqualTo(LegGate.Outcome.OURS);
        assertThat(answers).hasSize(1);
    }

    private static boolean isFence(byte[] frame) {
        return AoeHeader.command(MemorySegment.ofArray(frame), 0) == AoeHeader.COMMAND_FENCE;
    }

    @Test
    void aTargetThatSaysNothingIsSilentAfterAWhile() {
        open(1);
        target.kill();
        long askedNs = simulation.nowNs();
        assertThat(claim(NODE, 1).outcome()).isEqualTo(LegGate.Outcome.SILENT);
        assertThat(simulation.nowNs() - askedNs).isBetween(PATIENCE_NS, PATIENCE_NS + SECOND_NS);
    }

    @Test
    void aFenceThatCannotBeStoredIsAskedForAgain() {
        open(1);
        target.stateDisk().failSaves(2);
        assertThat(claim(NODE, 1).outcome()).isEqualTo(LegGate.Outcome.OURS);
        assertThat(stored().epoch()).isEqualTo(new Epoch(1));
    }

    /** As a target that knows neither fence nor floor. */
    private void openForeign() {
        target.disguisePorts((node, port) -> new PortDecorator(port) {
            @Override
            public void onFrames(FrameHandler handler) {
                below().onFrames(frame -> {
                    int command = AoeHeader.command(frame.memory(), frame.at());
                    if (command >= AoeHeader.COMMAND_FENCE) {
                        refuse(frame);
                    } else {
                        handler.onFrame(frame);
                    }
                });
            }
        });
        open(1);
    }

    private Ownership.Outcome reserve(MacAddress term, Predicate<MacAddress> isOurs) {
        AtomicReference<Ownership.Answer> answer = new AtomicReference<>();
        initiator
                .node()
                .tell(() -> initiator
                        .disk()
                        .ownership()
                        .reserve(term, isOurs, PATIENCE_NS, answer::set));
        simulation.runUntil("an answer", 3 * SECOND_NS, () -> answer.get() != null);
        return answer.get().outcome();
    }

    private static void refuse(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        frame.retain();
        Ethernet.dst(memory, at, Ethernet.src(memory, at));
        Ethernet.src(memory, at, frame.port().mac().bits());
        int flags = AoeHeader.FLAG_RESPONSE | AoeHeader.FLAG_ERROR;
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, flags);
        AoeHeader.errorCode(memory, at, AoeHeader.ERROR_COMMAND);
        frame.port().commit(frame);
    }

    @Test
    void aTargetWithoutFencesIsReservedForTheTerm() {
        openForeign();
        assertThat(claim(NODE, 1)).isEqualTo(new LegGate.Claimed(LegGate.Outcome.WEAK, Epoch.NONE));
        assertThat(stored().reservations()).containsExactly(TERM);
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        assertThat(claim(NODE, 2).outcome()).isEqualTo(LegGate.Outcome.WEAK);
        assertThat(stored().reservations()).containsExactly(MacAddress.ofTerm(NODE, new Epoch(2)));
        assertThat(end(ask(IoOperation.WRITE, 8, 3), 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
    }

    @Test
    void theReservationOfAnotherIsLeftAlone() {
        openForeign();
        MacAddress other = MacAddress.ofTerm(UUID.randomUUID(), new Epoch(1));
        assertThat(reserve(other, _ -> false)).isEqualTo(Ownership.Outcome.OURS);
        assertThat(claim(NODE, 2).outcome()).isEqualTo(LegGate.Outcome.OTHERS);
        assertThat(stored().reservations()).containsExactly(other);
    }

    @Test
    void aFormerProcessOfThisNodeIsNoOther() {
        openForeign();
        claim(NODE, 3);
        MacAddress former = MacAddress.ofTerm(NODE, new Epoch(3));
        assertThat(stored().reservations()).containsExactly(former);
        initiator.kill();
        openDisk();
        assertThat(reserve(TERM, former::equals)).isEqualTo(Ownership.Outcome.OURS);
        assertThat(stored().reservations()).containsExactly(TERM);
    }

    private LegGate gate() {
        return new AoeLegGate(initiator.disk(), NODE, PATIENCE_NS);
    }

    private LegGate.Claimed answer(Consumer<Consumer<LegGate.Claimed>> question) {
        AtomicReference<LegGate.Claimed> answer = new AtomicReference<>();
        initiator.node().tell(() -> question.accept(answer::set));
        simulation.runUntil("an answer", 3 * SECOND_NS, () -> answer.get() != null);
        return answer.get();
    }

    @Test
    void aTermHearsThatALaterOneHasTheDisk() {
        open(1);
        LegGate gate = gate();
        answer(told -> gate.claim(new Epoch(3), told));
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)))
                .isEqualTo(new LegGate.Claimed(LegGate.Outcome.OURS, new Epoch(3)));
        MacAddress other = MacAddress.ofTerm(UUID.randomUUID(), new Epoch(4));
        AtomicReference<Ownership.Answer> fenced = new AtomicReference<>();
        initiator
                .node()
                .tell(() -> initiator
                        .disk()
                        .ownership()
                        .fence(new Epoch(4), List.of(other), PATIENCE_NS, fenced::set));
        simulation.runUntil("fenced", 3 * SECOND_NS, () -> fenced.get() != null);
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)))
                .isEqualTo(new LegGate.Claimed(LegGate.Outcome.OTHERS, new Epoch(4)));
        target.kill();
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)).outcome())
                .isEqualTo(LegGate.Outcome.SILENT);
    }

    @Test
    void aTermHearsThatAnotherHasReservedWhatItHad() {
        openForeign();
        LegGate gate = gate();
        answer(told -> gate.claim(new Epoch(3), told));
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)).outcome())
                .isEqualTo(LegGate.Outcome.OURS);
        AtomicReference<Ownership.Answer> let = new AtomicReference<>();
        initiator.node().tell(() -> initiator.disk().ownership().release(PATIENCE_NS, let::set));
        simulation.runUntil("let go", 3 * SECOND_NS, () -> let.get() != null);
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)).outcome())
                .as("forgotten, and nobody else's")
                .isEqualTo(LegGate.Outcome.OURS);
        MacAddress other = MacAddress.ofTerm(UUID.randomUUID(), new Epoch(1));
        assertThat(reserve(other, _ -> false)).isEqualTo(Ownership.Outcome.OURS);
        assertThat(answer(told -> gate.confirm(new Epoch(3), told)).outcome())
                .isEqualTo(LegGate.Outcome.OTHERS);
    }

    @Test
    void ofATargetThatKnowsNoOwnersNothingIsHeard() {
        openForeign();
        assertThat(answer(told -> gate().confirm(new Epoch(3), told)).outcome())
                .isEqualTo(LegGate.Outcome.WEAK);
    }

    @Test
    void aDiskThatLostWritesIsTrustedAgainWhenItIsRenewed() {
        target.settings(settings -> settings.withWriteCache(true));
        open(1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        target.powerCut();
        target.start();
        simulation.runFor(SECOND_NS);
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), 2 * SECOND_NS)).isEqualTo(IoStatus.FAILED);
        initiator.node().tell(() -> new AoeLegGate(initiator.disk(), NODE, 1).renew());
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(initiator.disk().status().lost()).isFalse();
    }

    @Test
    void aLossWithoutAnOutageIsToldToWhoeverListens() {
        target.settings(settings -> settings.withWriteCache(true));
        open(1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        List<BlockDevice.State> told = new ArrayList<>();
        initiator.disk().listen(new BlockDevice.Listener() {
            @Override
            public void stateChanged(BlockDevice device, BlockDevice.State state) {
                told.add(state);
            }
        });
        target.powerCut();
        target.start();
        simulation.runFor(2 * SECOND_NS);
        assertThat(end(ask(IoOperation.READ, 8, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(initiator.disk().status().lost()).isTrue();
        assertThat(told).containsExactly(BlockDevice.State.ONLINE);
    }
}
