// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Io;
import etherbay.base.IoTrace;

/**
 * The trace of one disk: copies what is known of each request that has ended into the ring of its
 * {@link TraceWriter}, which writes a line of the log for it. A full ring costs the line, which is
 * counted, and never a wait. Nothing here allocates.
 *
 * <p>{@link #ended} on the loop; {@link #close} on any other thread.
 */
public final class IoTracer implements Traced, IoTrace, AutoCloseable {
    private final TraceWriter writer;
    private final TraceIntake intake;
    private final int number;
    private final String exportName;

    IoTracer(TraceWriter writer, TraceIntake intake, int number, String exportName) {
        this.writer = writer;
        this.intake = intake;
        this.number = number;
        this.exportName = exportName;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String exportName() {
        return exportName;
    }

    @Override
    public void ended(Io io, long submittedNs) {
        intake.put(number, io, submittedNs);
    }

    /**
     * Returns when all that was shown stands in the log. Before it the device has been closed, or
     * the loop has ended. Blocks, so never on the loop. Closing twice does nothing.
     */
    @Override
    public void close() {
        writer.end(this);
    }
}
