// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.Loop;
import etherbay.base.Prng;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * A window of random requests on a block device, kept full from the device's loop, with data that
 * is verified. Of the thread that turns the loop, which {@link #run} is.
 */
final class DeviceLoad {
    static final int SECTORS = 8;
    private static final long SEED = 1;

    /** Time for what is under way to end when nothing new is asked. */
    private static final long DRAIN_NS = 60_000_000_000L;

    /**
     * What came of it.
     *
     * @param firstFailureNs when a request first failed; 0 when none did
     * @param gapNs longest time without any completion
     * @param slowestNs longest time that one request took
     */
    record Result(
            long requestCount,
            long failedCount,
            long mismatchCount,
            long firstFailureNs,
            long gapNs,
            long slowestNs,
            double seconds) {
        double rate() {
            return requestCount / seconds;
        }

        boolean clean() {
            return failedCount == 0 && mismatchCount == 0 && requestCount > 0;
        }
    }

    /** Whether a request reads, by the chances of that generator. */
    @FunctionalInterface
    interface Mix {
        boolean reads(Prng prng);
    }

    static final Mix READS = _ -> true;
    static final Mix WRITES = _ -> false;
    static final Mix BOTH = prng -> prng.below(2) == 0;

    private final Loop loop;
    private final BlockDevice device;
    private final Mix mix;
    private final MemorySegment memory;
    private final Prng prng = new Prng(SEED);
    private final Io[] slots;
    private boolean ending;
    private int inFlightCount;
    private long requestCount;
    private long failedCount;
    private long mismatchCount;
    private long firstFailureNs;
    private long lastNs;
    private long gapNs;
    private long slowestNs;

    private DeviceLoad(Loop loop, BlockDevice device, int window, Mix mix, Arena arena) {
        this.loop = loop;
        this.device = device;
        this.mix = mix;
        long bytes = (long) window * SECTORS * BlockDevice.SECTOR_BYTES;
        memory = arena.allocate(bytes, 4096);
        slots = new Io[window];
        for (int slot = 0; slot < window; slot++) {
            slots[slot] = new Io(1);
            slots[slot].context(slot);
        }
    }

    /**
     * Keeps {@code window} requests under way until {@code enough}, then lets them end.
     *
     * @param enough looked at in each turn, once there was a completion
     */
    static Result run(Loop loop, BlockDevice device, int window, Mix mix, BooleanSupplier enough) {
        try (Arena arena = Arena.ofConfined()) {
            DeviceLoad load = new DeviceLoad(loop, device, window, mix, arena);
            return load.run(enough);
        }
    }

    /** The same for so many seconds. */
    static Result run(Loop loop, BlockDevice device, int window, Mix mix, double seconds) {
        long endNs = loop.clock().nanoTime() + (long) (seconds * 1e9);
        return run(loop, device, window, mix, () -> loop.clock().nanoTime() >= endNs);
    }

    private Result run(BooleanSupplier enough) {
        long beganNs = now();
        lastNs = beganNs;
        for (Io slot : slots) {
            next(slot);
        }
        loop.runUntil(Long.MAX_VALUE, enough);
        double seconds = (now() - beganNs) / 1e9;
        long counted = requestCount;
        ending = true;
        if (!loop.runUntil(now() + DRAIN_NS, () -> inFlightCount == 0)) {
            throw new IllegalStateException("requests that never end: " + inFlightCount);
        }
        return new Result(
                counted, failedCount, mismatchCount, firstFailureNs, gapNs, slowestNs, seconds);
    }

    private long now() {
        return loop.clock().nanoTime();
    }

    private long at(Io io) {
        int slot = io.context() instanceof Integer index ? index : 0;
        return (long) slot * SECTORS * BlockDevice.SECTOR_BYTES;
    }

    private void next(Io io) {
        boolean reads = mix.reads(prng);
        int blocks = (int) (device.sectors() / SECTORS);
        long lba = (long) prng.below(blocks) * SECTORS;
        io.prepare(reads ? IoOperation.READ : IoOperation.WRITE, lba, SECTORS)
                .segment(memory, at(io), SECTORS * BlockDevice.SECTOR_BYTES)
                .then(this::ended, now());
        if (!reads) {
            Pattern.fill(memory, at(io), lba, SECTORS);
        }
        inFlightCount++;
        device.submit(io);
    }

    private void ended(Io io) {
        long nowNs = now();
        inFlightCount--;
        gapNs = Math.max(gapNs, nowNs - lastNs);
        lastNs = nowNs;
        slowestNs = Math.max(slowestNs, nowNs - io.word());
        if (!io.status().isOk()) {
            failedCount++;
            firstFailureNs = firstFailureNs == 0 ? nowNs : firstFailureNs;
        } else {
            requestCount++;
            boolean read = io.operation() == IoOperation.READ;
            mismatchCount += read ? Pattern.mismatches(memory, at(io), io.lba(), SECTORS) : 0;
        }
        if (!ending && io.status().isOk()) {
            next(io);
        }
    }
}
