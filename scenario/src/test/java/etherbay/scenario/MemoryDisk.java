// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoStatus;
import etherbay.base.LoopPart;
import etherbay.base.Prng;
import etherbay.base.Quiescence;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/** A disk in memory that can do everything and does it at the next turn, in order. */
final class MemoryDisk implements BlockDevice, LoopPart {
    private static final BlockCapabilities ALL =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);

    private final MemorySegment content;
    private final long sectors;
    private final Deque<Io> waiting = new ArrayDeque<>();
    private final Quiescence quiescence = new Quiescence();
    private final Io.Completion completion = io -> {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    };

    /** Each sector holds something else. */
    MemoryDisk(long sectors, long seed) {
        this.sectors = sectors;
        content = Arena.ofAuto().allocate(sectors * SECTOR_BYTES, Long.BYTES);
        Prng prng = new Prng(seed);
        for (long at = 0; at < content.byteSize(); at += Long.BYTES) {
            content.set(ValueLayout.JAVA_LONG, at, prng.nextLong());
        }
    }

    byte[] copy() {
        return content.toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public BlockCapabilities capabilities() {
        return ALL;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    /** Its size does not change. */
    @Override
    public void listen(Listener listener) {}

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors, ALL);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        io.then(completion, quiescence.entered());
        waiting.add(io);
    }

    @Override
    public int poll(long nowNs) {
        int count = waiting.size();
        for (int i = 0; i < count; i++) {
            Io io = waiting.remove();
            act(io);
            io.complete(IoStatus.OK);
        }
        return count;
    }

    @Override
    public boolean readyToIdle() {
        return waiting.isEmpty();
    }

    private void act(Io io) {
        long at = io.lba() * SECTOR_BYTES;
        switch (io.operation()) {
            case FLUSH -> {}
            case TRIM, WRITE_ZEROES -> content.asSlice(at, io.bytes()).fill((byte) 0);
            case READ ->
                MemorySegment.copy(
                        content, at, io.segmentMemory(0), io.segmentAt(0), io.segmentBytes(0));
            case WRITE ->
                MemorySegment.copy(
                        io.segmentMemory(0), io.segmentAt(0), content, at, io.segmentBytes(0));
        }
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    @Override
    public void close() {}
}
