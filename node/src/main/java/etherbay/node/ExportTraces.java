// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Clock;
import etherbay.node.trace.FrameRing;
import etherbay.node.trace.FrameTracer;
import etherbay.target.FrameTrace;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * Traces that are switched while exports serve, beside those of the settings. One that is on also
 * keeps the last frames in memory, so that they can be had at once; none is kept else. Control
 * code, one thread at a time.
 */
final class ExportTraces {
    private final NodeParts parts;
    private final Clock clock;

    /** Until the export is opened anew, or forgotten. */
    private final Map<OpenExport, FrameRing> rings = new WeakHashMap<>();

    ExportTraces(NodeParts parts, Clock clock) {
        this.parts = parts;
        this.clock = clock;
    }

    void trace(OpenExport open, boolean on) {
        if (on) {
            FrameTracer tracer = open.tracer()
                    .orElseGet(() -> parts.traces()
                            .tracer(open.spec().name(), open.spec().traceFile()));
            open.tracer(Optional.of(tracer));
            begin(open);
        } else {
            Optional<FrameTracer> former = open.tracer();
            rings.remove(open);
            show(open, null);
            open.tracer(Optional.empty());
            former.ifPresent(FrameTracer::close);
        }
    }

    /** What is kept of an export since its trace was switched on; empty where nothing is. */
    Optional<FrameRing> kept(OpenExport open) {
        // What a change put in the place of the ring sees none of its frames any more.
        return open.tracer().isEmpty() ? Optional.empty() : Optional.ofNullable(rings.get(open));
    }

    /** Begins to keep frames, besides what the settings want. */
    FrameRing begin(OpenExport open) {
        FrameRing ring = new FrameRing(clock, open.tracer().orElse(null));
        show(open, ring);
        if (open.tracer().isPresent()) {
            rings.put(open, ring);
        }
        return ring;
    }

    /** Keeps no more frames than before {@link #begin}. */
    void end(OpenExport open) {
        rings.remove(open);
        show(open, open.tracer().orElse(null));
    }

    private void show(OpenExport open, @Nullable FrameTrace trace) {
        parts.calls().run(() -> {
            open.export().apply(open.export().settings().withTraceIo(trace != null));
            open.export().traceTo(trace);
        });
    }
}
