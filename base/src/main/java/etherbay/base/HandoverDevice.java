// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A device that stays the same to whoever uses it while what lies below changes hands: requests
 * that cannot be served now wait, in the order in which they came. A request that ends FENCED waits
 * too, since another owner of the disk is none of the user's business; it is made again when the
 * disk is ours once more. On the loop of what lies below.
 */
public final class HandoverDevice implements BlockDevice {
    /** What is served. */
    public enum Mode {
        /** Nothing. */
        NOTHING,
        /** Reads. */
        READS,
        /** Everything. */
        ALL,
        /** FLUSH, at once: all that was ever acknowledged is durable, and nothing new is. */
        FLUSHED
    }

    private final BlockCapabilities capabilities;
    private final List<Listener> listeners = new ArrayList<>();
    private final Loop loop;
    private final IoQueue waiting = new IoQueue();
    private final IoQueue flushed = new IoQueue();
    private final IoQueue cancelled = new IoQueue();
    private final Timers.Timer answering;
    private final Quiescence taken = new Quiescence();
    private final Quiescence below = new Quiescence();
    private @Nullable BlockDevice device;
    private Mode mode = Mode.NOTHING;
    private long sectors;
    private boolean closed;

    /**
     * Serves nothing so far.
     *
     * @param capabilities what is offered, whatever lies below: what that cannot do fails
     * @param sectors its size; grows with what lies below
     */
    public HandoverDevice(Loop loop, BlockCapabilities capabilities, long sectors) {
        answering = loop.timers().timer(this::answer);
        this.loop = loop;
        this.capabilities = capabilities;
        this.sectors = sectors;
    }

    public Mode mode() {
        return mode;
    }

    /** Requests that wait. */
    public int waitingCount() {
        return waiting.count();
    }

    /** Serves so much from now on, and by that device; what has waited for it is made. */
    public void serve(Mode next, @Nullable BlockDevice from) {
        Check.that(
                (from != null) == (next == Mode.READS || next == Mode.ALL),
                "a device lies below what is read and written");
        BlockDevice before = device;
        device = from;
        mode = next;
        if (from != null && !from.equals(before)) {
            from.listen(new Listener() {
                @Override
                public void resized(BlockDevice resized, long sectorsBefore) {
                    fits(from);
                }
            });
            fits(from);
        }
        serveWaiting();
    }

    private void fits(BlockDevice from) {
        long before = sectors;
        if (from.equals(device) && from.sectors() != before) {
            sectors = from.sectors();
            listeners.forEach(listener -> listener.resized(this, before));
        }
    }

    /** Each that waits now once: what cannot be served still waits in its place. */
    private void serveWaiting() {
        for (int left = waiting.count(); left > 0; left--) {
            Io io = waiting.poll();
            if (io != null) {
                pass(io);
            }
        }
    }

    /** Runs {@code finished} when nothing is under way below; what waits does not count. */
    public void whenQuiet(Runnable finished) {
        below.whenQuiet(finished);
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal =
                closed ? IoStatus.OFFLINE : BlockDevice.refusal(io, sectors, capabilities);
        if (refusal.isOk()) {
            pass(io.then(this::done, taken.entered()));
        } else {
            io.complete(refusal);
        }
    }

    private void done(Io io) {
        long generation = io.word();
        io.complete(io.status());
        taken.left(generation);
    }

    private void pass(Io io) {
        BlockDevice now = device;
        boolean reads = io.operation() == IoOperation.READ;
        if (now != null && (mode == Mode.ALL || reads)) {
            now.submit(io.then(this::ended, below.entered()));
        } else if (mode == Mode.FLUSHED && io.operation() == IoOperation.FLUSH) {
            flushed.add(io);
            answering.at(loop.nowNs()); // in a later step, as every device
        } else {
            waiting.add(io);
        }
    }

    private void answer() {
        end(flushed, IoStatus.OK);
        end(cancelled, IoStatus.OFFLINE);
    }

    /** Those that are there now: who hears of one may ask again. */
    private static void end(IoQueue queue, IoStatus outcome) {
        for (int left = queue.count(); left > 0; left--) {
            Io io = queue.poll();
            if (io != null) {
                io.complete(outcome);
            }
        }
    }

    private void ended(Io io) {
        long generation = io.word();
        if (io.status() == IoStatus.FENCED && !closed) {
            waiting.add(io);
            mode = mode == Mode.ALL || mode == Mode.READS ? Mode.NOTHING : mode;
            device = mode == Mode.NOTHING ? null : device;
        } else {
            io.complete(io.status());
        }
        below.left(generation);
    }

    @Override
    public boolean cancel(Io io) {
        if (waiting.remove(io)) {
            cancelled.add(io);
            answering.at(loop.nowNs());
            return true;
        }
        BlockDevice now = device;
        return now != null && now.cancel(io);
    }

    /** What waits counts too: that may last. */
    @Override
    public void quiesce(Runnable finished) {
        taken.whenQuiet(finished);
    }

    /** What waits ends OFFLINE; what lies below is its owner's. */
    @Override
    public void close() {
        closed = true;
        mode = Mode.NOTHING;
        device = null;
        for (Io io = waiting.poll(); io != null; io = waiting.poll()) {
            io.complete(IoStatus.OFFLINE);
        }
        answering.cancel();
        answer();
    }
}
