// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A frame in the {@link TraceRing}: what is known of it, then its first bytes. In memory only, so
 * in the machine's byte order.
 *
 * <pre>
 *  0              4        8         16            20               24        28       32
 * +--------------+--------+---------+-------------+----------------+---------+--------+-------
 * | record bytes | tracer | time ns | frame bytes | captured bytes | arrival | unused | frame
 * +--------------+--------+---------+-------------+----------------+---------+--------+-------
 * </pre>
 */
final class TraceRecord {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            ValueLayout.JAVA_INT.withName("recordBytes"),
            ValueLayout.JAVA_INT.withName("tracer"),
            ValueLayout.JAVA_LONG.withName("timeNs"),
            ValueLayout.JAVA_INT.withName("frameBytes"),
            ValueLayout.JAVA_INT.withName("capturedBytes"),
            ValueLayout.JAVA_INT.withName("arrival"),
            MemoryLayout.paddingLayout(Integer.BYTES));
    private static final VarHandle RECORD_BYTES = field("recordBytes");
    private static final VarHandle TRACER = field("tracer");
    private static final VarHandle TIME_NS = field("timeNs");
    private static final VarHandle FRAME_BYTES = field("frameBytes");
    private static final VarHandle CAPTURED_BYTES = field("capturedBytes");
    private static final VarHandle ARRIVAL = field("arrival");

    /** In place of a tracer: nothing here. A tracer's number is never negative. */
    private static final int FILLER = -1;

    /** Where the frame begins. */
    static final int FRAME_AT = (int) LAYOUT.byteSize();

    private TraceRecord() {}

    private static VarHandle field(String name) {
        return LAYOUT.varHandle(MemoryLayout.PathElement.groupElement(name));
    }

    static void fill(MemorySegment ring, long at, int fillBytes) {
        RECORD_BYTES.set(ring, at, fillBytes);
        TRACER.set(ring, at, FILLER);
    }

    static void begin(MemorySegment ring, long at, int recordBytes) {
        RECORD_BYTES.set(ring, at, recordBytes);
    }

    static int recordBytes(MemorySegment ring, long at) {
        return (int) RECORD_BYTES.get(ring, at);
    }

    static boolean isFiller(MemorySegment ring, long at) {
        return tracer(ring, at) == FILLER;
    }

    /** Number of the {@link FrameTracer}. */
    static int tracer(MemorySegment ring, long at) {
        return (int) TRACER.get(ring, at);
    }

    static void tracer(MemorySegment ring, long at, int number) {
        TRACER.set(ring, at, number);
    }

    /** When it arrived or was sent, in {@code Clock.nanoTime}. */
    static long timeNs(MemorySegment ring, long at) {
        return (long) TIME_NS.get(ring, at);
    }

    static void timeNs(MemorySegment ring, long at, long whenNs) {
        TIME_NS.set(ring, at, whenNs);
    }

    /** Length on the wire. */
    static int frameBytes(MemorySegment ring, long at) {
        return (int) FRAME_BYTES.get(ring, at);
    }

    static void frameBytes(MemorySegment ring, long at, int bytes) {
        FRAME_BYTES.set(ring, at, bytes);
    }

    /** Bytes of the frame that are here. */
    static int capturedBytes(MemorySegment ring, long at) {
        return (int) CAPTURED_BYTES.get(ring, at);
    }

    static void capturedBytes(MemorySegment ring, long at, int bytes) {
        CAPTURED_BYTES.set(ring, at, bytes);
    }

    /** Whether the frame was sent; else it arrived. */
    static boolean sent(MemorySegment ring, long at) {
        return arrival(ring, at) == Arrivals.NONE;
    }

    /** Number of the arrival, the same for all exports that were shown the frame. */
    static int arrival(MemorySegment ring, long at) {
        return (int) ARRIVAL.get(ring, at);
    }

    static void arrival(MemorySegment ring, long at, int number) {
        ARRIVAL.set(ring, at, number);
    }
}
