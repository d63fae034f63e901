// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Random requests, many in flight, against a device that promises the order of submission, beside a
 * model that takes each one at once: every read must return what the model held when it was
 * submitted, and in the end disk and model are the same.
 */
final class SequentialHistory {
    private static final int SLOT_COUNT = 24;
    private static final int SECTORS_MAX = 72;

    private static final class Request {
        final Io io = new Io(8);
        final MemorySegment memory;
        byte[] expected = {};

        Request(Arena arena) {
            memory = arena.allocate(SECTORS_MAX * BlockDevice.SECTOR_BYTES + 64, 4096);
        }
    }

    private final BlockDevice device;
    private final TestDisk disk;
    private final Prng prng;
    private final byte[] model;
    private final Deque<Request> free = new ArrayDeque<>();
    private final int sectorsMax;
    private int completedCount;
    private int submittedCount;
    private int quietCount;

    SequentialHistory(BlockDevice device, TestDisk disk, int sectorsMax, Prng prng) {
        this.device = device;
        this.disk = disk;
        this.sectorsMax = sectorsMax;
        this.prng = prng;
        model = disk.content.clone();
    }

    void run(int requestCount) {
        try (Arena arena = Arena.ofConfined()) {
            for (int slot = 0; slot < SLOT_COUNT; slot++) {
                free.add(new Request(arena));
            }
            while (submittedCount < requestCount) {
                if (!free.isEmpty() && prng.chance(0.6)) {
                    submit(free.remove());
                } else if (!disk.inFlight.isEmpty()) {
                    disk.finishAny(prng);
                }
            }
            int quietBefore = quietCount;
            device.quiesce(() -> {
                quietCount++;
                assertThat(free).hasSize(SLOT_COUNT);
            });
            while (!disk.inFlight.isEmpty()) {
                disk.finishAny(prng);
            }
            assertThat(quietCount).isEqualTo(quietBefore + 1);
            assertThat(completedCount).isEqualTo(requestCount);
            assertThat(Arrays.mismatch(disk.content, model)).isEqualTo(-1);
        }
    }

    private void submit(Request request) {
        submittedCount++;
        int kind = prng.below(20);
        if (kind == 0) {
            request.io.prepare(IoOperation.FLUSH, 0, 0).then(io -> completed(request));
            device.submit(request.io);
            return;
        }
        int sectors = 1 + prng.below(sectorsMax);
        int lba = prng.below(model.length / BlockDevice.SECTOR_BYTES - sectors + 1);
        int at = lba * BlockDevice.SECTOR_BYTES;
        int bytes = sectors * BlockDevice.SECTOR_BYTES;
        if (kind < 9) {
            request.io.prepare(IoOperation.READ, lba, sectors);
            scatter(request, bytes);
            request.expected = Arrays.copyOfRange(model, at, at + bytes);
        } else if (kind < 18) {
            request.io.prepare(IoOperation.WRITE, lba, sectors).fua(prng.chance(0.1));
            scatter(request, bytes);
            fill(request);
            gather(request, model, at);
        } else {
            request.io.prepare(
                    kind == 18 ? IoOperation.TRIM : IoOperation.WRITE_ZEROES, lba, sectors);
            Arrays.fill(model, at, at + bytes, (byte) 0);
        }
        request.io.then(io -> completed(request));
        device.submit(request.io);
    }

    /** Cuts the memory into one to four pieces of odd sizes, with gaps. */
    private void scatter(Request request, int bytes) {
        int left = bytes;
        long at = 0;
        for (int cut = prng.below(4); cut > 0 && left > 1; cut--) {
            int piece = 1 + prng.below(left - 1);
            request.io.segment(request.memory, at, piece);
            at += piece + 16;
            left -= piece;
        }
        request.io.segment(request.memory, at, left);
    }

    private void fill(Request request) {
        for (long at = 0; at < request.memory.byteSize(); at += 8) {
            request.memory.set(ValueLayout.JAVA_LONG, at, prng.nextLong());
        }
    }

    private static void gather(Request request, byte[] to, int toAt) {
        int at = toAt;
        for (int index = 0; index < request.io.segmentCount(); index++) {
            MemorySegment.copy(
                    request.memory,
                    ValueLayout.JAVA_BYTE,
                    request.io.segmentAt(index),
                    to,
                    at,
                    request.io.segmentBytes(index));
            at += request.io.segmentBytes(index);
        }
    }

    private void completed(Request request) {
        completedCount++;
        Io io = request.io;
        assertThat(io.status()).isEqualTo(IoStatus.OK);
        if (io.operation() == IoOperation.READ) {
            byte[] got = new byte[request.expected.length];
            gather(request, got, 0);
            assertThat(Arrays.mismatch(got, request.expected))
                    .as("first byte that differs in %s", io)
                    .isEqualTo(-1);
        }
        free.add(request);
    }
}
