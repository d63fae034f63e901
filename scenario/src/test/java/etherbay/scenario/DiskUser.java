// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNode;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A user of a block device that keeps nothing apart by itself: random writes, with and without FUA,
 * reads, FLUSHes and TRIMs, with a {@link SectorHistory} that judges every read, and takes a FLUSH
 * that succeeded at its word: all that was acknowledged before it is there for ever.
 */
final class DiskUser {
    /** A write, as {@link SectorHistory} numbers it, and how it ended. */
    @FunctionalInterface
    interface LostWrite {
        void ended(long lba, int sectors, long number, IoStatus status);
    }

    /** Ten thousand outages would fill the log. */
    private static final Logger INITIATOR_LOG = Logger.getLogger("etherbay.initiator");

    private final SimNode node;
    private final BlockDevice device;
    private final SectorHistory history;
    private final Prng prng;
    private final int sectorsMax;
    private final Deque<Io> free = new ArrayDeque<>();
    private final MemorySegment[] memory;
    private int toIssueCount;
    private int toFlushCount;
    private long toReadLba = Long.MAX_VALUE;
    private int inFlightCount;
    private int failedCount;
    private int flushFailedCount;

    /**
     * Writes without FUA acknowledged with no FLUSH under way, of these before a FLUSH that held,
     * and at a power cut.
     */
    private long ackedCount;

    private LostWrite lostWrite = (lba, sectors, number, status) -> {};
    private long flushedCount;
    private long cutCount;
    private int cutAt;
    private int flushesInFlight;

    /** Sectors below may hold anything: their only copy is damaged on purpose. */
    private long expendableSectors;

    private final Map<IoStatus, Integer> ends = new EnumMap<>(IoStatus.class);
    private final IdentityHashMap<Io, Long> writing = new IdentityHashMap<>();

    DiskUser(SimNode node, BlockDevice device, SectorHistory history, int slots, int sectorsMax) {
        this.node = node;
        this.device = device;
        this.history = history;
        this.sectorsMax = sectorsMax;
        prng = node.simulation().prng().fork();
        memory = new MemorySegment[slots];
        for (int slot = 0; slot < slots; slot++) {
            memory[slot] = node.simulation()
                    .arena()
                    .allocate((long) sectorsMax * BlockDevice.SECTOR_BYTES, 512);
            free.add(new Io(2).context(slot));
        }
    }

    /** Hears of each write that did not end well. */
    void onLostWrite(LostWrite listener) {
        lostWrite = listener;
    }

    /** What an initiator reports is not printed; a replay shows the steps instead. */
    static void quiet() {
        INITIATOR_LOG.setLevel(Level.OFF);
    }

    /** What becomes of the first sectors is not judged, but that requests for them end. */
    DiskUser expendable(long sectors) {
        expendableSectors = sectors;
        return this;
    }

    void issue(int count) {
        toIssueCount += count;
        node.tell(this::step);
    }

    /** One FLUSH, whatever else is issued. */
    void flush() {
        toFlushCount++;
        node.tell(this::step);
    }

    boolean finished() {
        return toIssueCount == 0
                && toFlushCount == 0
                && toReadLba >= device.sectors()
                && inFlightCount == 0;
    }

    /** How many requests that are no FLUSH ended like that. */
    int endedWith(IoStatus status) {
        return ends.getOrDefault(status, 0);
    }

    /** Counts {@link #endedWith} from 0 again. */
    void forgetEnds() {
        ends.clear();
    }

    /** Its process is gone; what it had asked for is dead once a successor has a floor. */
    void gone() {
        writing.clear();
    }

    /** Requests that did not end with OK. */
    int failedCount() {
        return failedCount;
    }

    int flushFailedCount() {
        return flushFailedCount;
    }

    private void step() {
        while (toReadLba < device.sectors() && !free.isEmpty()) {
            int sectors = (int) Math.min(sectorsMax, device.sectors() - toReadLba);
            toReadLba += sectors;
            read(free.remove(), toReadLba - sectors, sectors);
        }
        while (toFlushCount > 0 && !free.isEmpty()) {
            toFlushCount--;
            flush(free.remove());
        }
        while (toIssueCount > 0 && !free.isEmpty()) {
            toIssueCount--;
            Io io = free.remove();
            int kind = prng.below(100);
            long from = expendableSectors > 0 && prng.chance(0.1) ? 0 : expendableSectors;
            long to = from < expendableSectors ? expendableSectors : device.sectors();
            int sectors = 1 + prng.below((int) Math.min(sectorsMax, to - from));
            long lba = from + prng.below(to - from - sectors + 1);
            if (from < expendableSectors) {
                spend(io, lba, sectors, kind < 50);
            } else if (kind < 35) {
                read(io, lba, sectors);
            } else if (kind < 45 && device.capabilities().flush()) {
                flush(io);
            } else if (kind < 50 && device.capabilities().zeroesAfterTrim()) {
                zero(io, lba, sectors);
            } else {
                write(io, lba, sectors, kind < 60 && device.capabilities().fua());
            }
        }
    }

    /** Reads all sectors and judges them; the caller runs until {@link #finished}. */
    void readAll() {
        toReadLba = expendableSectors;
        node.tell(this::step);
    }

    private MemorySegment memoryOf(Io io) {
        Object slot = io.context();
        return memory[slot instanceof Integer index ? index : 0];
    }

    /** In two pieces where it can be, so that parts meet the seam between them. */
    private Io prepare(Io io, IoOperation operation, long lba, int sectors) {
        int bytes = sectors * BlockDevice.SECTOR_BYTES;
        int first = sectors > 1 ? prng.below(sectors - 1) * BlockDevice.SECTOR_BYTES + 512 : bytes;
        io.prepare(operation, lba, sectors).segment(memoryOf(io), 0, first);
        if (first < bytes) {
            io.segment(memoryOf(io), first, bytes - first);
        }
        return io;
    }

    /** A request whose data nobody judges. */
    private void spend(Io io, long lba, int sectors, boolean read) {
        memoryOf(io).fill((byte) 0xee);
        submit(prepare(io, read ? IoOperation.READ : IoOperation.WRITE, lba, sectors), () -> {});
    }

    private void zero(Io io, long lba, int sectors) {
        long number = history.zeroesBegin(lba, sectors);
        writing.put(io, number);
        submit(io.prepare(IoOperation.WRITE_ZEROES, lba, sectors), () -> {
            if (io.status().isOk()) {
                history.writeAcked(number);
                ackedCount += flushesInFlight == 0 ? 1 : 0;
            }
        });
    }

    private void write(Io io, long lba, int sectors, boolean fua) {
        long number = history.writeBegins(lba, sectors);
        SectorPattern.fill(memoryOf(io), 0, lba, sectors, number);
        writing.put(io, number);
        submit(prepare(io, IoOperation.WRITE, lba, sectors).fua(fua), () -> {
            if (!io.status().isOk()) {
                lostWrite.ended(lba, sectors, number, io.status());
                return;
            }
            if (fua) {
                history.writeAckedDurable(number);
            } else {
                history.writeAcked(number);
                // One acknowledged beside a FLUSH may be covered by it, or not: neither is wrong.
                ackedCount += flushesInFlight == 0 ? 1 : 0;
            }
        });
    }

    private void read(Io io, long lba, int sectors) {
        long begunAt = history.readBegins();
        submit(prepare(io, IoOperation.READ, lba, sectors), () -> {
            for (int sector = 0; io.status().isOk() && sector < sectors; sector++) {
                long at = (long) sector * BlockDevice.SECTOR_BYTES;
                long found = SectorPattern.writeOf(memoryOf(io), at, lba + sector);
                history.checkRead(begunAt, lba + sector, found);
            }
        });
    }

    /** The disk lost its power: a FLUSH that covers what is not flushed must fail from now on. */
    void powerCut() {
        cutCount = ackedCount;
        cutAt++;
    }

    private void flush(Io io) {
        long begunAt = history.flushBegins();
        long coveredCount = ackedCount;
        int begunAfter = cutAt;
        flushesInFlight++;
        submit(io.prepare(IoOperation.FLUSH, 0, 0), () -> {
            flushesInFlight--;
            if (!io.status().isOk()) {
                flushFailedCount++;
                return;
            }
            if (begunAfter == cutAt && cutCount > flushedCount) {
                throw new AssertionError("a FLUSH succeeded though the power was lost with "
                        + (cutCount - flushedCount) + " acknowledged writes not flushed");
            }
            flushedCount = Math.max(flushedCount, coveredCount);
            history.flushPromised(begunAt);
        });
    }

    private void submit(Io io, Runnable judge) {
        inFlightCount++;
        io.then(ended -> {
            inFlightCount--;
            failedCount += io.status().isOk() ? 0 : 1;
            node.simulation()
                    .trace("user " + io.operation() + " " + io.status(), io.lba(), io.sectors());
            node.simulation().mark("user " + io.operation() + " " + io.status());
            if (io.status() == IoStatus.RANGE || io.status() == IoStatus.UNSUPPORTED) {
                throw new AssertionError("refused what was right: " + io);
            }
            if (io.operation() != IoOperation.FLUSH) {
                ends.merge(io.status(), 1, Integer::sum);
            }
            Long number = writing.remove(io);
            if (number != null && !io.status().isOk()) {
                history.writeEnded(number);
            }
            judge.run();
            free.add(io);
            node.tell(this::step);
        });
        device.submit(io);
    }
}
