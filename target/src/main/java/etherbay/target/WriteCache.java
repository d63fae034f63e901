// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.Quiescence;
import etherbay.base.Timers;

/**
 * Decides when a write counts as done. Owned by one loop.
 *
 * <p><b>Off</b>: what completes is durable. Writes that the device has finished wait for a FLUSH
 * that began after that: group commit, one FLUSH for all that wait while none runs. A write that is
 * alone asks for FUA instead, where the device can.
 *
 * <p><b>On</b>: what completes is at the device, and durable after the next FLUSH. A sync starts
 * within a second of the oldest unsynced write; while one runs longer than a second, new writes
 * wait.
 *
 * <p>In both, a FLUSH waits for a sync of the device that begins after it, and a write with FUA is
 * durable when it completes, by the device's FUA or as if the cache were off.
 *
 * <p>One sync runs at a time, be it a FLUSH or a write with FUA: Linux drops the pages that it
 * could not write and reports that once, to whichever sync asks first, so of two at once the one
 * that succeeds proves nothing. For the same reason a failed sync latches: from then on writes and
 * FLUSHes fail, until the device is opened again. A FUA write that fails while others are not yet
 * durable is such a sync, for the failure may have been theirs; one that fails alone concerns
 * itself only.
 */
final class WriteCache extends DeviceDecorator {
    /** Hears, once, that a sync failed. */
    @FunctionalInterface
    interface SyncFailure {
        void syncFailed(IoStatus status);
    }

    /** In the word that goes with each Io: this write is durable when the device completes it. */
    private static final long BY_FUA = 1;

    /** The caller asked for FUA. */
    private static final long FUA_ASKED = 2;

    private static final int GENERATION_SHIFT = 2;

    private final BlockCapabilities capabilities;
    private final Loop loop;
    private final SyncFailure failure;
    private final Quiescence quiescence = new Quiescence();
    private final Io sync = new Io(1);
    private final Io.Completion completion = this::deviceCompleted;
    private final Io.Completion syncCompletion = this::syncCompleted;
    private final Timers.Timer syncTimer;

    /** Finished by the device, and FLUSHes, waiting for a sync that begins later. */
    private IoQueue finished = new IoQueue();

    /** What the running sync is for. */
    private IoQueue committing = new IoQueue();

    /** Not yet submitted, because a sync runs for too long. */
    private final IoQueue held = new IoQueue();

    private boolean on;
    private boolean latched;
    private boolean closed;
    private boolean flushRuns;
    private boolean fuaRuns;
    private long flushStartedNs;
    private boolean unsynced;
    private long unsyncedSinceNs;
    private int writesAtDevice;

    WriteCache(BlockDevice below, Loop loop, boolean on, SyncFailure failure) {
        super(below);
        this.loop = loop;
        this.on = on;
        this.failure = failure;
        BlockCapabilities device = below.capabilities();
        capabilities = new BlockCapabilities(
                device.flush(),
                !device.readOnly() && (device.fua() || device.flush()),
                device.trim(),
                device.zeroesAfterTrim(),
                device.logicalBlockBytes(),
                device.physicalBlockBytes(),
                device.readOnly(),
                device.rotational());
        syncTimer = loop.timers().timer(this::startSync);
    }

    boolean isOn() {
        return on;
    }

    /**
     * Switches the mode for what is submitted or finished by the device from now on. Switching off
     * does not make durable what was acknowledged before: a FLUSH after it does.
     */
    void switchTo(boolean cacheOn) {
        on = cacheOn;
    }

    /**
     * Refuses writes and FLUSHes from now on, as after a failed sync; for one found in the state.
     */
    void latch() {
        latched = true;
        syncTimer.cancel();
    }

    boolean isLatched() {
        return latched;
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public void submit(Io io) {
        IoOperation operation = io.operation();
        if (operation == IoOperation.READ) {
            below().submit(io);
            return;
        }
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities);
        if (refusal != IoStatus.OK || latched) {
            io.complete(refusal == IoStatus.OK ? IoStatus.FAILED : refusal);
            return;
        }
        io.holderWord(quiescence.entered() << GENERATION_SHIFT | (io.fua() ? FUA_ASKED : 0));
        if (operation == IoOperation.FLUSH) {
            finished.add(io);
            scheduleSync();
        } else if (mustWait()) {
            held.add(io);
        } else {
            pass(io);
        }
    }

    /** As of reads, nothing here changes it. */
    @Override
    public long lend(long lba, int sectorCount) {
        return below().lend(lba, sectorCount);
    }

    private boolean mustWait() {
        boolean flushRunsTooLong =
                on && flushRuns && loop.nowNs() - flushStartedNs > Limits.SYNC_PATIENCE_NS;
        return flushRunsTooLong || !held.isEmpty();
    }

    private void pass(Io io) {
        long word = io.holderWord();
        boolean wantsFua = io.operation() == IoOperation.WRITE
                && below().capabilities().fua()
                && ((word & FUA_ASKED) != 0 || !on);
        boolean useFua = wantsFua && (!capabilities.flush() || fuaIsBest(word));
        fuaRuns |= useFua;
        writesAtDevice++;
        io.fua(useFua);
        io.then(completion, word | (useFua ? BY_FUA : 0));
        below().submit(io);
    }

    /**
     * Whether no sync runs or is due; and of a write that did not ask, whether it would have no
     * other to share a sync with.
     */
    private boolean fuaIsBest(long word) {
        boolean asked = (word & FUA_ASKED) != 0;
        boolean syncDue = unsynced && loop.nowNs() - unsyncedSinceNs >= Limits.SYNC_AFTER_NS;
        return !flushRuns
                && !fuaRuns
                && finished.isEmpty()
                && !syncDue
                && (asked || writesAtDevice == 0);
    }

    private void deviceCompleted(Io io) {
        long word = io.word();
        boolean byFua = (word & BY_FUA) != 0;
        boolean asked = (word & FUA_ASKED) != 0;
        IoStatus status = io.status();
        io.fua(asked);
        writesAtDevice--;
        if (byFua) {
            fuaRuns = false;
            if (isFailedSync(status) && !nothingUnsynced()) {
                failSync(status);
            }
            scheduleSync();
        }
        if (!status.isOk()) {
            leave(io, word, status);
        } else if (latched) {
            leave(io, word, IoStatus.UNKNOWN);
        } else if (byFua || !capabilities.flush()) {
            leave(io, word, IoStatus.OK);
        } else if (on && !asked) {
            noteUnsynced();
            leave(io, word, IoStatus.OK);
        } else {
            io.holderWord(word);
            finished.add(io);
            scheduleSync();
        }
    }

    private boolean nothingUnsynced() {
        return writesAtDevice == 0 && finished.isEmpty() && !flushRuns && !unsynced;
    }

    private void noteUnsynced() {
        if (!unsynced) {
            unsynced = true;
            unsyncedSinceNs = loop.nowNs();
            scheduleSync();
        }
    }

    /** Timers fire after a turn has taken all completions: one sync then covers them all. */
    private void scheduleSync() {
        if (flushRuns || fuaRuns || latched || closed) {
            return; // asked again when that one ends
        }
        if (!finished.isEmpty()) {
            syncTimer.at(loop.nowNs());
        } else if (unsynced) {
            syncTimer.at(unsyncedSinceNs + Limits.SYNC_AFTER_NS);
        }
    }

    private void startSync() {
        if (flushRuns || fuaRuns || latched || closed) {
            return;
        }
        syncTimer.cancel();
        unsynced = false;
        IoQueue empty = committing;
        committing = finished;
        finished = empty;
        flushRuns = true;
        flushStartedNs = loop.nowNs();
        below().submit(sync.prepare(IoOperation.FLUSH, 0, 0).then(syncCompletion));
    }

    private void syncCompleted(Io io) {
        IoStatus status = io.status();
        flushRuns = false;
        if (isFailedSync(status)) {
            failSync(status);
        } else if (!status.isOk()) {
            noteUnsynced(); // refused before anything was done: nothing is lost, try again later
        }
        drain(committing, status.isOk() && latched ? IoStatus.FAILED : status);
        while (!held.isEmpty() && !latched) {
            pass(held.poll());
        }
        scheduleSync();
    }

    /** Whether a FLUSH or FUA that ended so may have lost what was not durable. */
    private static boolean isFailedSync(IoStatus status) {
        return switch (status) {
            case FAILED, UNKNOWN, NO_SPACE -> true;
            case OK, FENCED, RANGE, READ_ONLY, UNSUPPORTED, OFFLINE -> false;
        };
    }

    private void failSync(IoStatus status) {
        if (latched) {
            return;
        }
        latch();
        failure.syncFailed(status);
        drain(finished, IoStatus.FAILED);
        drain(held, IoStatus.FAILED);
    }

    /** Ends all of {@code queue} by a sync that ended with {@code status}. */
    private void drain(IoQueue queue, IoStatus status) {
        for (Io io = queue.poll(); io != null; io = queue.poll()) {
            // A write whose sync failed did happen; whether it lasts is not known.
            boolean written = queue != held && io.operation().changesData() && !status.isOk();
            leave(io, io.holderWord(), written ? IoStatus.UNKNOWN : status);
        }
    }

    private void leave(Io io, long word, IoStatus outcome) {
        io.complete(outcome);
        quiescence.left(word >>> GENERATION_SHIFT);
    }

    /** Reads are not counted here but by the device below. */
    @Override
    public void quiesce(Runnable finishedAll) {
        quiescence.whenQuiet(() -> below().quiesce(finishedAll));
    }

    /** No sync of its own begins any more: the device may go at any time. */
    void end() {
        closed = true;
        syncTimer.cancel();
    }

    @Override
    public void close() {
        end();
        super.close();
    }
}
