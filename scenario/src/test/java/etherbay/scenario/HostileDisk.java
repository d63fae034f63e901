// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;
import etherbay.base.Quiescence;

import java.lang.foreign.MemorySegment;

/**
 * A disk in memory that does what is in flight in any order, when the test says so. Allocates
 * nothing per request. Owned by the loop that the test turns.
 */
final class HostileDisk implements BlockDevice {
    private final BlockCapabilities capabilities;
    private final MemorySegment bytes;
    private final long sectors;
    private final Prng prng;
    private final Quiescence quiescence = new Quiescence();
    private final Io.Completion completion = this::completed;
    private final Io[] inFlight = new Io[1024];
    private int inFlightCount;

    HostileDisk(BlockCapabilities capabilities, MemorySegment bytes, Prng prng) {
        this.capabilities = capabilities;
        this.bytes = bytes;
        this.prng = prng;
        sectors = bytes.byteSize() / SECTOR_BYTES;
    }

    /** All of it. */
    MemorySegment bytes() {
        return bytes;
    }

    /** Does some of what is in flight. @return how much */
    int completeSome() {
        int count = inFlightCount == 0 ? 0 : prng.between(1, inFlightCount);
        for (int i = 0; i < count; i++) {
            int index = prng.below(inFlightCount);
            Io io = inFlight[index];
            inFlight[index] = inFlight[--inFlightCount];
            act(io);
            io.complete(IoStatus.OK);
        }
        return count;
    }

    private void act(Io io) {
        long at = io.lba() * SECTOR_BYTES;
        IoOperation operation = io.operation();
        switch (operation) {
            case READ ->
                MemorySegment.copy(
                        bytes, at, io.segmentMemory(0), io.segmentAt(0), io.segmentBytes(0));
            case WRITE ->
                MemorySegment.copy(
                        io.segmentMemory(0), io.segmentAt(0), bytes, at, io.segmentBytes(0));
            case TRIM, WRITE_ZEROES -> bytes.asSlice(at, io.bytes()).fill((byte) 0);
            case FLUSH -> {}
        }
    }

    private void completed(Io io) {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    @Override
    public void listen(Listener listener) {}

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors, capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        inFlight[inFlightCount++] = io.then(completion, quiescence.entered());
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    @Override
    public void close() {}
}
