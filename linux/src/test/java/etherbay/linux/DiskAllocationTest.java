// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Io;
import etherbay.base.IoOperation;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/** The loop's thread makes no objects, however many requests pass. */
@Timeout(120)
final class DiskAllocationTest {
    private static final int SLOT_COUNT = 16;
    private static final int ROUND_COUNT_MAX = 15;
    private static final int IO_COUNT = 20_000;

    @TempDir
    Path folder;

    private long remaining;
    private Io.Completion completion = io -> {};

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void noRequestAllocatesOnceWarm(Disk.Engine engine) throws IOException {
        Path path = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT.withEngine(engine))) {
            Io[] slots = new Io[SLOT_COUNT];
            MemorySegment memory = rig.memory(4096 * SLOT_COUNT, 1);
            for (int index = 0; index < SLOT_COUNT; index++) {
                slots[index] = new Io(2);
            }
            com.sun.management.ThreadMXBean threads =
                    (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            Io.Completion again = io -> resubmit(rig, io, memory);
            long bytes = -1;
            // The compiler takes its time: warm is when a round allocates nothing at all.
            for (int round = 0; round < ROUND_COUNT_MAX && bytes != 0; round++) {
                long beforeBytes = threads.getCurrentThreadAllocatedBytes();
                run(rig, slots, memory, again);
                bytes = threads.getCurrentThreadAllocatedBytes() - beforeBytes;
            }
            assertThat(bytes).isZero();
        }
    }

    private void run(DiskRig rig, Io[] slots, MemorySegment memory, Io.Completion again) {
        remaining = IO_COUNT;
        completion = again;
        for (int index = 0; index < SLOT_COUNT; index++) {
            submit(rig, slots[index], index, memory);
        }
        boolean busy = true;
        while (busy) {
            if (rig.loop.turn(Linux.clock().nanoTime()) == 0) {
                rig.idler.idle(100_000);
            }
            busy = false;
            for (Io slot : slots) {
                busy |= slot.inFlight();
            }
        }
    }

    private void resubmit(DiskRig rig, Io io, MemorySegment memory) {
        assertOk(io);
        if (--remaining > 0) {
            submit(rig, io, (int) (io.lba() / 8), memory);
        }
    }

    private static void assertOk(Io io) {
        if (!io.status().isOk()) {
            throw new AssertionError(io.toString());
        }
    }

    private void submit(DiskRig rig, Io io, int index, MemorySegment memory) {
        IoOperation operation = remaining % 4 == 0 ? IoOperation.WRITE : IoOperation.READ;
        io.prepare(operation, 8L * index, 8)
                .segment(memory, 4096L * index, 1024)
                .segment(memory, 4096L * index + 1024, 3072)
                .then(completion);
        rig.disk.submit(io);
    }
}
