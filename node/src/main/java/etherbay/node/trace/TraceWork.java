// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Clock;
import etherbay.base.Counter;
import etherbay.base.Counters;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.ZoneId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * What the writer's thread does: takes frames out of the ring into the log and the files. Turned by
 * that thread, in tests by hand; others reach it by {@link #begin} and {@link #end} only.
 */
final class TraceWork {
    private static final Logger LOG = System.getLogger(TraceWork.class.getName());

    /** Frames of one turn, so that between two there is time to flush. */
    private static final int RECORD_COUNT_MAX = 1000;

    /** With the longest pause of the thread this stays below the half second that is promised. */
    private static final long FLUSH_NS = 250_000_000L;

    private static final long NS_PER_MS = 1_000_000;

    /** A tracer that is switched off, and what the ring has to be drained of before. */
    private record End(Traced tracer, long position, CountDownLatch done) {}

    private final TraceRing ring;
    private final Clock clock;
    private final TraceFiles files;
    private final @Nullable Consumer<String> log;
    private final Counter dropped;
    private final Counter failed;
    private final TraceLine line = new TraceLine(ZoneId.systemDefault());
    private final ConcurrentHashMap<Integer, Traced> tracers = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<End> ends = new ConcurrentLinkedQueue<>();
    private final LongConsumer reader = this::write;
    private volatile long wallOffsetNs;
    private long flushedNs;
    private long toldDroppedCount;

    /**
     * @param log takes the lines; null where nobody reads them
     * @param counters {@code trace.dropped} is told, {@code trace.failed} is counted here
     */
    TraceWork(
            TraceRing ring,
            Clock clock,
            TraceFiles files,
            @Nullable Consumer<String> log,
            Counters counters) {
        this.ring = ring;
        this.clock = clock;
        this.files = files;
        this.log = log;
        dropped = counters.counter("trace.dropped");
        failed = counters.counter("trace.failed");
        flushedNs = clock.nanoTime();
        toldDroppedCount = dropped.value();
    }

    /**
     * Knows a tracer before its first frame. The first one settles how the two clocks lie to each
     * other, to a millisecond, until none is left: within a file time never jumps.
     */
    void begin(Traced tracer) {
        if (tracers.isEmpty()) {
            wallOffsetNs = clock.wallMillis() * NS_PER_MS - clock.nanoTime();
        }
        tracers.put(tracer.number(), tracer);
    }

    /** Forgets a tracer that shows nothing any more once all is written. @return opens then */
    CountDownLatch end(Traced tracer) {
        CountDownLatch done = new CountDownLatch(1);
        ends.add(new End(tracer, ring.published(), done));
        return done;
    }

    /** Whether frames may come. */
    boolean isTracing() {
        return !tracers.isEmpty();
    }

    /** Whether a turn would find something to do at once. */
    boolean isIdle() {
        return ends.isEmpty() && ring.published() == ring.drained();
    }

    /** @return whether there was anything to do */
    boolean turn() {
        int recordCount = ring.drain(reader, RECORD_COUNT_MAX);
        int endCount = 0;
        End end = ends.peek();
        while (end != null && end.position() <= ring.drained()) {
            ends.remove();
            finish(end);
            endCount++;
            end = ends.peek();
        }
        long nowNs = clock.nanoTime();
        if (nowNs - flushedNs >= FLUSH_NS) {
            flushedNs = nowNs;
            files.flush();
            tellDropped();
        }
        return recordCount + endCount > 0;
    }

    private void finish(End end) {
        tracers.remove(end.tracer().number());
        if (end.tracer() instanceof FrameTracer frames && frames.file() != null) {
            files.release(frames.file());
        }
        tellDropped();
        end.done().countDown();
    }

    private void tellDropped() {
        long newCount = dropped.value() - toldDroppedCount;
        if (newCount > 0) {
            toldDroppedCount += newCount;
            LOG.log(
                    Level.WARNING,
                    newCount
                            + " frames or requests were served but not traced: they came faster"
                            + " than they could be written");
        }
    }

    private void write(long at) {
        MemorySegment memory = ring.memory();
        Traced tracer = tracers.get(TraceRecord.tracer(memory, at));
        long wallNs = TraceRecord.timeNs(memory, at) + wallOffsetNs;
        switch (tracer) {
            case null -> {} // it was switched off before it fell silent
            case FrameTracer frames -> writeFrame(frames, at, wallNs);
            case IoTracer requests -> {
                if (log != null) {
                    log.accept(line.ofRequest(requests.exportName(), memory, at, wallNs));
                }
            }
        }
    }

    private void writeFrame(FrameTracer tracer, long at, long wallNs) {
        MemorySegment memory = ring.memory();
        PcapFile file = tracer.file();
        if (file != null && !file.append(memory, at, wallNs)) {
            failed.increment();
        }
        if (log != null) {
            log.accept(line.of(tracer.exportName(), memory, at, wallNs));
        }
    }
}
