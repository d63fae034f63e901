// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * A device that is slow on purpose. On the loop of the device below, whose timers it uses.
 *
 * <p>Each request is held before it is passed on. What holds it is the sum of two: the queue of a
 * disk that does one thing at a time, and a delay of the request's own, which those of other
 * requests do not wait for.
 *
 * <ul>
 *   <li>The disk is busy with a request for {@code 1 / requestsPerS}, or for as long as its data
 *       takes at {@code bytesPerS}, whichever is longer; then the next one begins. TRIM, zeroes and
 *       FLUSH carry no data. What a disk did not do while it was idle it does not catch up on.
 *   <li>The delay is that of the kind of request, and a uniform part of the jitter. So with jitter
 *       requests overtake each other, as those in flight may.
 * </ul>
 *
 * <p>One slot with a timer for each request held; no allocation once there were as many before.
 */
public final class DelayDevice extends DeviceDecorator {
    /** Whoever asked has given up by then: the longest that a delay and a jitter may be, each. */
    public static final long DELAY_NS_MAX = 60_000_000_000L;

    private static final long NS_PER_S = 1_000_000_000L;
    private static final int SLOT_COUNT_FIRST = 64;

    /**
     * How slow.
     *
     * @param readNs what each READ is delayed by
     * @param writeNs what each WRITE, TRIM and WRITE_ZEROES is delayed by
     * @param flushNs what each FLUSH is delayed by
     * @param jitterNs longest further delay of each request
     * @param requestsPerS what the disk does at most; 0 for any number
     * @param bytesPerS what it moves at most; 0 for any number
     * @param seed of the jitter
     */
    public record Settings(
            long readNs,
            long writeNs,
            long flushNs,
            long jitterNs,
            long requestsPerS,
            long bytesPerS,
            long seed) {
        public Settings {
            long longest = Math.max(Math.max(readNs, writeNs), Math.max(flushNs, jitterNs));
            long shortest = Math.min(Math.min(readNs, writeNs), Math.min(flushNs, jitterNs));
            Check.that(shortest >= 0 && longest <= DELAY_NS_MAX, "a delay has an end");
            Check.that(
                    requestsPerS >= 0 && requestsPerS <= NS_PER_S && bytesPerS >= 0,
                    "a disk does between nothing and one request a nanosecond");
        }
    }

    /** A request that is held. */
    private final class Slot {
        private final Timers.Timer timer = loop.timers().timer(this::due);
        private @Nullable Io io;
        private long generation;
        private int position;
        private boolean cancelled;

        Slot(int position) {
            this.position = position;
        }

        private void due() {
            Io held = io;
            Check.that(held != null, "a timer that is set holds a request");
            long entered = generation;
            giveBack(this);
            if (cancelled) {
                held.complete(IoStatus.OFFLINE);
                quiescence.left(entered);
            } else {
                pass(held, entered);
            }
        }
    }

    private final Loop loop;
    private final Settings settings;
    private final Prng prng;
    private final Quiescence quiescence = new Quiescence();
    private final Io.Completion done = this::done;

    /** Those in use first, in no order. */
    private Slot[] slots = {};

    private int usedCount;
    private long busyUntilNs = Long.MIN_VALUE;
    private boolean hurries;

    public DelayDevice(BlockDevice below, Loop loop, Settings settings) {
        super(below);
        this.loop = loop;
        this.settings = settings;
        prng = new Prng(settings.seed());
    }

    /** Requests that are held right now. */
    public int heldCount() {
        return usedCount;
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        long generation = quiescence.entered();
        long nowNs = loop.nowNs();
        long dueNs = dueNs(io, nowNs);
        if (dueNs <= nowNs || hurries) {
            pass(io, generation);
        } else {
            Slot slot = takeSlot();
            slot.io = io;
            slot.generation = generation;
            slot.cancelled = false;
            slot.timer.at(dueNs);
        }
    }

    /** What is held ends now, with OFFLINE. */
    @Override
    public boolean cancel(Io io) {
        for (int index = 0; index < usedCount; index++) {
            Slot slot = slots[index];
            if (slot.io == io) {
                slot.cancelled = true;
                slot.timer.at(loop.nowNs());
                return true;
            }
        }
        return super.cancel(io);
    }

    private long dueNs(Io io, long nowNs) {
        busyUntilNs = Math.max(busyUntilNs, nowNs) + busyNs(io);
        long jitterNs = settings.jitterNs() == 0 ? 0 : prng.below(settings.jitterNs() + 1);
        return busyUntilNs + jitterNs + delayNs(io.operation());
    }

    /** How long the disk has nothing to spare for another request. */
    private long busyNs(Io io) {
        boolean hasData = io.operation() == IoOperation.READ || io.operation() == IoOperation.WRITE;
        long requestNs = settings.requestsPerS() == 0 ? 0 : NS_PER_S / settings.requestsPerS();
        double dataNs = settings.bytesPerS() == 0 || !hasData
                ? 0
                : (double) io.bytes() * NS_PER_S / settings.bytesPerS();
        return Math.max(requestNs, (long) dataNs);
    }

    private long delayNs(IoOperation operation) {
        return switch (operation) {
            case READ -> settings.readNs();
            case WRITE, TRIM, WRITE_ZEROES -> settings.writeNs();
            case FLUSH -> settings.flushNs();
        };
    }

    private void pass(Io io, long generation) {
        io.then(done, generation);
        below().submit(io);
    }

    private void done(Io io) {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    }

    private Slot takeSlot() {
        if (usedCount == slots.length) {
            addSlots(Math.max(SLOT_COUNT_FIRST, slots.length * 2));
        }
        return slots[usedCount++];
    }

    private void addSlots(int slotCount) {
        int before = slots.length;
        slots = Arrays.copyOf(slots, slotCount);
        for (int index = before; index < slotCount; index++) {
            slots[index] = new Slot(index);
        }
    }

    private void giveBack(Slot slot) {
        slot.io = null;
        Slot last = slots[--usedCount];
        slots[usedCount] = slot;
        slots[slot.position] = last;
        last.position = slot.position;
        slot.position = usedCount;
    }

    /**
     * Holds nothing any more: what is held is passed on now, what comes later at once. For whoever
     * is about to {@link #quiesce} and close, and would wait for delays that nobody learns from.
     */
    public void hurry() {
        hurries = true;
        for (Slot first = earliest(); first != null; first = earliest()) {
            first.timer.cancel();
            first.due();
        }
    }

    /** In the order of the deadlines, as without hurry. */
    private @Nullable Slot earliest() {
        @Nullable Slot first = null;
        for (int index = 0; index < usedCount; index++) {
            Slot slot = slots[index];
            if (first == null || slot.timer.deadlineNs() < first.timer.deadlineNs()) {
                first = slot;
            }
        }
        return first;
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** What is still held ends with OFFLINE. */
    @Override
    public void close() {
        while (usedCount > 0) {
            Slot slot = slots[usedCount - 1];
            Io io = slot.io;
            Check.that(io != null, "a slot in use holds a request");
            slot.timer.cancel();
            long generation = slot.generation;
            giveBack(slot);
            io.complete(IoStatus.OFFLINE);
            quiescence.left(generation);
        }
        super.close();
    }
}
