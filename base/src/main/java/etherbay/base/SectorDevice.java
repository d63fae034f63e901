// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Makes a device with large logical blocks (4096 bytes) look like one of 512-byte sectors. On the
 * loop of the device below.
 *
 * <p>What begins and ends at a block is passed on as it is. Of everything else the blocks are read
 * into a bounce buffer; a write changes its sectors there and writes the blocks whole, with FUA
 * when it was asked for. Large ranges go through the buffer piece by piece. Of TRIM and
 * WRITE_ZEROES the whole blocks are passed on and the rest is written as zeroes. There are {@link
 * #JOB_COUNT} buffers; when all are in use further requests wait for one.
 *
 * <p>A write changes the blocks around it, so two writes to one block must not be in flight
 * together, though their sectors differ: this device belongs below an {@link OrderedDevice} whose
 * granularity is the logical block, and {@link #over} builds both. Likewise a write that ends
 * UNKNOWN may still land on all sectors of its blocks, and one that FAILED has failed for its own
 * sectors only when the medium writes blocks whole.
 */
public final class SectorDevice extends DeviceDecorator {
    /** Requests that may be in bounce buffers at once: a disk with large blocks is busy by then. */
    public static final int JOB_COUNT = 16;

    /** A jumbo frame's worth of sectors fits with the blocks that it touches. */
    private static final int BOUNCE_BYTES = 16 * 1024;

    private enum Phase {
        /** The blocks of a READ. */
        READ,
        /** The blocks that a write will change. */
        FILL,
        /** The changed blocks. */
        WRITE,
        /** Whole blocks of a TRIM or WRITE_ZEROES. */
        WHOLE
    }

    private final long blockMask;
    private final long bounceSectors;
    private final BlockCapabilities capabilities;
    private final Arena arena = Arena.ofShared();
    private final Quiescence quiescence = new Quiescence();
    private final IoQueue waiting = new IoQueue();
    private final Io.Completion passed = this::passed;
    private final Job[] free = new Job[JOB_COUNT];
    private int freeCount;
    private boolean starting;
    private boolean closing;

    private SectorDevice(BlockDevice below) {
        super(below);
        int blockBytes = below.capabilities().logicalBlockBytes();
        int bounceBytes = Math.max(BOUNCE_BYTES, blockBytes);
        blockMask = blockBytes / SECTOR_BYTES - 1L;
        bounceSectors = bounceBytes / SECTOR_BYTES;
        capabilities = below.capabilities().withSectorBlocks();
        MemorySegment bounces = arena.allocate((long) JOB_COUNT * bounceBytes, blockBytes);
        for (int job = 0; job < JOB_COUNT; job++) {
            free[freeCount++] = new Job(bounces.asSlice((long) job * bounceBytes, bounceBytes));
        }
    }

    /**
     * {@code device} with 512-byte logical blocks: itself when it has them already, else with a
     * {@code SectorDevice} over it and over that an {@link OrderedDevice} which keeps requests that
     * share a block apart.
     */
    public static BlockDevice over(BlockDevice device) {
        int blockBytes = device.capabilities().logicalBlockBytes();
        return blockBytes == SECTOR_BYTES
                ? device
                : new OrderedDevice(new SectorDevice(device), blockBytes / SECTOR_BYTES);
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    protected long sectorsOf(long sectorsBelow) {
        return sectorsBelow & ~blockMask;
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        long generation = quiescence.entered();
        if (io.operation() == IoOperation.FLUSH || ((io.lba() | io.sectors()) & blockMask) == 0) {
            io.then(passed, generation);
            below().submit(io);
            return;
        }
        io.holderWord(generation);
        waiting.add(io);
        startWaiting();
    }

    private void passed(Io io) {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** What still waits for a buffer ends with OFFLINE. */
    @Override
    public void close() {
        closing = true;
        for (Io io = waiting.poll(); io != null; io = waiting.poll()) {
            finish(io, io.holderWord(), IoStatus.OFFLINE);
        }
        super.close();
        arena.close();
    }

    private void startWaiting() {
        if (starting) {
            return;
        }
        starting = true;
        while (freeCount > 0 && !waiting.isEmpty()) {
            Io io = waiting.poll();
            if (io != null) {
                free[--freeCount].start(io);
            }
        }
        starting = false;
    }

    private void finish(Io io, long generation, IoStatus outcome) {
        io.complete(outcome);
        quiescence.left(generation);
    }

    /** A bounce buffer with the request that is going through it, piece by piece. */
    private final class Job {
        private final MemorySegment bounce;
        private final Io own = new Io(1);
        private final Io.Completion stepDone = this::stepDone;
        private @Nullable Io asked;
        private long generation;
        private Phase phase = Phase.READ;
        private long doneSectors;

        /** The piece at hand: its sectors, and those of the blocks around it. */
        private long pieceFirst;

        private long pieceSectors;
        private long blocksFirst;
        private long blocksSectors;

        Job(MemorySegment bounce) {
            this.bounce = bounce;
        }

        void start(Io io) {
            asked = io;
            generation = io.holderWord();
            doneSectors = 0;
            nextPiece(io);
        }

        private void nextPiece(Io io) {
            long leftSectors = io.sectors() - doneSectors;
            if (leftSectors == 0) {
                end(io, IoStatus.OK);
                return;
            }
            boolean hasData =
                    io.operation() == IoOperation.READ || io.operation() == IoOperation.WRITE;
            pieceFirst = io.lba() + doneSectors;
            blocksFirst = pieceFirst & ~blockMask;
            if (!hasData && blocksFirst == pieceFirst && leftSectors > blockMask) {
                pieceSectors = leftSectors & ~blockMask;
                own.prepare(io.operation(), pieceFirst, pieceSectors);
                submitOwn(io, Phase.WHOLE);
                return;
            }
            long roomSectors = (hasData ? bounceSectors : blockMask + 1) - pieceFirst + blocksFirst;
            pieceSectors = Math.min(leftSectors, roomSectors);
            blocksSectors = (pieceFirst + pieceSectors + blockMask & ~blockMask) - blocksFirst;
            if (io.operation() == IoOperation.READ || pieceSectors != blocksSectors) {
                submitBlocks(
                        io,
                        IoOperation.READ,
                        io.operation() == IoOperation.READ ? Phase.READ : Phase.FILL);
            } else {
                change(io);
                submitBlocks(io, IoOperation.WRITE, Phase.WRITE);
            }
        }

        private void submitBlocks(Io io, IoOperation operation, Phase next) {
            own.prepare(operation, blocksFirst, blocksSectors)
                    .segment(bounce, 0, (int) (blocksSectors * SECTOR_BYTES));
            submitOwn(io, next);
        }

        private void submitOwn(Io io, Phase next) {
            if (closing) {
                end(io, IoStatus.FAILED);
                return;
            }
            phase = next;
            own.fua(io.fua() && (next == Phase.WRITE || next == Phase.WHOLE))
                    .deadlineNs(io.deadlineNs())
                    .then(stepDone);
            below().submit(own);
        }

        private void stepDone(Io step) {
            Io io = asked;
            Check.that(io != null, "a job has a request");
            if (!step.status().isOk()) {
                end(io, step.status());
                return;
            }
            switch (phase) {
                case READ -> {
                    io.copyFrom(doneSectors * SECTOR_BYTES, bounce, bounceAt(), pieceBytes());
                    doneSectors += pieceSectors;
                    nextPiece(io);
                }
                case FILL -> {
                    change(io);
                    submitBlocks(io, IoOperation.WRITE, Phase.WRITE);
                }
                case WRITE, WHOLE -> {
                    doneSectors += pieceSectors;
                    nextPiece(io);
                }
            }
        }

        private void end(Io io, IoStatus outcome) {
            asked = null;
            free[freeCount++] = this;
            finish(io, generation, outcome);
            startWaiting();
        }

        /** Puts what is to be written into the blocks in the buffer. */
        private void change(Io io) {
            if (io.operation() == IoOperation.WRITE) {
                io.copyTo(doneSectors * SECTOR_BYTES, bounce, bounceAt(), pieceBytes());
            } else {
                bounce.asSlice(bounceAt(), pieceBytes()).fill((byte) 0);
            }
        }

        private long pieceBytes() {
            return pieceSectors * SECTOR_BYTES;
        }

        private long bounceAt() {
            return (pieceFirst - blocksFirst) * SECTOR_BYTES;
        }
    }
}
