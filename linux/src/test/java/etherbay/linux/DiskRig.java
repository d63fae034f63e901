// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.Prng;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** A loop turned by hand, a disk on it, and memory: what a test of the disk needs. */
final class DiskRig implements AutoCloseable {
    private static final long PATIENCE_NS = 20_000_000_000L;

    private static final long NAP_NS = 1_000_000L;

    final LinuxIdler idler = new LinuxIdler();
    final Loop loop = new Loop("test", Linux.clock(), idler, 0);
    final Counters counters = new Counters();
    final Arena arena = Arena.ofShared();
    final Disk disk;

    DiskRig(Path path, Disk.Options options) {
        disk = open(path, options);
    }

    /** One more disk on the loop, which the caller closes. */
    Disk open(Path path, Disk.Options options) {
        return Disk.open(path, options, loop, idler, counters);
    }

    Disk prepare(Path path, Disk.Options options) {
        return Disk.prepare(path, options, loop, idler, counters);
    }

    /** What the disks of the loop share. */
    LoopDisks disks() {
        return idler.disks(loop);
    }

    /** Page aligned memory with bytes that follow from {@code seed}; zeroes for seed 0. */
    MemorySegment memory(int bytes, long seed) {
        MemorySegment memory = arena.allocate(bytes, 4096);
        if (seed != 0) {
            Prng prng = new Prng(seed);
            for (long at = 0; at < bytes; at++) {
                memory.set(JAVA_BYTE, at, (byte) prng.nextLong());
            }
        }
        return memory;
    }

    IoStatus read(long lba, MemorySegment memory) {
        return run(io(IoOperation.READ, lba, memory));
    }

    IoStatus write(long lba, MemorySegment memory) {
        return run(io(IoOperation.WRITE, lba, memory));
    }

    IoStatus flush() {
        return run(new Io(1).prepare(IoOperation.FLUSH, 0, 0));
    }

    IoStatus range(IoOperation operation, long lba, long sectors) {
        return run(new Io(1).prepare(operation, lba, sectors));
    }

    static Io io(IoOperation operation, long lba, MemorySegment memory) {
        int bytes = (int) memory.byteSize();
        return new Io(1)
                .prepare(operation, lba, bytes / BlockDevice.SECTOR_BYTES)
                .segment(memory, 0, bytes);
    }

    /** Submits and turns until the Io has completed. */
    IoStatus run(Io io) {
        return run(disk, io);
    }

    IoStatus run(Disk on, Io io) {
        on.submit(io.then(done -> {}));
        turnUntil(() -> !io.inFlight());
        return io.status();
    }

    /**
     * Turns as the loop itself does, asleep in between, but briefly: nobody wakes a hand-turned
     * loop.
     */
    void turnUntil(BooleanSupplier reached) {
        long startNs = Linux.clock().nanoTime();
        while (!reached.getAsBoolean()) {
            long nowNs = Linux.clock().nanoTime();
            if (nowNs - startNs > PATIENCE_NS) {
                throw new AssertionError("not reached in 20 s");
            }
            if (loop.turn(nowNs) == 0 && disks().readyToIdle() && !reached.getAsBoolean()) {
                idler.idle(Math.min(Math.max(1, loop.nextDeadlineNs() - nowNs), NAP_NS));
            }
        }
    }

    @Override
    public void close() {
        disk.close();
        idler.close();
        arena.close();
    }
}
