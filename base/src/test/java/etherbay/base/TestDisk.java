// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk in memory that does what it was asked, and completes it, one request at a time and in the
 * order that the test wants: {@link #finish} the oldest, {@link #finishAny} a random one.
 */
final class TestDisk implements BlockDevice {
    final List<Io> inFlight = new ArrayList<>();
    final List<String> seen = new ArrayList<>();
    private final BlockCapabilities capabilities;
    private final List<Listener> listeners = new ArrayList<>();
    private final Quiescence quiescence = new Quiescence();
    byte[] content;
    boolean closed;
    IoStatus refusal = IoStatus.OK;

    /** Whether {@link #cancel} can; it then ends the request at once, unlike a real device. */
    boolean cancels;

    TestDisk(int sectorCount, int blockBytes) {
        content = new byte[sectorCount * SECTOR_BYTES];
        capabilities =
                new BlockCapabilities(true, true, true, true, blockBytes, blockBytes, false, false);
    }

    void resize(int sectorCount) {
        long before = sectors();
        content = java.util.Arrays.copyOf(content, sectorCount * SECTOR_BYTES);
        listeners.forEach(listener -> listener.resized(this, before));
    }

    void state(State state) {
        listeners.forEach(listener -> listener.stateChanged(this, state));
    }

    /** As if all of it were at hand, from address 4096 on. */
    @Override
    public long lend(long lba, int sectorCount) {
        return 4096 + lba * SECTOR_BYTES;
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return content.length / SECTOR_BYTES;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        Check.that(!closed, "nothing is submitted to a closed device");
        IoStatus no = BlockDevice.refusal(io, sectors(), capabilities);
        if (!no.isOk() || !refusal.isOk()) {
            io.complete(no.isOk() ? refusal : no);
            return;
        }
        seen.add(io.operation() + " " + io.lba() + "+" + io.sectors() + (io.fua() ? " fua" : ""));
        long generation = quiescence.entered();
        io.then(
                done -> {
                    long of = done.word();
                    done.complete(done.status());
                    quiescence.left(of);
                },
                generation);
        inFlight.add(io);
    }

    @Override
    public boolean cancel(Io io) {
        int index = inFlight.indexOf(io);
        if (cancels && index >= 0) {
            finish(index, IoStatus.UNKNOWN);
        }
        return cancels && index >= 0;
    }

    void finish(IoStatus outcome) {
        finish(0, outcome);
    }

    void finishAny(Prng prng) {
        finish(prng.below(inFlight.size()), IoStatus.OK);
    }

    void finishAll() {
        while (!inFlight.isEmpty()) {
            finish(IoStatus.OK);
        }
    }

    private void finish(int index, IoStatus outcome) {
        Io io = inFlight.remove(index);
        if (outcome.isOk()) {
            execute(io);
        }
        io.complete(outcome);
    }

    private void execute(Io io) {
        int at = (int) io.lba() * SECTOR_BYTES;
        switch (io.operation()) {
            case FLUSH -> {}
            case TRIM, WRITE_ZEROES ->
                java.util.Arrays.fill(content, at, at + (int) io.bytes(), (byte) 0);
            case READ, WRITE -> {
                MemorySegment disk = MemorySegment.ofArray(content);
                long total = 0;
                for (int index = 0; index < io.segmentCount(); index++) {
                    MemorySegment memory = io.segmentMemory(index);
                    int bytes = io.segmentBytes(index);
                    if (io.operation() == IoOperation.READ) {
                        MemorySegment.copy(disk, at + total, memory, io.segmentAt(index), bytes);
                    } else {
                        MemorySegment.copy(memory, io.segmentAt(index), disk, at + total, bytes);
                    }
                    total += bytes;
                }
                Check.that(total == io.bytes(), "the segments add up to the range");
            }
        }
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    @Override
    public void close() {
        finishAll();
        closed = true;
    }
}
