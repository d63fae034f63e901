// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoStatus;
import etherbay.base.LoopPart;
import etherbay.base.Prng;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A disk in memory that does what it is asked in any order that the seed gives. */
final class TestDisk implements BlockDevice, LoopPart {
    static final BlockCapabilities ALL =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);

    final byte[] content;
    final List<Io> waiting = new ArrayList<>();
    final List<String> done = new ArrayList<>();
    private final BlockCapabilities capabilities;
    private final Prng prng;
    private Function<Io, IoStatus> outcome = _ -> IoStatus.OK;
    private long sectors;
    private boolean held;

    TestDisk(int sectors, BlockCapabilities capabilities, long seed) {
        content = new byte[sectors * SECTOR_BYTES];
        this.sectors = sectors;
        this.capabilities = capabilities;
        prng = new Prng(seed);
    }

    /** How requests end that are not refused. */
    TestDisk outcome(Function<Io, IoStatus> how) {
        outcome = how;
        return this;
    }

    /** Its size as told from now on, at most that of its content. */
    void sectors(long count) {
        sectors = count;
    }

    /** Whether its loop ends requests; the calls here always do. */
    void hold(boolean whether) {
        held = whether;
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
        if (refusal.isOk()) {
            waiting.add(io);
        } else {
            io.complete(refusal);
        }
    }

    @Override
    public int poll(long nowNs) {
        int count = held ? 0 : waiting.size();
        for (int index = 0; index < count; index++) {
            finishOne();
        }
        return count;
    }

    /** Ends one request, whichever. */
    void finishOne() {
        finish(prng.between(0, waiting.size() - 1));
    }

    /** Ends the request that came last. */
    void finishNewest() {
        finish(waiting.size() - 1);
    }

    private void finish(int index) {
        Io io = waiting.remove(index);
        IoStatus how = outcome.apply(io);
        if (how.isOk()) {
            act(io);
            done.add(io.operation() + (io.fua() ? " fua" : ""));
        }
        io.complete(how);
    }

    private void act(Io io) {
        int at = (int) io.lba() * SECTOR_BYTES;
        switch (io.operation()) {
            case FLUSH -> {}
            case TRIM, WRITE_ZEROES -> {
                for (int index = 0; index < io.bytes(); index++) {
                    content[at + index] = 0;
                }
            }
            case READ -> io.copyFrom(0, MemorySegment.ofArray(content), at, io.bytes());
            case WRITE -> io.copyTo(0, MemorySegment.ofArray(content), at, io.bytes());
        }
    }

    @Override
    public boolean readyToIdle() {
        return held || waiting.isEmpty();
    }

    @Override
    public void quiesce(Runnable finished) {
        finished.run();
    }

    @Override
    public void close() {}
}
