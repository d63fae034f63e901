// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.aoe.FrameText;
import etherbay.base.Frame;
import etherbay.target.FrameTrace;

import org.jspecify.annotations.Nullable;

/**
 * The trace of one export while it is on: copies what the export shows it into the ring of its
 * {@link TraceWriter}, where another thread takes it. A full ring costs the frame, which is
 * counted, and never a wait. Nothing here allocates.
 *
 * <p>{@link #received} and {@link #sent} on the loop; {@link #close} on any other thread.
 */
public final class FrameTracer implements Traced, FrameTrace, AutoCloseable {
    private final TraceWriter writer;
    private final TraceIntake intake;
    private final int number;
    private final String exportName;
    private final @Nullable PcapFile file;
    private int lastArrival = Arrivals.NONE;

    FrameTracer(
            TraceWriter writer,
            TraceIntake intake,
            int number,
            String exportName,
            @Nullable PcapFile file) {
        this.writer = writer;
        this.intake = intake;
        this.number = number;
        this.exportName = exportName;
        this.file = file;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String exportName() {
        return exportName;
    }

    @Nullable
    PcapFile file() {
        return file;
    }

    @Override
    public void received(Frame frame) {
        lastArrival = intake.arrivals().number(frame, lastArrival);
        // A stamp of the kernel may lie in the future by as much as its conversion may be wrong.
        long timeNs = Math.min(frame.receivedNs(), intake.nowNs());
        intake.put(number, frame, capturedBytes(frame), timeNs, lastArrival);
    }

    @Override
    public void sent(Frame frame) {
        intake.put(number, frame, capturedBytes(frame), intake.nowNs(), Arrivals.NONE);
    }

    private int capturedBytes(Frame frame) {
        return file == null
                ? FrameText.bytesRead(frame.memory(), frame.at(), frame.bytes())
                : frame.bytes();
    }

    /**
     * Returns when all that was shown stands in the log and in the file, and the file, where no
     * other export uses it, is closed. Before it the export is told to show nothing here any more:
     * {@code export.traceTo(null)} has run on the loop, or the loop has ended. Blocks, so never on
     * the loop. Closing twice does nothing.
     */
    @Override
    public void close() {
        writer.end(this);
    }
}
