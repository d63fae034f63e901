// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AwayHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A target that stops in order says when it is back, and is waited for until then. */
final class RemoteDiskAwayTest extends DiskCase {
    private static final int AWAY_MS = 10_000;

    RemoteDiskAwayTest() {
        super(RemoteDiskSettings.DEFAULT.withFailAfterNs(SECOND_NS));
    }

    private void stopForAWhile() {
        target.away(AWAY_MS);
        simulation.runFor(MS_NS);
        target.kill();
    }

    @Test
    void whatWaitsForATargetThatIsAwayForFiveSecondsIsDoneWhenItIsBack() {
        open(2);
        stopForAWhile();
        Io write = ask(IoOperation.WRITE, 8, 1);
        Io read = ask(IoOperation.READ, 16, 0);
        simulation.runFor(5 * SECOND_NS);
        assertThat(write.inFlight()).isTrue();
        assertThat(read.inFlight()).isTrue();
        target.start();
        assertThat(end(write, 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(end(read, SECOND_NS)).isEqualTo(IoStatus.OK);
        assertThat(initiator.counter("initiator.gave-up")).isZero();
    }

    @Test
    void aTargetThatIsNotBackInTimeHasFailed() {
        open(1);
        stopForAWhile();
        Io write = ask(IoOperation.WRITE, 8, 1);
        simulation.runFor(9 * SECOND_NS);
        assertThat(write.inFlight()).isTrue();
        simulation.runFor(2 * SECOND_NS);
        assertThat(write.inFlight()).isFalse();
        assertThat(write.status()).isEqualTo(IoStatus.UNKNOWN);
    }

    @Test
    void aTargetThatCameBackIsWaitedForNoLongerThanOthers() {
        open(1);
        stopForAWhile();
        Io write = ask(IoOperation.WRITE, 8, 1);
        simulation.runFor(SECOND_NS);
        target.start();
        assertThat(end(write, 2 * SECOND_NS)).isEqualTo(IoStatus.OK);
        target.kill();
        Io later = ask(IoOperation.READ, 8, 1);
        simulation.runFor(2 * SECOND_NS);
        assertThat(later.inFlight()).isFalse();
    }

    @Test
    void moreThanTenSecondsAreTenAndSaidTwiceTheyAreNoMore() {
        open(1);
        target.away(60_000);
        simulation.runFor(SECOND_NS);
        target.away(60_000);
        simulation.runFor(MS_NS);
        target.kill();
        Io read = ask(IoOperation.READ, 8, 1);
        simulation.runFor(10 * SECOND_NS);
        assertThat(read.inFlight()).isFalse();
    }

    @Test
    void whatSomebodyElseSaysInTheNameOfTheDiskCountsForNothing() {
        open(1);
        SimNode stranger = simulation.node("stranger");
        SimPort port =
                networks.getFirst().port(stranger, "eth0", new MacAddress(0x02eb_0000_0777L));
        byte[] frame = new byte[Ethernet.FRAME_BYTES_MIN];
        MemorySegment memory = MemorySegment.ofArray(frame);
        Ethernet.dst(memory, 0, Ethernet.BROADCAST);
        Ethernet.src(memory, 0, port.mac().bits());
        Ethernet.type(memory, 0, Ethernet.TYPE_AOE);
        AoeHeader.versionFlags(memory, 0, AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
        AoeHeader.shelf(memory, 0, TargetBox.SHELF);
        AoeHeader.slot(memory, 0, TargetBox.SLOT);
        AoeHeader.command(memory, 0, AoeHeader.COMMAND_AWAY);
        AwayHeader.write(memory, 0, AWAY_MS);
        stranger.tell(() -> {
            Frame sent = port.claim(frame.length);
            if (sent != null) {
                MemorySegment.copy(
                        frame, 0, sent.memory(), ValueLayout.JAVA_BYTE, sent.at(), frame.length);
                port.commit(sent);
            }
        });
        simulation.runFor(MS_NS);
        assertThat(initiator.counter("initiator.away.ignored")).isEqualTo(1);
        target.kill();
        Io read = ask(IoOperation.READ, 8, 1);
        simulation.runFor(2 * SECOND_NS);
        assertThat(read.inFlight()).isFalse();
    }
}
