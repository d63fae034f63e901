// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * A device on which overlapping requests take effect in the order of submission. On the loop of the
 * device below.
 *
 * <p>Two requests are in conflict when their ranges meet, each rounded out to the granularity, and
 * at least one of them changes data. The later of two in conflict is not passed on before the
 * earlier one has completed, whether that was in flight or waited itself. So a read sees all writes
 * submitted before it and none submitted after it, and no write is overtaken. Requests that are not
 * in conflict are passed on at once, in no order, as to any device. A FLUSH waits for nothing and
 * nothing waits for it: it covers what has completed, as everywhere.
 *
 * <p>Order holds up to completion: a write that ended UNKNOWN may still land later, on top of a
 * newer one. Whoever gets that answer fences.
 *
 * <p>One slot for each request taken and not completed; a pass over them for each submission and
 * each completion; no allocation once there were as many requests before.
 */
public final class OrderedDevice extends DeviceDecorator {
    private static final int SLOT_COUNT_FIRST = 64;

    /**
     * A request that was taken and has not completed; its own copy of the range, since that moves.
     */
    private static final class Slot {
        final int id;
        int position;
        long first;
        long end;
        boolean changesData;
        /** Earlier requests in conflict that have not completed; 0 once it is passed on. */
        int blockerCount;

        /** Whether the device below has it. */
        boolean passed;

        /** To end with OFFLINE when its turn comes. */
        boolean cancelled;

        long generation;

        @Nullable
        Io io;

        Slot(int id) {
            this.id = id;
            this.position = id;
        }

        boolean conflictsWith(Slot other) {
            return first < other.end && other.first < end && (changesData || other.changesData);
        }
    }

    private final long granularityMask;
    private final Quiescence quiescence = new Quiescence();
    private final Deque<Slot> ready = new ArrayDeque<>();
    private final Io.Completion done = this::done;

    /** By id. */
    private Slot[] slots = {};

    /** The same slots: those in use first. */
    private Slot[] order = {};

    private int usedCount;
    private boolean starting;
    private boolean closing;

    /**
     * @param granularitySectors ranges are compared in units of this many sectors, a power of two:
     *     1 unless the device below changes more than it is asked to, as {@link SectorDevice} does
     */
    public OrderedDevice(BlockDevice below, int granularitySectors) {
        super(below);
        Check.that(Integer.bitCount(granularitySectors) == 1, "a granularity is a power of two");
        granularityMask = granularitySectors - 1L;
        addSlots(SLOT_COUNT_FIRST);
    }

    /** Requests taken and not completed; those that wait for others included. */
    public int inFlightCount() {
        return usedCount;
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        Slot slot = takeSlot(io);
        for (int index = 0; index < slot.position; index++) {
            if (order[index].conflictsWith(slot)) {
                slot.blockerCount++;
            }
        }
        io.then(done, slot.id);
        if (slot.blockerCount == 0) {
            pass(slot);
        }
    }

    /**
     * Nothing of a range that a request is about to change: a READ waits for that. What changes it
     * after this may show in what the borrower reads, as it may in any read of the same moment.
     */
    @Override
    public long lend(long lba, int sectorCount) {
        long first = lba & ~granularityMask;
        long end = lba + sectorCount + granularityMask & ~granularityMask;
        for (int index = 0; index < usedCount; index++) {
            Slot slot = order[index];
            if (slot.changesData && slot.first < end && first < slot.end) {
                return 0;
            }
        }
        return below().lend(lba, sectorCount);
    }

    /**
     * What still waits keeps its place and ends with OFFLINE when its turn comes: nothing behind it
     * is let past what it waited for.
     */
    @Override
    public boolean cancel(Io io) {
        for (int index = 0; index < usedCount; index++) {
            Slot slot = order[index];
            if (slot.io == io && !slot.passed) {
                slot.cancelled = true;
                return true;
            }
        }
        return super.cancel(io);
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** What still waits for others ends with OFFLINE. */
    @Override
    public void close() {
        closing = true;
        for (Slot waiting = firstWaiting(); waiting != null; waiting = firstWaiting()) {
            waiting.blockerCount = 0;
            if (waiting.io != null) {
                waiting.io.complete(IoStatus.OFFLINE);
            }
        }
        super.close();
    }

    private @Nullable Slot firstWaiting() {
        for (int index = 0; index < usedCount; index++) {
            if (order[index].blockerCount > 0) {
                return order[index];
            }
        }
        return null;
    }

    private void done(Io io) {
        Slot slot = slots[(int) io.word()];
        long generation = slot.generation;
        giveBack(slot);
        // Only later requests can wait and be in conflict with it: it was passed on, so none
        // blocked it.
        for (int index = 0; index < usedCount; index++) {
            Slot other = order[index];
            if (other.blockerCount > 0 && other.conflictsWith(slot)) {
                unblock(other);
            }
        }
        io.complete(io.status());
        quiescence.left(generation);
        startReady();
    }

    private void unblock(Slot slot) {
        slot.blockerCount--;
        if (slot.blockerCount == 0) {
            ready.add(slot);
        }
    }

    /** A loop, not a recursion, when the device below refuses one after the other. */
    private void startReady() {
        if (starting) {
            return;
        }
        starting = true;
        for (Slot slot = ready.poll(); slot != null; slot = ready.poll()) {
            pass(slot);
        }
        starting = false;
    }

    private void pass(Slot slot) {
        Io io = slot.io;
        Check.that(io != null, "a slot in use has its request");
        slot.passed = true;
        if (closing || slot.cancelled) {
            io.complete(IoStatus.OFFLINE);
        } else {
            below().submit(io);
        }
    }

    private Slot takeSlot(Io io) {
        if (usedCount == order.length) {
            addSlots(order.length * 2);
        }
        Slot slot = order[usedCount++];
        boolean ranged = io.operation() != IoOperation.FLUSH;
        slot.first = ranged ? io.lba() & ~granularityMask : 0;
        slot.end = ranged ? io.lba() + io.sectors() + granularityMask & ~granularityMask : 0;
        slot.changesData = io.operation().changesData();
        slot.blockerCount = 0;
        slot.passed = false;
        slot.cancelled = false;
        slot.generation = quiescence.entered();
        slot.io = io;
        return slot;
    }

    private void giveBack(Slot slot) {
        slot.io = null;
        Slot last = order[--usedCount];
        place(last, slot.position);
        place(slot, usedCount);
    }

    private void place(Slot slot, int position) {
        order[position] = slot;
        slot.position = position;
    }

    private void addSlots(int slotCount) {
        int before = slots.length;
        slots = Arrays.copyOf(slots, slotCount);
        order = Arrays.copyOf(order, slotCount);
        for (int id = before; id < slotCount; id++) {
            slots[id] = new Slot(id);
            order[id] = slots[id];
        }
    }
}
