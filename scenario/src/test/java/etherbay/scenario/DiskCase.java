// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import org.junit.jupiter.api.AfterEach;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A target and a remote disk on networks whose frames a test holds back, for single turns of fate
 * told step by step.
 */
abstract class DiskCase {
    static final long MS_NS = 1_000_000L;
    static final long SECOND_NS = 1_000_000_000L;
    static final int SECTORS = 64;
    static final MacAddress[] OURS = {
        new MacAddress(0x02eb_0000_0001L), new MacAddress(0x02eb_0000_0002L)
    };
    static final MacAddress[] THEIRS = {
        new MacAddress(0x02eb_0000_0101L), new MacAddress(0x02eb_0000_0102L)
    };

    static {
        DiskUser.quiet();
    }

    final Simulation simulation = new Simulation("case", 1);
    final List<SimNetwork> networks = new ArrayList<>();
    final TargetBox target = new TargetBox(simulation, SECTORS);
    final InitiatorBox initiator;

    DiskCase() {
        this(RemoteDiskSettings.DEFAULT);
    }

    DiskCase(RemoteDiskSettings settings) {
        initiator = new InitiatorBox(
                simulation, settings, new SectorHistory(false), 0, (port, frame, atNs) -> {});
    }

    @AfterEach
    void closeSimulation() {
        simulation.close();
    }

    void open(int networkCount) {
        for (int index = 0; index < networkCount; index++) {
            networks.add(new SimNetwork(simulation, "lan" + index));
            target.on(networks.get(index), THEIRS[index]);
            initiator.on(networks.get(index), OURS[index]);
        }
        target.start();
        openDisk();
    }

    void openDisk() {
        initiator.start();
        simulation.runUntil("the disk is open", 5 * SECOND_NS, initiator::isReady);
        simulation.runFor(10 * MS_NS);
    }

    Io ask(IoOperation operation, long lba, int fill) {
        int sectors = operation == IoOperation.FLUSH ? 0 : 2;
        Io io = new Io(1).prepare(operation, lba, sectors);
        MemorySegment memory = simulation.arena().allocate(1024, 512);
        memory.fill((byte) fill);
        if (sectors > 0) {
            io.segment(memory, 0, 1024);
        }
        io.then(_ -> {});
        initiator.node().tell(() -> initiator.disk().submit(io));
        simulation.runFor(MS_NS / 10);
        return io;
    }

    IoStatus end(Io io, long maxNs) {
        simulation.runUntil("an end of " + io, maxNs, () -> !io.inFlight());
        return io.status();
    }

    IoStatus write(long lba, int fill) {
        return end(ask(IoOperation.WRITE, lba, fill), SECOND_NS);
    }

    int firstByte(long lba) {
        Io io = ask(IoOperation.READ, lba, 0);
        assertThat(end(io, SECOND_NS)).isEqualTo(IoStatus.OK);
        return io.segmentMemory(0).get(ValueLayout.JAVA_BYTE, 0);
    }

    static boolean isAta(byte[] frame, int command) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        return AoeHeader.command(memory, 0) == AoeHeader.COMMAND_ATA
                && AtaHeader.command(memory, 0) == command;
    }

    static boolean isWrite(byte[] frame) {
        return isAta(frame, AtaCommand.WRITE_SECTORS_EXT) && !isResponse(frame);
    }

    static boolean isAtaAnswer(byte[] frame) {
        return isResponse(frame)
                && AoeHeader.command(MemorySegment.ofArray(frame), 0) == AoeHeader.COMMAND_ATA;
    }

    static boolean isResponse(byte[] frame) {
        return AoeHeader.response(MemorySegment.ofArray(frame), 0);
    }

    boolean isOurs(SimPort port) {
        return initiator.ports().contains(port);
    }

    List<String> standings() {
        return initiator.disk().status().paths().stream()
                .map(DiskStatus.PathStatus::standing)
                .toList();
    }

    long upCount() {
        return standings().stream().filter("up"::equals).count();
    }

    /** Of something that was asked for: a tag of an initiator, not that of a beacon. */
    static boolean isAnswer(byte[] frame) {
        return isResponse(frame) && AoeHeader.tag(MemorySegment.ofArray(frame), 0) != 0;
    }
}
