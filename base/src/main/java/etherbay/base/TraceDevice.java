// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * A device whose every request is shown to somebody when it has ended, refusals included. On the
 * loop of the device below. Allocates nothing.
 */
public final class TraceDevice extends DeviceDecorator {
    private final Clock clock;
    private final IoTrace trace;
    private final Io.Completion done = this::done;

    /**
     * @param clock of the loop: a request may be shorter than a turn
     */
    public TraceDevice(BlockDevice below, Clock clock, IoTrace trace) {
        super(below);
        this.clock = clock;
        this.trace = trace;
    }

    @Override
    public void submit(Io io) {
        io.then(done, clock.nanoTime());
        below().submit(io);
    }

    private void done(Io io) {
        trace.ended(io, io.word());
        io.complete(io.status());
    }
}
