// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Clock;
import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.Frame;
import etherbay.base.Io;

import java.lang.foreign.MemorySegment;

/** The loop's end of the ring, shared by the tracers of all its exports. Allocates nothing. */
final class TraceIntake {
    private final TraceRing ring;
    private final Clock clock;
    private final TraceThread thread;
    private final Counter traced;
    private final Counter requests;
    private final Counter dropped;
    private final Arrivals arrivals = new Arrivals();

    TraceIntake(TraceRing ring, Clock clock, TraceThread thread, Counters counters) {
        this.ring = ring;
        this.clock = clock;
        this.thread = thread;
        traced = counters.counter("trace.frames");
        requests = counters.counter("trace.requests");
        dropped = counters.counter("trace.dropped");
    }

    long nowNs() {
        return clock.nanoTime();
    }

    Arrivals arrivals() {
        return arrivals;
    }

    /**
     * Copies the first bytes of a frame into the ring; where they do not fit, the frame is counted.
     *
     * @param arrival its number, or {@link Arrivals#NONE} for one that is sent
     */
    void put(int tracer, Frame frame, int capturedBytes, long timeNs, int arrival) {
        long at = ring.claim(TraceRecord.FRAME_AT + capturedBytes);
        if (at == TraceRing.FULL) {
            dropped.increment();
            return;
        }
        MemorySegment to = ring.memory();
        TraceRecord.tracer(to, at, tracer);
        TraceRecord.timeNs(to, at, timeNs);
        TraceRecord.frameBytes(to, at, frame.bytes());
        TraceRecord.capturedBytes(to, at, capturedBytes);
        TraceRecord.arrival(to, at, arrival);
        MemorySegment.copy(
                frame.memory(), frame.at(), to, at + TraceRecord.FRAME_AT, capturedBytes);
        ring.publish();
        traced.increment();
        thread.published(ring);
    }

    /** The same for a request that has ended just now. */
    void put(int tracer, Io io, long submittedNs) {
        long at = ring.claim(TraceRecord.FRAME_AT + IoRecord.BYTES);
        if (at == TraceRing.FULL) {
            dropped.increment();
            return;
        }
        long nowNs = clock.nanoTime();
        MemorySegment to = ring.memory();
        TraceRecord.tracer(to, at, tracer);
        TraceRecord.timeNs(to, at, nowNs);
        IoRecord.write(to, at + TraceRecord.FRAME_AT, io, nowNs - submittedNs);
        ring.publish();
        requests.increment();
        thread.published(ring);
    }
}
