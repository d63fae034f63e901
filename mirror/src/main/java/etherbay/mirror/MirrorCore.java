// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.Quiescence;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The legs of a mirror and what is under way on them; below the order that {@link Mirror} puts over
 * it, so that of overlapping requests one is here at a time. On the loop of the legs.
 */
final class MirrorCore implements BlockDevice {
    private final Loop loop;
    private final MirrorSettings settings;
    private final MirrorListener listener;
    private final List<Leg> legs = new ArrayList<>();
    private final Set<BlockDevice> heard = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Listener> listeners = new ArrayList<>();

    /** Memory of requests that may outlive the mirror on a leg that does not answer. */
    private final Arena arena = Arena.ofAuto();

    private final Intent intent;
    private final Metadata metadata;
    private final Unmarked unmarked;
    private final Troubles troubles;
    private final Reads reads;
    private final Roster roster;
    private final Cleaning cleaning;
    private final FenceWatch watch;
    private final BlockCapabilities capabilities;
    private final boolean readOnly;
    private final Set<Integer> numbersTaken;
    private final Quiescence quiescence = new Quiescence();
    private final Deque<MirroredIo> free = new ArrayDeque<>();
    private final List<MirroredIo> held = new ArrayList<>();
    private final Io.Completion left = this::left;
    private @Nullable Sync sync;
    private @Nullable Returns returns;
    private IoStatus stopped = IoStatus.OK;
    private boolean closing;
    private boolean cacheLost;
    private long offeredSectors;
    private long undurableVersion;
    private long foregroundNs = Long.MIN_VALUE;
    private int foregroundCount;

    MirrorCore(Loop loop, MirrorSettings settings, MirrorListener listener, Assembled assembled) {
        this.loop = loop;
        this.settings = settings;
        this.listener = listener;
        intent = assembled.intent();
        for (Assembled.Member member : assembled.members()) {
            Leg leg = new Leg(
                    this,
                    member.part(),
                    member.superblock(),
                    member.claimSector(),
                    member.standing(),
                    arena);
            leg.superblockSum = member.superblockSum();
            leg.byIntent = member.byIntent();
            leg.filledSectors = member.filledSectors();
            leg.copiedSectors = member.filledSectors();
            leg.intentUnwritten = true;
            leg.joins = member.standing() == Leg.Standing.RECOVERING;
            leg.badBlocks.addAll(member.badBlocks());
            leg.sinceMs = wallMillis();
            add(leg);
        }
        numbersTaken = assembled.numbersTaken();
        metadata = new Metadata(this, intent, assembled, arena);
        unmarked = new Unmarked(intent, metadata, this::mirror);
        troubles = new Troubles(this);
        roster = new Roster(this);
        reads = new Reads(this, intent, arena);
        cleaning = new Cleaning(this, intent, metadata);
        readOnly = assembled.readOnly();
        watch = new FenceWatch(this);
        capabilities = Abilities.of(legs, readOnly);
        offeredSectors = assembled.shared().sizeSectors();
    }

    void add(Leg leg) {
        legs.add(leg);
        if (heard.add(leg.device)) {
            leg.device.listen(new Listener() {
                @Override
                public void stateChanged(BlockDevice device, State state) {
                    deviceChanged(leg.device, state);
                }
            });
        }
    }

    /** A device that was left and taken back is another leg by now. */
    private void deviceChanged(BlockDevice device, State state) {
        for (Leg leg : List.copyOf(legs)) {
            if (leg.device.equals(device)) {
                legChanged(leg, state);
            }
        }
    }

    // What its parts ask.

    List<Leg> legs() {
        return legs;
    }

    Timers timers() {
        return loop.timers();
    }

    long nowNs() {
        return loop.nowNs();
    }

    long wallMillis() {
        return loop.clock().wallMillis();
    }

    MirrorSettings settings() {
        return settings;
    }

    Arena arena() {
        return arena;
    }

    Troubles troubles() {
        return troubles;
    }

    Metadata metadata() {
        return metadata;
    }

    Intent intent() {
        return intent;
    }

    Reads reads() {
        return reads;
    }

    /** What looks after the legs; made after this. */
    void attend(Sync bySync, Returns byReturns) {
        sync = bySync;
        returns = byReturns;
    }

    void tell(String what) {
        listener.told(what);
    }

    /** The first leg in sync: what counts where legs differ. */
    Leg primary() {
        return legs.stream().filter(Leg::isInSync).findFirst().orElseThrow();
    }

    boolean isLast(Leg leg) {
        return legs.stream().noneMatch(other -> other != leg && other.isInSync());
    }

    /** Whether a slot of the array has no leg in sync. */
    boolean isDegraded() {
        return inSyncCount() < metadata.shared().legCount();
    }

    long inSyncCount() {
        return legs.stream().filter(Leg::isInSync).count();
    }

    boolean hasUndurableFailure() {
        return !metadata.isDurable(undurableVersion);
    }

    /** Of legs that were known when it was assembled: no new leg gets one of these. */
    Set<Integer> numbersTaken() {
        return numbersTaken;
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /**
     * Whether what a leg in sync says can be believed now: it answers, and has not lost anything
     * as far as is known. The last one is all there is.
     */
    boolean isReadable(Leg leg) {
        return leg.isInSync()
                && leg.isOnline()
                && !leg.isSilentNow()
                && ((!leg.unproven && leg.trouble == null) || isLast(leg));
    }

    /** Whether somebody wants something, or did a moment ago. */
    boolean isForeground(long withinNs) {
        return foregroundCount > 0
                || (foregroundNs != Long.MIN_VALUE && nowNs() - foregroundNs < withinNs);
    }

    boolean hasForegroundNow() {
        return foregroundCount > 0;
    }

    // The device.

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return offeredSectors;
    }

    @Override
    public void listen(Listener heard) {
        listeners.add(heard);
    }

    /** The array has grown. */
    void resized(long before) {
        offeredSectors = metadata.shared().sizeSectors();
        listeners.forEach(heard -> heard.resized(this, before));
    }

    @Override
    public void submit(Io io) {
        if (isStopped()) {
            io.complete(stopped);
            return;
        }
        if (io.context() instanceof SyncStep step) {
            step.admitted(io);
            return;
        }
        IoStatus refusal =
                closing ? IoStatus.OFFLINE : BlockDevice.refusal(io, sectors(), capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        if (cacheLost && io.operation() == IoOperation.FLUSH) {
            io.complete(IoStatus.FAILED);
            return;
        }
        io.then(left, quiescence.entered());
        foregroundCount++;
        switch (io.operation()) {
            case READ -> reads.submit(io);
            case FLUSH -> mirror(io);
            case WRITE, TRIM, WRITE_ZEROES -> unmarked.submit(io);
        }
    }

    private void left(Io io) {
        long generation = io.word();
        foregroundCount--;
        foregroundNs = nowNs();
        boolean promisesTooMuch = cacheLost && io.operation() == IoOperation.FLUSH;
        io.complete(promisesTooMuch && io.status().isOk() ? IoStatus.FAILED : io.status());
        quiescence.left(generation);
    }

    /** A round of the metadata is over. */
    void metadataDurable() {
        for (Leg leg : legs) {
            if (!leg.failureDurable && metadata.isDurable(leg.failureVersion)) {
                leg.failureDurable = true;
                tell(leg.name + ": faulty, and the other legs say so: " + leg.why);
            }
        }
        settleHeld();
        unmarked.admit();
    }

    /** No leg took the metadata: what waits for it cannot be done. */
    void metadataFailed() {
        unmarked.failAll(isStopped() ? stopped : IoStatus.FAILED);
        List.copyOf(held).forEach(MirroredIo::giveUp);
    }

    /** On all legs that take it. */
    private void mirror(Io io) {
        MirroredIo slot = free.poll();
        (slot == null ? new MirroredIo(this) : slot).begin(io);
    }

    /**
     * The only leg in sync could not flush, or was failed before it had: what it may have lost is
     * nowhere else. It can be filled and found well again, and what it lost is lost: as with one
     * disk, every FLUSH fails until somebody assembles the mirror anew.
     */
    void cacheLost(Leg leg) {
        if (!cacheLost) {
            cacheLost = true;
            tell(leg.name + ": has not flushed, and no other leg in sync has what it may have lost:"
                    + " every FLUSH fails from now on; check the data, then stop the mirror and"
                    + " assemble it again");
        }
    }

    boolean isCacheLost() {
        return cacheLost;
    }

    /** A FLUSH of our own. */
    void flush(Io io) {
        mirror(io);
    }

    void ended(MirroredIo slot, Io io, IoStatus outcome) {
        free.add(slot);
        if (io.operation().changesData()) {
            if (!outcome.isOk() && !isStopped()) {
                intent.tear(io.lba(), io.sectors());
            }
            intent.leave(io.lba(), io.sectors());
            cleaning.wake();
            if (intent.tornCount() > 0) {
                wakeSync();
            }
        }
        io.complete(outcome);
    }

    void readEnded(Io io, IoStatus outcome) {
        io.complete(outcome);
    }

    void hold(MirroredIo slot) {
        held.add(slot);
    }

    void release(MirroredIo slot) {
        held.remove(slot);
    }

    void settleHeld() {
        List.copyOf(held).forEach(MirroredIo::settle);
    }

    // Legs that fail, and come back.

    private void legChanged(Leg leg, State state) {
        boolean lost = state == State.ONLINE && leg.isOnline(); // told without an outage
        leg.state = state;
        switch (state) {
            case FENCED -> fenced(leg);
            case OFFLINE -> {
                leg.answeringNs = Long.MAX_VALUE;
                leg.doubt();
            }
            case ONLINE -> {
                leg.doubt();
                if (leg.answeringNs == Long.MAX_VALUE) {
                    leg.answeringNs = nowNs();
                }
                if (leg.isInSync()) {
                    if (leg.isSilentNow()) {
                        troubles.over(leg);
                    }
                    troubles.prove(leg);
                    retry(leg);
                } else if (leg.standing == Leg.Standing.RECOVERING && lost) {
                    // Not from within what its device is about to end.
                    loop.timers().timer(() -> lostCache(leg)).at(nowNs());
                } else {
                    listener.returned(leg.name);
                }
            }
        }
    }

    /** It is let go, so that nothing of before is under way, and taken in again by itself. */
    private void lostCache(Leg leg) {
        if (!isStopped()) {
            roster.lostCache(leg);
        }
    }

    /** What that leg could not take while it was silent goes to it again. */
    void retry(Leg leg) {
        metadata.retry(leg);
        List.copyOf(held).forEach(slot -> slot.retry(leg));
        reads.retry();
    }

    Roster roster() {
        return roster;
    }

    void changed() {
        listener.changed();
    }

    /** Nothing is acknowledged before the superblocks say that much. */
    void undurable(long version) {
        undurableVersion = version;
    }

    void left(Leg leg) {
        if (sync != null) {
            sync.left(leg);
        }
    }

    /** A leg is faulty: it is looked for if it was away, and a spare takes its place. */
    void lost(Leg leg) {
        if (returns != null) {
            if (leg.cause == Leg.Cause.AWAY) {
                returns.failed(leg);
            }
            returns.takeSpares();
        }
    }

    /** A leg is in sync again. */
    void isWhole(Leg leg) {
        if (returns != null) {
            returns.whole(leg);
        }
    }

    void wakeCleaning() {
        cleaning.wake();
    }

    UUID freshId() {
        return settings.ids().get();
    }

    void wakeSync() {
        if (sync != null) {
            sync.wake();
        }
    }

    /** A check that is under way, for our records. */
    Optional<CheckMark> checkMark() {
        return sync == null ? Optional.empty() : sync.checking().mark();
    }

    /** What could not be read there is written anew from another leg. */
    void rewrite(Leg leg, long lba, long sectors) {
        if (sync != null && leg.isInSync()) {
            sync.rewrite(leg, lba, sectors);
        }
    }

    /** What the log of a leg in sync names is written anew. */
    void rewriteBad(Leg leg) {
        if (sync != null) {
            sync.rewriteBad(leg);
        }
    }

    // The end.

    boolean isStopped() {
        return !stopped.isOk();
    }

    IoStatus stoppedStatus() {
        return stopped;
    }

    /**
     * Somebody else owns a leg, and so the mirror: nothing is written any more. A spare holds
     * nothing of it, and is merely lost, also where it was just asked to fill in.
     */
    void fenced(Leg leg) {
        if (leg.isStillSpare() && !isStopped()) {
            roster.taken(leg);
        }
        if (isStopped() || leg.cause == Leg.Cause.TAKEN) {
            return;
        }
        tell(leg.name + ": another owner has taken it; nothing is read or written any more");
        stop(IoStatus.FENCED);
        listeners.forEach(heard -> heard.stateChanged(this, State.FENCED));
        listener.fenced(leg.name);
    }

    private void stop(IoStatus status) {
        stopped = status;
        watch.close();
        troubles.close();
        cleaning.close();
        if (sync != null) {
            sync.close();
        }
        metadata.stopped();
        settleHeld();
        reads.retry();
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** The mirror is about to stop: it is let go, whoever wants it. */
    void stopWatching() {
        watch.close();
    }

    /** All that was written is flushed, and the legs say that it is: then {@code closed} runs. */
    void closeClean(Runnable closed) {
        closing = true;
        cleaning.finish(() -> {
            boolean ours = !isStopped() && !isReadOnly();
            if (!isStopped()) {
                stop(IoStatus.OFFLINE);
            }
            LegGate.releaseAll(
                    ours ? legs.stream().map(leg -> leg.gate).toList() : List.of(), closed);
        });
    }

    /** The legs are closed by whoever opened them, before this. */
    @Override
    public void close() {
        if (!isStopped()) {
            stop(IoStatus.OFFLINE);
        }
        reads.close();
    }
}
