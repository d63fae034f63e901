// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.aoe.AoeFrames;
import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.base.Segment;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A writer of traces that a test turns by hand, its clock, and frames to show to its tracers. */
final class TraceRig {
    static final MacAddress CLIENT = new MacAddress(0x0200_0000_0001L);
    static final MacAddress TARGET = new MacAddress(0x0200_0000_0002L);
    static final int RING_BYTES = 64 * 1024;

    /** Stands still until the test moves it; wall time begins with 2026. */
    static final class HandClock implements Clock {
        private static final long WALL_START_MS = 1_767_225_600_000L;

        long nowNs = 5_000_000_000L;
        private final long startNs = nowNs;

        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return WALL_START_MS + (nowNs - startNs) / 1_000_000;
        }
    }

    final HandClock clock = new HandClock();
    final Counters counters = new Counters();
    final List<String> log = new ArrayList<>();
    final TraceWriter writer;
    private final EthernetPort port =
            new Segment(clock, 9000, counters).port("test", TARGET, () -> {});

    TraceRig() {
        this(TraceWriter.FILE_BYTES_MAX);
    }

    TraceRig(long fileBytesMax) {
        writer = new TraceWriter(
                clock,
                counters,
                new TraceWriter.Settings(RING_BYTES, fileBytesMax, log::add, true));
    }

    FrameTracer tracer(String exportName) {
        return writer.tracer(exportName, Optional.empty());
    }

    FrameTracer tracer(String exportName, Path file) {
        return writer.tracer(exportName, Optional.of(file));
    }

    /** Requests of the client for {@code shelf}.{@code slot}. */
    static AoeFrames request(int shelf, int slot, int tag) {
        return AoeFrames.request(TARGET, CLIENT, shelf, slot, tag);
    }

    /** What {@code shelf}.{@code slot} answers to a request. */
    static AoeFrames reply(MemorySegment request, int shelf, int slot) {
        return AoeFrames.replyTo(request, TARGET, shelf, slot);
    }

    /** A request arrives now and is shown to all these exports. */
    void receive(MemorySegment bytes, FrameTracer... tracers) {
        Frame frame = frame(bytes);
        for (FrameTracer tracer : tracers) {
            tracer.received(frame);
        }
        frame.release();
    }

    void send(MemorySegment bytes, FrameTracer tracer) {
        Frame frame = frame(bytes);
        tracer.sent(frame);
        frame.release();
    }

    /** A frame that arrived now; the caller releases it. */
    Frame frame(MemorySegment bytes) {
        Frame frame = port.claim((int) bytes.byteSize());
        if (frame == null) {
            throw new AssertionError("a test holds few frames");
        }
        MemorySegment.copy(bytes, 0, frame.memory(), frame.at(), bytes.byteSize());
        frame.arrived((int) bytes.byteSize(), clock.nowNs);
        return frame;
    }

    void turnUntilIdle() {
        while (writer.turn()) {
            clock.nowNs++;
        }
    }

    long count(String counter) {
        return counters.counter(counter).value();
    }
}
