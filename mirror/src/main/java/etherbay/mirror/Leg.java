// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One copy: its device, its place in the array, and what is under way on it. Passes requests for
 * the array on to where its data lies. On the loop of the mirror.
 */
final class Leg {
    /** What the superblocks say of it, or are about to. */
    enum Standing {
        IN_SYNC,
        /** Takes all writes; is filled from a leg in sync. */
        RECOVERING,
        SPARE,
        /** Takes nothing. */
        FAULTY
    }

    /** Why a leg is faulty, which says whether it may come back by itself. */
    enum Cause {
        NONE,
        /** It was silent or slow, or had lost its cache: as good as before once it is refilled. */
        AWAY,
        /** It answered with an error: a person looks first. */
        MEDIUM,
        /** A person said so. */
        ASKED,
        /** It was a spare, and another owner has taken it. */
        TAKEN
    }

    static final int BLOCK_BYTES = 4096;
    static final int BLOCK_SECTORS = BLOCK_BYTES / BlockDevice.SECTOR_BYTES;
    private static final int FLIGHT_COUNT_FIRST = 64;

    /** Of the latest latency, an eighth goes into the average. */
    private static final int LATENCY_SHIFT = 3;

    /** A request on its way. */
    private static final class Flight {
        final int id;
        int position;
        long startNs;
        boolean read;

        @Nullable
        Io io;

        Flight(int id) {
            this.id = id;
            this.position = id;
        }
    }

    private final MirrorCore core;
    final String name;
    final BlockDevice device;
    final LegGate gate;
    final String host;

    /** Superblock, claim record and probe, a block each. */
    final MemorySegment superblockBlock;

    final MemorySegment claimBlock;
    final MemorySegment probeBlock;
    private final Io.Completion landed = this::landed;
    private Flight[] flights = {};
    private Flight[] order = {};
    private int flightCount;
    private int readCount;

    /** What its own superblock says of where things lie on it. */
    Superblock superblock;

    /** Where our record lies; negative where there is no room for it. */
    long claimSector;

    int superblockSum;
    Standing standing;
    Cause cause = Cause.NONE;
    String why = "";
    long sinceMs;

    /** Whether that it is faulty stands on all legs in sync. */
    boolean failureDurable = true;

    /** Of the metadata, that says so. */
    long failureVersion;

    /** Of a leg in sync that could not do something: how that ended. */
    @Nullable
    IoStatus trouble;

    boolean troubleIsSilence;
    long troubleNs;

    /** Since when it has answered all that it was asked; after trouble, since its first answer. */
    long answeringNs = Long.MIN_VALUE;

    /** It was away: it may have lost what was not flushed. */
    boolean unproven;

    /** And it has: a FLUSH has said so. */
    boolean cacheLost;

    /** And it was the only one in sync meanwhile: what it may have lost nobody else has. */
    boolean unprovenAlone;

    int outageCount;
    BlockDevice.State state = BlockDevice.State.ONLINE;

    /** Of one that is filled: what lies below is whole, by what its superblock says. */
    long filledSectors;

    /** The same as it is by now, but perhaps not flushed. */
    long copiedSectors;

    /**
     * Of one that is, or was, filled whole: below, it had everything before, durably, and lacks no
     * more than what is marked.
     */
    long keptSectors;

    /** Of one that is filled: whether only what is marked is copied. */
    boolean byIntent;

    /** It is new in the superblocks: its own comes first. */
    boolean joins;

    /** It was a spare, and is asked to fill in. */
    boolean wasSpare;

    /** Its bitmap on the disk is not ours yet: it is written whole. */
    boolean intentUnwritten;

    /** Ranges of the array that it cannot give, by its own log; they are written anew. */
    final List<BadBlocks.Range> badBlocks = new ArrayList<>();

    /** Reads that it answered with an error. */
    long readErrorCount;

    long nextReadLba = -1;
    long latencyNs;

    Leg(
            MirrorCore core,
            Part part,
            Superblock superblock,
            long claimSector,
            Standing standing,
            Arena arena) {
        this.core = core;
        name = part.name();
        device = part.device();
        gate = part.gate();
        host = part.host();
        this.superblock = superblock;
        this.claimSector = claimSector;
        this.standing = standing;
        superblockBlock = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
        claimBlock = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
        probeBlock = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
        addFlights(FLIGHT_COUNT_FIRST);
    }

    /** Whether its superblock on the disk says so at best. */
    boolean isStillSpare() {
        return standing == Standing.SPARE || (standing == Standing.RECOVERING && wasSpare && joins);
    }

    boolean isInSync() {
        return standing == Standing.IN_SYNC;
    }

    /** Whether writes go to it. */
    boolean takesWrites() {
        return standing == Standing.IN_SYNC || standing == Standing.RECOVERING;
    }

    /** It says nothing: until it has flushed again nobody knows what it has kept. */
    void doubt() {
        unproven = true;
        outageCount++;
        noteAlone();
    }

    /** To be asked when it is in doubt, and when another leg has left. */
    void noteAlone() {
        unprovenAlone |= unproven && isInSync() && core.isLast(this);
    }

    /** It has flushed: nothing was lost. */
    void proven() {
        unproven = false;
        cacheLost = false;
        unprovenAlone = false;
    }

    boolean isOnline() {
        return state == BlockDevice.State.ONLINE;
    }

    /** Else nobody knows what of it is durable. */
    boolean canFlush() {
        return device.capabilities().flush();
    }

    /** Whether what it was asked last was met with silence. */
    boolean isSilentNow() {
        return trouble != null && troubleIsSilence;
    }

    /** Whether its log says that it cannot give some of that range. */
    boolean isBad(long lba, long sectors) {
        for (BadBlocks.Range range : badBlocks) {
            if (range.sector() < lba + sectors && lba < range.sector() + range.sectorCount()) {
                return true;
            }
        }
        return false;
    }

    boolean isWriteMostly() {
        return (superblock.deviceFlags() & 1) != 0;
    }

    int number() {
        return superblock.deviceNumber();
    }

    int flightCount() {
        return flightCount;
    }

    int readCount() {
        return readCount;
    }

    /** A request for a range of the array. */
    void submitData(Io io, Io.Completion done, long word) {
        io.then(done, word);
        io.lba(io.lba() + superblock.dataOffset());
        fly(io, true);
    }

    /** A request for sectors of the leg itself, or a FLUSH. */
    void submitRaw(Io io, Io.Completion done, long word) {
        io.then(done, word);
        fly(io, false);
    }

    private void fly(Io io, boolean moved) {
        if (core.isStopped() && io.operation().changesData()) {
            if (moved) {
                io.lba(io.lba() - superblock.dataOffset());
            }
            io.complete(core.stoppedStatus()); // whoever owns it now is not written over
            return;
        }
        if (flightCount == order.length) {
            addFlights(order.length * 2);
        }
        Flight flight = order[flightCount++];
        flight.io = io;
        flight.startNs = core.nowNs();
        flight.read = !io.operation().changesData() && moved;
        if (flight.read) {
            readCount++;
        }
        io.then(landed, (long) flight.id << 1 | (moved ? 1 : 0));
        device.submit(io);
    }

    private void landed(Io io) {
        Flight flight = flights[(int) (io.word() >> 1)];
        if ((io.word() & 1) != 0) {
            io.lba(io.lba() - superblock.dataOffset());
        }
        if (flight.read) {
            readCount--;
            latencyNs += (core.nowNs() - flight.startNs - latencyNs) >> LATENCY_SHIFT;
        }
        flight.io = null;
        Flight last = order[--flightCount];
        place(last, flight.position);
        place(flight, flightCount);
        io.complete(io.status());
    }

    /** When the oldest request began that is still under way; {@code Long.MAX_VALUE} for none. */
    long oldestNs() {
        long oldest = Long.MAX_VALUE;
        for (int index = 0; index < flightCount; index++) {
            oldest = Math.min(oldest, order[index].startNs);
        }
        return oldest;
    }

    /** Ends early what can be ended. */
    void cancelAll() {
        for (int index = flightCount - 1; index >= 0; index--) {
            Io io = order[index].io;
            if (io != null) {
                device.cancel(io);
            }
        }
    }

    private void place(Flight flight, int position) {
        order[position] = flight;
        flight.position = position;
    }

    private void addFlights(int count) {
        int before = flights.length;
        flights = Arrays.copyOf(flights, count);
        order = Arrays.copyOf(order, count);
        for (int id = before; id < count; id++) {
            flights[id] = new Flight(id);
            order[id] = flights[id];
        }
    }

    @Override
    public String toString() {
        return name + " " + standing;
    }
}
