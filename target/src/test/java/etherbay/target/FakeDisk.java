// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Quiescence;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A disk in memory that does what it is asked when the test says so, in the order of submission.
 */
final class FakeDisk implements BlockDevice {
    static final BlockCapabilities FULL =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);

    /** Without FUA, as a disk behind a plain file is. */
    static final BlockCapabilities NO_FUA =
            new BlockCapabilities(true, false, true, true, 512, 4096, false, false);

    private final BlockCapabilities capabilities;
    private final Deque<Io> inFlight = new ArrayDeque<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final Quiescence quiescence = new Quiescence();
    private final Io.Completion completion = io -> {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    };
    private final MemorySegment zeroes;
    final MemorySegment bytes;

    /** What was done, in order: "WRITE 8+2", "WRITE 8+2 fua", "FLUSH". */
    final List<String> done = new ArrayList<>();

    boolean keepsDone = true;

    /** What it lends; 0 for nothing. */
    long lentAddress;

    private long sectors;
    private IoOperation failing = IoOperation.READ;
    private @Nullable IoStatus failure;

    FakeDisk(BlockCapabilities capabilities, long sectors) {
        this.capabilities = capabilities;
        this.sectors = sectors;
        zeroes = Arena.ofAuto().allocate(sectors * SECTOR_BYTES);
        bytes = Arena.ofAuto().allocate(sectors * SECTOR_BYTES);
    }

    @Override
    public long lend(long lba, int sectorCount) {
        return lentAddress == 0 ? 0 : lentAddress + lba * SECTOR_BYTES;
    }

    /** Every {@code operation} ends with {@code status} from now on. */
    void fail(IoOperation operation, IoStatus status) {
        failing = operation;
        failure = status;
    }

    /** Everything works again. */
    void mend() {
        failure = null;
    }

    int inFlightCount() {
        return inFlight.size();
    }

    /** Does all that it was asked before this call and by what that leads to. */
    int completeAll() {
        int count = 0;
        while (!inFlight.isEmpty()) {
            completeOne();
            count++;
        }
        return count;
    }

    /** Does the oldest thing that it was asked. */
    void completeOne() {
        Io io = inFlight.remove();
        if (failure != null && io.operation() == failing) {
            io.complete(failure);
            return;
        }
        if (keepsDone) {
            String range =
                    io.operation() == IoOperation.FLUSH ? "" : " " + io.lba() + "+" + io.sectors();
            done.add(io.operation() + range + (io.fua() ? " fua" : ""));
        }
        act(io);
        io.complete(IoStatus.OK);
    }

    private void act(Io io) {
        long at = io.lba() * SECTOR_BYTES;
        switch (io.operation()) {
            case READ ->
                MemorySegment.copy(
                        bytes, at, io.segmentMemory(0), io.segmentAt(0), io.segmentBytes(0));
            case WRITE ->
                MemorySegment.copy(
                        io.segmentMemory(0), io.segmentAt(0), bytes, at, io.segmentBytes(0));
            case TRIM, WRITE_ZEROES -> MemorySegment.copy(zeroes, 0, bytes, at, io.bytes());
            case FLUSH -> {}
        }
    }

    void resize(long newSectors) {
        long before = sectors;
        sectors = newSectors;
        listeners.forEach(listener -> listener.resized(this, before));
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
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors, capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        io.then(completion, quiescence.entered());
        inFlight.add(io);
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    @Override
    public void close() {}
}
