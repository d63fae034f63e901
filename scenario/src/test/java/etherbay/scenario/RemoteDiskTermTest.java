// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.Ethernet;
import etherbay.base.Epoch;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.sim.SimNetwork;
import etherbay.target.ExportState;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

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
}
