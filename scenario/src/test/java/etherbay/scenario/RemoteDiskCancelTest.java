// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimNetwork;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request to a remote disk that is cancelled: how it ends, and that its memory is free then. */
final class RemoteDiskCancelTest extends DiskCase {
    /** Cancels it, and demands that it does not end within the call. */
    private void cancel(Io io) {
        AtomicBoolean cancelled = new AtomicBoolean();
        initiator.node().tell(() -> {
            assertThat(initiator.disk().cancel(io)).isTrue();
            assertThat(io.inFlight()).as("ends later").isTrue();
            cancelled.set(true);
        });
        simulation.runUntil("it is cancelled", SECOND_NS, cancelled::get);
    }

    private Io askAndHold(IoOperation operation, int fill) {
        networks.getFirst().holdIf((from, to, frame) -> isOurs(from));
        Io io = ask(operation, 8, fill);
        simulation.runUntil(
                "it is sent", SECOND_NS, () -> !networks.getFirst().held().isEmpty());
        return io;
    }

    @Test
    void aWriteThatWasSentMayLandAndIsNotSentAgain() {
        open(1);
        Io io = askAndHold(IoOperation.WRITE, 1);
        cancel(io);
        assertThat(end(io, MS_NS)).isEqualTo(IoStatus.UNKNOWN);
        io.segmentMemory(0).fill((byte) 7);
        int sentCount = networks.getFirst().held().size();
        simulation.runFor(100 * MS_NS);
        assertThat(networks.getFirst().held().stream().filter(held -> isWrite(held.bytes())))
                .hasSizeLessThanOrEqualTo(sentCount);
        networks.getFirst().held().getFirst().release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(target.medium().peek(8)[0]).as("what it was").isEqualTo((byte) 1);
    }

    @Test
    void aLaterWriteWaitsUntilTheCancelledOneIsDead() {
        open(1);
        Io io = askAndHold(IoOperation.WRITE, 1);
        cancel(io);
        end(io, MS_NS);
        SimNetwork.Held late = networks.getFirst().held().getFirst();
        networks.getFirst().holdIf(null);
        assertThat(write(8, 2)).isEqualTo(IoStatus.OK);
        late.release(0);
        simulation.runFor(10 * MS_NS);
        assertThat(firstByte(8)).isEqualTo(2);
    }

    @Test
    void aWriteOfWhichNothingWasSentDidNotHappen() {
        open(1);
        Io first = askAndHold(IoOperation.WRITE, 1);
        Io guarded = ask(IoOperation.WRITE, 8, 2);
        cancel(guarded);
        assertThat(end(guarded, MS_NS)).isEqualTo(IoStatus.OFFLINE);
        networks.getFirst().holdIf(null);
        assertThat(end(first, SECOND_NS)).isEqualTo(IoStatus.OK);
        simulation.runFor(SECOND_NS);
        assertThat(target.medium().peek(8)[0]).isEqualTo((byte) 1);
    }

    @Test
    void anAnswerToACancelledReadTouchesNothing() {
        open(1);
        assertThat(write(8, 5)).isEqualTo(IoStatus.OK);
        networks.getFirst().holdIf((from, to, frame) -> isAtaAnswer(frame));
        Io io = ask(IoOperation.READ, 8, 0);
        simulation.runUntil(
                "it is answered", SECOND_NS, () -> !networks.getFirst().held().isEmpty());
        cancel(io);
        assertThat(end(io, MS_NS)).isEqualTo(IoStatus.OFFLINE);
        networks.getFirst().holdIf(null);
        networks.getFirst().held().forEach(held -> held.release(0));
        simulation.runFor(10 * MS_NS);
        assertThat(io.segmentMemory(0).get(ValueLayout.JAVA_BYTE, 0)).isZero();
    }

    @Test
    void aFlushThatIsCancelledLeavesTheNextOneItsWork() {
        open(1);
        assertThat(write(8, 1)).isEqualTo(IoStatus.OK);
        Io flush = askAndHold(IoOperation.FLUSH, 0);
        cancel(flush);
        assertThat(end(flush, MS_NS)).isEqualTo(IoStatus.OFFLINE);
        networks.getFirst().holdIf(null);
        assertThat(end(ask(IoOperation.FLUSH, 0, 0), SECOND_NS)).isEqualTo(IoStatus.OK);
    }

    @Test
    void whatHasEndedIsNotCancelled() {
        open(1);
        Io io = ask(IoOperation.WRITE, 8, 1);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        AtomicBoolean had = new AtomicBoolean(true);
        initiator.node().tell(() -> had.set(initiator.disk().cancel(io)));
        simulation.runFor(MS_NS);
        assertThat(had).isFalse();
    }
}
