// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.Loop;
import etherbay.base.ParkIdler;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a segment brings to an initiator that looks for a disk and uses it. The input is a list of
 * steps: honest answers, answers with bytes of them changed, cut or sent twice, any other frame,
 * lost requests, time, and requests of the disk's user. Whatever comes, all requests end when the
 * target is silent for long enough, once each; no frame is lost, and no memory but that of the
 * requests is written.
 */
public final class RemoteDiskFuzz {
    private static final int STEP_COUNT_MAX = 200;
    private static final int IO_COUNT = 8;
    private static final int IO_SECTORS_MAX = 8;
    private static final int IO_BYTES = IO_SECTORS_MAX * 512;
    private static final byte GUARD = (byte) 0x5a;
    private static final long MS_NS = 1_000_000L;
    private static final MemorySegment WALL =
            MemorySegment.ofArray(new byte[IO_BYTES]).fill(GUARD);

    static {
        DiskUser.quiet();
    }

    private final class StepClock implements Clock {
        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    private final ByteBuffer steps;
    private final Io[] ios = new Io[IO_COUNT];
    private final MemorySegment memory;
    private final FuzzPort port;
    private final Loop loop = new Loop("fuzz", new StepClock(), new ParkIdler(), 0);
    private final RemoteDisk disk;
    private final Initiator initiator;
    private byte[] lastAnswer = {};
    private boolean opened;
    private boolean refused;
    private int endedCount;
    private int submittedCount;
    private long nowNs = 1_000_000_000_000L;

    private RemoteDiskFuzz(byte[] input, Arena arena) {
        steps = ByteBuffer.wrap(input);
        port = new FuzzPort(arena);
        memory = arena.allocate((long) IO_BYTES * (IO_COUNT + 2)).fill(GUARD);
        for (int index = 0; index < IO_COUNT; index++) {
            ios[index] = new Io(1);
        }
        initiator = new Initiator(loop, new Counters(), new Prng(7));
        loop.add(initiator);
        initiator.add(port);
        disk = initiator.open(
                new DiskAddress(1, 0),
                RemoteDiskSettings.DEFAULT.withFrameLifeNs(40 * MS_NS),
                failure -> {
                    assertThat(opened || refused).as("told twice").isFalse();
                    opened = failure == null;
                    refused = failure != null;
                });
    }

    /** The life of one initiator. */
    public static void fuzzerTestOneInput(byte[] input) {
        try (Arena arena = Arena.ofConfined()) {
            new RemoteDiskFuzz(input, arena).run();
        }
    }

    private void run() {
        for (int count = 0; count < STEP_COUNT_MAX && steps.hasRemaining(); count++) {
            step(steps.get() & 0x7);
            pass(MS_NS / 10);
        }
        for (int seconds = 0; seconds < 12 && endedCount < submittedCount; seconds++) {
            pass(1000 * MS_NS);
        }
        assertThat(endedCount).as("requests that ended").isEqualTo(submittedCount);
        assertThat(disk.status()).isNotNull();
        initiator.close(disk);
        pass(MS_NS);
        assertThat(port.freeCount()).isEqualTo(FuzzPort.FRAME_COUNT);
        assertGuarded(0);
        assertGuarded(IO_BYTES * (IO_COUNT + 1L));
    }

    private void assertGuarded(long from) {
        assertThat(MemorySegment.mismatch(memory, from, from + IO_BYTES, WALL, 0, IO_BYTES))
                .isEqualTo(-1);
    }

    private void pass(long forNs) {
        nowNs += forNs;
        int work;
        do {
            work = loop.turn(nowNs);
        } while (work > 0);
    }

    private void step(int kind) {
        switch (kind) {
            case 0 -> receive(taken(next() << 8 | next()));
            case 1, 2 -> answer(port.answer());
            case 3 -> answer(changed(port.answer()));
            case 4 -> receive(lastAnswer);
            case 5 -> port.lose();
            case 6 -> pass(next() * MS_NS);
            default -> submit(next());
        }
    }

    private void answer(byte[] frame) {
        lastAnswer = frame;
        receive(frame);
    }

    private void receive(byte[] frame) {
        if (frame.length > 0) {
            port.receive(frame, nowNs);
        }
    }

    private int next() {
        return steps.hasRemaining() ? steps.get() & 0xff : 0;
    }

    private byte[] taken(int length) {
        byte[] frame = new byte[Math.min(length, steps.remaining())];
        steps.get(frame);
        return frame;
    }

    /** Up to three changes: another byte, or another length. */
    private byte[] changed(byte[] honest) {
        byte[] frame = honest.clone();
        for (int count = next() % 4; count > 0; count--) {
            int at = next() << 8 | next();
            int value = next();
            if ((at & 0x8000) != 0) {
                frame = Arrays.copyOf(frame, at & 0x7ff);
            } else if (frame.length > 0) {
                frame[at % frame.length] = (byte) value;
            }
        }
        return frame;
    }

    private void submit(int how) {
        for (int index = 0; opened && index < IO_COUNT; index++) {
            if (!ios[index].inFlight()) {
                submit(ios[index], (index + 1L) * IO_BYTES, how);
                return;
            }
        }
    }

    private void submit(Io io, long at, int how) {
        IoOperation operation = switch (how & 0x3) {
            case 0 -> IoOperation.WRITE;
            case 1 -> IoOperation.FLUSH;
            case 2 -> IoOperation.TRIM;
            default -> IoOperation.READ;
        };
        int sectors = operation == IoOperation.FLUSH ? 0 : 1 + (how >> 2) % IO_SECTORS_MAX;
        io.prepare(operation, how % 8, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, at, sectors * 512);
        }
        submittedCount++;
        io.then(ended -> endedCount++);
        disk.submit(io);
    }
}
