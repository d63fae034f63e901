// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Check;
import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.FramePool;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What writes the traces of one node: each frame of an export whose {@code trace-io} is on becomes
 * a line of the log and, where a file is named, a record in it that tshark reads. One thread writes
 * for all exports of the loop; between the two lies one bounded ring. Frames that come faster than
 * they are written are served and not traced, and counted in {@code trace.dropped}.
 *
 * <p>A file is at most {@value #FILE_BYTES_MAX} bytes long: then it becomes {@code FILE.1}, in
 * place of an older one, and begins anew. So does an older trace when the file is opened; whatever
 * else lies there is left alone and refused. The records stand in the order in which the loop saw
 * the frames: a request that waited carries the time at which it came, which may be earlier than
 * that of the answer before it.
 *
 * <p>{@link #tracer}, {@link FrameTracer#close} and {@link #close} on any thread but the loop: they
 * wait for files. The tracers themselves are the loop's. Costs neither thread nor memory until the
 * first tracer.
 */
public final class TraceWriter implements AutoCloseable {
    private static final Logger LOG = System.getLogger(TraceWriter.class.getName());

    /** Some hundred jumbo frames, or ten thousands of the lines of the log. */
    private static final int RING_BYTES = 4 << 20;

    /** With {@code FILE.1} half a GiB for a trace that somebody forgot. */
    static final long FILE_BYTES_MAX = 256L << 20;

    /**
     * How it is made for tests.
     *
     * @param log takes the lines of the log; null where nobody reads them
     * @param byHand without a thread: who waits for the writer does its work instead
     */
    record Settings(
            int ringBytes, long fileBytesMax, @Nullable Consumer<String> log, boolean byHand) {}

    /** What there is from the first tracer on. */
    private record Running(TraceWork work, TraceThread thread, TraceIntake intake) {}

    private final Clock clock;
    private final Counters counters;
    private final Settings settings;
    private final TraceFiles files;
    private final Set<Traced> open = new LinkedHashSet<>();
    private @Nullable Running running;
    private int nextNumber;
    private boolean closed;

    static {
        Check.that(RING_BYTES >= 4 * FramePool.FRAME_BYTES_MAX, "every frame fits the ring");
    }

    /**
     * @param counters get {@code trace.frames} and {@code trace.dropped} of the loop, and {@code
     *     trace.failed}: records that a file did not take
     */
    public TraceWriter(Clock clock, Counters counters) {
        this(clock, counters, new Settings(RING_BYTES, FILE_BYTES_MAX, logged(), false));
    }

    TraceWriter(Clock clock, Counters counters, Settings settings) {
        this.clock = clock;
        this.counters = counters;
        this.settings = settings;
        files = new TraceFiles(settings.fileBytesMax());
    }

    private static @Nullable Consumer<String> logged() {
        return LOG.isLoggable(Level.INFO) ? line -> LOG.log(Level.INFO, line) : null;
    }

    /**
     * Switches the trace of an export on: give the result to {@code Export.traceTo} on the loop.
     * Several exports may name one file.
     *
     * @param exportName {@code e1.0}, as the log is to call it
     * @param pcap a capture file, beside the log
     * @throws EtherbayException when the file cannot be opened; nothing is traced then
     */
    public synchronized FrameTracer tracer(String exportName, Optional<Path> pcap) {
        Check.that(!closed, "a trace begins before its writer is closed");
        @Nullable PcapFile file = pcap.map(files::use).orElse(null);
        Running now = started();
        FrameTracer tracer = new FrameTracer(this, now.intake(), nextNumber++, exportName, file);
        begin(now, tracer);
        return tracer;
    }

    /**
     * Begins the trace of a disk's requests in the log.
     *
     * @param exportName who serves the disk, as the log is to call it
     */
    public synchronized IoTracer ioTracer(String exportName) {
        Check.that(!closed, "a trace begins before its writer is closed");
        Running now = started();
        IoTracer tracer = new IoTracer(this, now.intake(), nextNumber++, exportName);
        begin(now, tracer);
        return tracer;
    }

    private void begin(Running now, Traced tracer) {
        now.work().begin(tracer);
        now.thread().wakeUp();
        open.add(tracer);
    }

    private Running started() {
        Running known = running;
        if (known != null) {
            return known;
        }
        TraceRing ring = new TraceRing(settings.ringBytes());
        TraceWork work = new TraceWork(ring, clock, files, settings.log(), counters);
        TraceThread thread = new TraceThread(work, settings.byHand());
        thread.start();
        Running made = new Running(work, thread, new TraceIntake(ring, clock, thread, counters));
        running = made;
        return made;
    }

    /** Waits until all that the tracer was shown is written. */
    void end(Traced tracer) {
        Running now;
        synchronized (this) {
            now = running;
            if (now == null || !open.remove(tracer)) {
                return;
            }
        }
        if (!now.thread().await(now.work().end(tracer))) {
            LOG.log(
                    Level.WARNING,
                    "the last traces of " + tracer.exportName() + " may not be written");
        }
    }

    /** Does what the thread does otherwise; in tests. @return whether there was anything to do */
    boolean turn() {
        Running now = running;
        return now != null && now.work().turn();
    }

    /**
     * Switches off what is still on, as {@link FrameTracer#close} does; all is written then. After
     * the loop has ended, or when it shows nothing any more.
     */
    @Override
    public void close() {
        List<Traced> last;
        Running now;
        synchronized (this) {
            closed = true;
            last = List.copyOf(open);
            now = running;
        }
        last.forEach(this::end);
        if (now != null) {
            now.thread().stop();
        }
    }
}
