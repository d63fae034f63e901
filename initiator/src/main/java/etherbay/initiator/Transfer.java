// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Payload;
import etherbay.aoe.TrimRange;
import etherbay.base.Check;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A part of a request that is on its way to the disk: as many sectors as one frame carried when it
 * began. When frames carry less on the path that it takes now, it goes in several steps. Holds the
 * place of the part in the memory of its {@link Io}. Owned by the disk's loop.
 */
final class Transfer extends Exchange {
    /** Sectors that one TRIM names at most: a sector full of ranges. */
    static final long TRIM_SECTORS_MAX = (long) TrimRange.PER_SECTOR * TrimRange.SECTORS_MAX;

    /** A loop that turns when it should is late by less. */
    private static final long LATE_NS = 200_000;

    /** In this time a loop polls what came while it did not turn: a few frames each turn. */
    private static final long LATE_GRACE_NS = 1_000_000;

    private final Transfers transfers;

    @Nullable
    DiskRequest request;

    /** Where it is now in the list of transfers that wait, see {@link Transfers}. */
    boolean waiting;

    @Nullable
    Path path;

    private long lba;
    private long sectors;
    private long doneSectors;

    /** Sectors from the beginning of the request to the beginning of this part. */
    private long skipSectors;

    private boolean trims;

    /** Transmissions since it last came further: what the wait for an answer grows with. */
    private int attemptCount;

    /** Sectors of a frame that was refused, when smaller ones are tried in its place; else 0. */
    private int refusedSectors;

    /** Whether the last transmission was given {@link #LATE_GRACE_NS} already. */
    private boolean graced;

    Transfer(Transfers transfers, DiskAddress address, TagTable tags, Timers timers) {
        super(address, AoeHeader.COMMAND_ATA, tags, timers);
        this.transfers = transfers;
    }

    /** Becomes a part of {@code owner}: {@code count} sectors, {@code skip} into it. */
    void begin(DiskRequest owner, long skip, long count, boolean asTrim) {
        begin();
        request = owner;
        skipSectors = skip;
        lba = io().lba() + skip;
        sectors = count;
        doneSectors = 0;
        trims = asTrim;
        attemptCount = 0;
        refusedSectors = 0;
    }

    Io io() {
        DiskRequest owner = request;
        Check.that(owner != null, "a transfer that is open has a request");
        return owner.io();
    }

    boolean changesData() {
        return io().operation().changesData();
    }

    long lba() {
        return lba;
    }

    long sectors() {
        return sectors;
    }

    /** Whether nothing of it was ever sent. */
    boolean isUnsent() {
        return transmissionCount() == 0;
    }

    @Override
    void answered(Answer answer) {
        transfers.answered(this, answer);
    }

    @Override
    void expired() {
        transfers.expired(this);
    }

    int attemptCount() {
        return attemptCount;
    }

    /**
     * Its time is up. When the loop did not turn in time, because the machine gave it no core, the
     * answer may lie in the port since: it is given a little longer, once for each transmission.
     *
     * @return whether it is
     */
    boolean isGraced(long nowNs) {
        if (graced || nowNs - dueNs() < LATE_NS) {
            return false;
        }
        graced = true;
        wakeAt(nowNs + LATE_GRACE_NS);
        return true;
    }

    /** Notes that sectors up to the end of that transmission are done. @return whether all are */
    boolean done(Answer answer) {
        if (trims) {
            return true;
        }
        int end = answer.first() + answer.count();
        if (answer.first() <= doneSectors && end > doneSectors) {
            doneSectors = end;
            attemptCount = 0;
            if (refusedSectors > answer.count()) {
                answer.path().tooLarge(refusedSectors);
                refusedSectors = 0;
            }
        }
        return doneSectors >= sectors;
    }

    /**
     * The target refused a transmission. Its MTU may be another one since it was last heard of, so
     * that the frame, or its answer, is too large for it: tried once more with the least.
     *
     * @return whether the refusal is final; that of a large one is not
     */
    boolean refused(Answer answer) {
        if (trims || answer.count() <= Ladder.SECTORS_MIN) {
            return true;
        }
        if (refusedSectors == 0) {
            refusedSectors = answer.count();
            transfers.sendAgain(this);
        }
        return false;
    }

    /** Whether a transmission that was never answered may still land. */
    boolean hasLooseCopies() {
        return unansweredCount() > 0;
    }

    /** Sectors that a frame by that path is to carry, or its answer. */
    private int carriedSectors(Path by) {
        int most = refusedSectors > 0 ? Ladder.SECTORS_MIN : by.sectors();
        return trims ? 1 : (int) Math.min(sectors - doneSectors, most);
    }

    /**
     * Sends what is not done yet, as far as a frame carries it.
     *
     * @param mark of the incarnation that a read is bound to; 0 for none
     * @return whether the port had a frame for it
     */
    boolean send(Path by, DiskAddress address, boolean fua, int mark, long nowNs) {
        int count = carriedSectors(by);
        boolean withData = io().operation() != IoOperation.READ;
        Frame frame =
                by.claim(address, AoeHeader.COMMAND_ATA, Payload.frameBytes(withData ? count : 0));
        if (frame == null) {
            return false;
        }
        MemorySegment memory = frame.memory();
        long at = frame.at();
        long number = transmission(by, (int) doneSectors, count, nowNs);
        AoeHeader.tag(memory, at, TagTable.tagOf(number));
        registers(memory, at, count, fua);
        if (!withData) {
            AtaHeader.mark(memory, at, mark);
        }
        if (trims) {
            fillRanges(memory, at);
        } else if (io().operation() == IoOperation.WRITE) {
            io().copyTo(rangeAt(doneSectors), memory, at + AtaHeader.END, bytes(count));
        } else if (withData) {
            memory.asSlice(at + AtaHeader.END, (long) count * AtaHeader.SECTOR_BYTES)
                    .fill((byte) 0);
        }
        by.port().commit(frame);
        attemptCount++;
        graced = false;
        return true;
    }

    private void registers(MemorySegment memory, long at, int count, boolean fua) {
        boolean reads = io().operation() == IoOperation.READ;
        AtaHeader.aflags(
                memory, at, AtaHeader.AFLAG_EXTENDED | (reads ? 0 : AtaHeader.AFLAG_WRITE));
        AtaHeader.feature(memory, at, trims ? AtaCommand.DSM_TRIM : 0);
        AtaHeader.sectorCount(memory, at, count);
        AtaHeader.command(
                memory,
                at,
                reads
                        ? AtaCommand.READ_SECTORS_EXT
                        : trims
                                ? AtaCommand.DATA_SET_MANAGEMENT
                                : fua
                                        ? AtaCommand.WRITE_DMA_FUA_EXT
                                        : AtaCommand.WRITE_SECTORS_EXT);
        AtaHeader.lba(memory, at, trims ? 0 : lba + doneSectors);
        AtaHeader.clearReserved(memory, at);
    }

    private void fillRanges(MemorySegment memory, long at) {
        memory.asSlice(at + AtaHeader.END, AtaHeader.SECTOR_BYTES).fill((byte) 0);
        long leftSectors = sectors;
        for (int index = 0; leftSectors > 0; index++) {
            int count = (int) Math.min(leftSectors, TrimRange.SECTORS_MAX);
            TrimRange.set(memory, at, index, lba + sectors - leftSectors, count);
            leftSectors -= count;
        }
    }

    /** Puts the data of a read's answer where the request wants it. */
    void take(Answer answer) {
        Frame frame = answer.frame();
        io().copyFrom(
                        rangeAt(answer.first()),
                        frame.memory(),
                        frame.at() + AtaHeader.END,
                        bytes(answer.count()));
    }

    /** Where in the request's memory sector {@code first} of this part is. */
    private long rangeAt(long first) {
        return (skipSectors + first) * AtaHeader.SECTOR_BYTES;
    }

    private static long bytes(int sectors) {
        return (long) sectors * AtaHeader.SECTOR_BYTES;
    }

    /** Leaves its path and forgets its transmissions; what came of it goes to the request. */
    void finish(IoStatus outcome) {
        leavePath();
        end();
        DiskRequest owner = request;
        Check.that(owner != null, "a transfer that is open has a request");
        request = null;
        owner.partDone(outcome);
    }

    void leavePath() {
        Path left = path;
        if (left != null) {
            left.left();
            path = null;
        }
    }

    void takePath(Path taken) {
        leavePath();
        path = taken;
        taken.entered();
    }
}
