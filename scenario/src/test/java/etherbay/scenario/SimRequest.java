// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Consumer;

/** One request of a {@link SimInitiator}, over all its transmissions, and how it ended. */
final class SimRequest {
    /** How it ended, in the words of the wire. */
    enum Outcome {
        /** Not answered yet. */
        OPEN,
        OK,
        /** An ATA status with an error; see {@link SimRequest#error}. */
        ATA_ERROR,
        /** The AoE error flag, or a vendor error; see {@link SimRequest#error}. */
        REFUSED
    }

    final int command;
    final int opcode;
    final long lba;
    final int sectors;

    /** Of a write: what its sectors say, see {@code SectorPattern}. */
    final long write;

    /** Of a fence: the epoch asked for. */
    final long epoch;

    final List<MacAddress> owners;

    Outcome outcome = Outcome.OPEN;
    int error;
    int transmissionCount;
    long askedNs;
    long lastSentNs;

    /** Of a read: which writes the sectors came from. */
    long[] found = {};

    /** Of a fence: epoch and owners in force. */
    long epochInForce;

    List<Long> ownersInForce = List.of();

    @Nullable
    Consumer<SimRequest> done;

    private SimRequest(
            int command,
            int opcode,
            long lba,
            int sectors,
            long write,
            long epoch,
            List<MacAddress> owners) {
        this.command = command;
        this.opcode = opcode;
        this.lba = lba;
        this.sectors = sectors;
        this.write = write;
        this.epoch = epoch;
        this.owners = owners;
    }

    private static SimRequest ata(int opcode, long lba, int sectors, long write) {
        return new SimRequest(AoeHeader.COMMAND_ATA, opcode, lba, sectors, write, 0, List.of());
    }

    static SimRequest write(long lba, int sectors, long write) {
        return ata(AtaCommand.WRITE_SECTORS_EXT, lba, sectors, write);
    }

    static SimRequest writeFua(long lba, int sectors, long write) {
        return ata(AtaCommand.WRITE_DMA_FUA_EXT, lba, sectors, write);
    }

    static SimRequest read(long lba, int sectors) {
        return ata(AtaCommand.READ_SECTORS_EXT, lba, sectors, 0);
    }

    static SimRequest flush() {
        return ata(AtaCommand.FLUSH_CACHE_EXT, 0, 0, 0);
    }

    /** Takes the disk over for that term. */
    static SimRequest fence(long epoch, List<MacAddress> owners) {
        return new SimRequest(AoeHeader.COMMAND_FENCE, 0, 0, 0, 0, epoch, owners);
    }

    SimRequest then(Consumer<SimRequest> whenDone) {
        done = whenDone;
        return this;
    }

    boolean isAta() {
        return command == AoeHeader.COMMAND_ATA;
    }

    boolean isWrite() {
        return isAta() && AtaCommand.of(opcode).writes();
    }

    boolean isRead() {
        return isAta() && AtaCommand.of(opcode).repliesData();
    }

    boolean isOk() {
        return outcome == Outcome.OK;
    }

    boolean isOpen() {
        return outcome == Outcome.OPEN;
    }

    @Override
    public String toString() {
        String what = isAta()
                ? AtaCommand.of(opcode) + " lba " + lba + " sectors " + sectors + " write " + write
                : "fence epoch " + epoch;
        return what + ": " + outcome + " " + error + " after " + transmissionCount + " sent";
    }
}
