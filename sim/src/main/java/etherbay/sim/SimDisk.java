// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.LoopPart;
import etherbay.base.Prng;
import etherbay.base.Quiescence;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link SimMedium} as one process has it open. Each request takes a time of its own; a write
 * lands in the cache at a moment between submission and completion, taken from the caller's memory
 * at that moment, at times in two pieces. FLUSH and FUA make durable exactly what the contract of
 * {@link BlockDevice} says, and a little more by chance.
 *
 * <p>Adds itself to the loop of its node and dies with it: a killed process leaves of each write in
 * flight a random part in the cache, a power cut as well, and takes the cache.
 */
public final class SimDisk implements BlockDevice, LoopPart, SimNode.Part {
    /** A request in flight. */
    private final class Flight {
        final Io io;
        final SimMedium.Origin origin = new SimMedium.Origin();
        final long order = medium.nextOrder();
        final long generation = quiescence.entered();
        final long blockIndex;

        /** Blocks between the place that was asked for and the one that is written. */
        final long missedBy;

        final int blockCount;
        final boolean[] landed;
        IoStatus outcome;

        Flight(Io io) {
            this.io = io;
            int perBlock = medium.sectorsPerBlock();
            blockIndex = io.lba() / perBlock;
            blockCount = Math.toIntExact(io.sectors() / perBlock);
            landed = new boolean[blockCount];
            outcome = medium.faults().outcome(io);
            missedBy = io.operation() == IoOperation.WRITE
                    ? medium.faults().misdirection(io, perBlock, medium.prng())
                    : 0;
            if (missedBy != 0) {
                medium.simulation().mark("write misdirected");
            }
        }

        void land(int from, int to) {
            for (int index = from; index < to; index++) {
                if (!landed[index]) {
                    landed[index] = true;
                    medium.land(blockIndex + missedBy + index, content(index), origin);
                }
            }
        }

        void landSome() {
            double share = medium.prng().chance(0.5) ? 0 : medium.prng().unit();
            for (int index = 0; index < blockCount; index++) {
                if (medium.prng().chance(share)) {
                    land(index, index + 1);
                }
            }
        }

        private byte[] content(int index) {
            if (io.operation() != IoOperation.WRITE) {
                return medium.zeroes();
            }
            int blockBytes = medium.zeroes().length;
            byte[] bytes = new byte[blockBytes];
            copy(io, (long) index * blockBytes, bytes, false);
            return bytes;
        }
    }

    private final SimMedium medium;
    private final SimNode node;
    private final Prng prng;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Flight> flights = new ArrayList<>();
    private final IoQueue finished = new IoQueue();
    private final List<Flight> finishedFlights = new ArrayList<>();
    private final Quiescence quiescence = new Quiescence();
    private boolean open = true;
    private boolean flushFailed;
    private long sectorsBefore;
    private boolean resized;

    SimDisk(SimMedium medium, SimNode node) {
        this.medium = medium;
        this.node = node;
        prng = medium.prng().fork();
        node.loop().add(this);
        node.attach(this);
    }

    public SimMedium medium() {
        return medium;
    }

    /** Requests submitted and not completed. */
    public int inFlightCount() {
        return flights.size() + finished.count();
    }

    @Override
    public BlockCapabilities capabilities() {
        return medium.capabilities();
    }

    @Override
    public long sectors() {
        return medium.sectors();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        Check.that(open, "nothing is submitted to a closed disk");
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        Flight flight = new Flight(io);
        flights.add(flight);
        long latencyNs = latencyNs();
        if (io.operation().changesData()) {
            planWrite(flight, latencyNs);
        }
        medium.simulation().after(latencyNs, () -> finish(flight));
    }

    private long latencyNs() {
        DiskFaults faults = medium.faults();
        long latencyNs = prng.between(faults.latencyNsMin, faults.latencyNsMax);
        if (prng.chance(faults.slow)) {
            medium.simulation().mark("disk slow");
            latencyNs += prng.below(faults.slowNsMax);
        }
        return Math.max(latencyNs, faults.stalledUntilNs - medium.simulation().nowNs());
    }

    private void planWrite(Flight flight, long latencyNs) {
        if (!medium.hasSpace(flight.blockIndex, flight.blockCount)) {
            medium.simulation().mark("disk full");
            flight.outcome = IoStatus.NO_SPACE;
        }
        if (!flight.outcome.isOk()) {
            return; // decided at the end what of it is there
        }
        int split = flight.blockCount;
        if (flight.blockCount > 1 && prng.chance(medium.faults().tear)) {
            medium.simulation().mark("write lands in two pieces");
            split = 1 + prng.below(flight.blockCount - 1);
            landLater(flight, split, flight.blockCount, latencyNs);
        }
        landLater(flight, 0, split, latencyNs);
    }

    private void landLater(Flight flight, int from, int to, long latencyNs) {
        medium.simulation().after(prng.below(latencyNs), () -> {
            if (flights.contains(flight)) {
                flight.land(from, to);
            }
        });
    }

    private void finish(Flight flight) {
        if (!flights.remove(flight)) {
            return; // the process ended before
        }
        Io io = flight.io;
        switch (io.operation()) {
            case READ -> copyOut(flight);
            case FLUSH -> finishFlush(flight);
            case WRITE, TRIM, WRITE_ZEROES -> finishWrite(flight);
        }
        finished.add(io);
        finishedFlights.add(flight);
        node.wake();
    }

    private void copyOut(Flight flight) {
        int blockBytes = medium.zeroes().length;
        for (int index = 0; index < flight.blockCount && flight.outcome.isOk(); index++) {
            byte[] bytes = medium.latest(flight.blockIndex + index);
            copy(flight.io, (long) index * blockBytes, bytes, true);
        }
    }

    private void finishFlush(Flight flight) {
        DiskFaults faults = medium.faults();
        if (faults.failsSync(flight.io)) {
            flushFailed = true;
            flight.outcome = IoStatus.FAILED;
            medium.failFlush();
        } else if (flushFailed && !faults.flushFailureIsForgotten) {
            flight.outcome = IoStatus.FAILED;
        } else {
            medium.makeDurable(flight.order);
        }
    }

    private void finishWrite(Flight flight) {
        if (!flight.outcome.isOk()) {
            medium.simulation().mark("write failed");
            flight.landSome();
        } else if (flight.io.fua()) {
            finishFua(flight);
        }
    }

    private void finishFua(Flight flight) {
        DiskFaults faults = medium.faults();
        if (faults.failsSync(flight.io)) {
            medium.simulation().mark("write with FUA failed");
            flight.outcome = IoStatus.FAILED;
            if (faults.flushFailureIsForgotten) {
                medium.loseSome();
            }
        } else {
            medium.makeDurable(
                    flight.origin, flight.blockIndex + flight.missedBy, flight.blockCount);
        }
    }

    @Override
    public int poll(long nowNs) {
        int work = tellResized();
        int count = finished.count(); // those that a continuation finishes are for the next turn
        for (int done = 0; done < count && open; done++) {
            completeOne();
            work++;
        }
        return work;
    }

    private void completeOne() {
        Io io = finished.poll();
        Flight flight = finishedFlights.removeFirst();
        Check.that(io == flight.io, "requests complete in the order of finishing");
        flight.origin.completedOrder = medium.nextOrder();
        medium.simulation()
                .trace("disk " + io.operation() + " " + flight.outcome, io.lba(), io.sectors());
        io.complete(flight.outcome);
        quiescence.left(flight.generation);
    }

    private int tellResized() {
        if (!resized) {
            return 0;
        }
        resized = false;
        listeners.forEach(listener -> listener.resized(this, sectorsBefore));
        return 1;
    }

    void grown(long before) {
        sectorsBefore = resized ? sectorsBefore : before;
        resized = true;
        node.wake();
    }

    @Override
    public void quiesce(Runnable whenFinished) {
        quiescence.whenQuiet(whenFinished);
    }

    @Override
    public void close() {
        while (!flights.isEmpty()) {
            Flight flight = flights.getFirst();
            if (flight.outcome.isOk() && flight.io.operation().changesData()) {
                flight.land(0, flight.blockCount);
            }
            finish(flight);
        }
        while (!finished.isEmpty()) {
            completeOne();
        }
        gone();
    }

    @Override
    public void killed() {
        if (open) {
            loseFlights();
            gone();
        }
    }

    @Override
    public void powerCut() {
        killed();
        medium.losePower();
    }

    private void loseFlights() {
        for (Flight flight : flights) {
            if (flight.io.operation().changesData()) {
                medium.simulation().mark("write in flight at a crash");
                flight.landSome();
            }
        }
        flights.clear();
    }

    private void gone() {
        open = false;
        node.loop().remove(this);
        medium.closed();
    }

    /** Between the memory of a request, at that offset of its range, and a block. */
    private static void copy(Io io, long rangeAt, byte[] bytes, boolean toIo) {
        long pieceAt = 0;
        for (int index = 0; index < io.segmentCount(); index++) {
            int pieceBytes = io.segmentBytes(index);
            long from = Math.max(rangeAt, pieceAt);
            long to = Math.min(rangeAt + bytes.length, pieceAt + pieceBytes);
            if (from < to) {
                MemorySegment memory = io.segmentMemory(index);
                long at = io.segmentAt(index) + (from - pieceAt);
                int bytesAt = (int) (from - rangeAt);
                int length = (int) (to - from);
                if (toIo) {
                    MemorySegment.copy(bytes, bytesAt, memory, ValueLayout.JAVA_BYTE, at, length);
                } else {
                    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, bytes, bytesAt, length);
                }
            }
            pieceAt += pieceBytes;
        }
    }
}
