// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Frame;
import etherbay.node.trace.FrameRing;
import etherbay.node.trace.FrameTracer;
import etherbay.target.FrameTrace;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * Traces that are switched while exports serve, beside those of the settings. One that is on also
 * keeps the last frames in memory, so that they can be had at once; none is kept else, but for a
 * capture, one at a time of an export, which takes what comes while it lasts, whatever is switched
 * meanwhile. Control code, one thread at a time.
 */
final class ExportTraces {
    /** What is kept of an export while that tracer is on. */
    private record Kept(FrameTracer tracer, FrameRing ring) {}

    /** Shows frames to two. On the loop. */
    private record Both(FrameTrace first, FrameTrace second) implements FrameTrace {
        @Override
        public void received(Frame frame) {
            first.received(frame);
            second.received(frame);
        }

        @Override
        public void sent(Frame frame) {
            first.sent(frame);
            second.sent(frame);
        }
    }

    private final NodeParts parts;
    private final Clock clock;

    /** Until the export is opened anew, or forgotten. */
    private final Map<OpenExport, Kept> keptOf = new WeakHashMap<>();

    private final Map<OpenExport, FrameRing> captureOf = new WeakHashMap<>();

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
            keptOf.put(open, new Kept(tracer, new FrameRing(clock, tracer)));
            show(open);
        } else {
            Optional<FrameTracer> former = open.tracer();
            keptOf.remove(open);
            open.tracer(Optional.empty());
            show(open);
            former.ifPresent(FrameTracer::close);
        }
    }

    /** What is kept of an export since its trace was switched on; empty where nothing is. */
    Optional<FrameRing> kept(OpenExport open) {
        // What a change put in the place of the ring sees none of its frames any more.
        return Optional.ofNullable(keptOf.get(open))
                .filter(kept -> open.tracer().equals(Optional.of(kept.tracer())))
                .map(Kept::ring);
    }

    /**
     * Begins to capture frames, besides what is traced.
     *
     * @throws EtherbayException CONFLICT while another capture of that export lasts
     */
    FrameRing begin(OpenExport open) {
        if (captureOf.containsKey(open)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "frames of " + open.spec().name() + " are not captured twice at a time",
                    "somebody captures them just now",
                    "ask again when that has ended, after a minute at most; or switch the trace"
                            + " on: then the last frames can be had by all, and at once");
        }
        FrameRing ring = new FrameRing(clock, null);
        captureOf.put(open, ring);
        show(open);
        return ring;
    }

    /** Captures no more frames; what is traced besides goes on. */
    void end(OpenExport open) {
        captureOf.remove(open);
        show(open);
    }

    /** Shows frames to all who want them now. */
    private void show(OpenExport open) {
        FrameTrace traced = kept(open)
                .map(FrameTrace.class::cast)
                .or(() -> open.tracer().map(FrameTrace.class::cast))
                .orElse(null);
        FrameTrace shown = both(captureOf.get(open), traced);
        parts.calls().run(() -> {
            open.export().apply(open.export().settings().withTraceIo(shown != null));
            open.export().traceTo(shown);
        });
    }

    private static @Nullable FrameTrace both(
            @Nullable FrameTrace capture, @Nullable FrameTrace traced) {
        if (capture == null || traced == null) {
            return capture == null ? traced : capture;
        }
        return new Both(capture, traced);
    }
}
