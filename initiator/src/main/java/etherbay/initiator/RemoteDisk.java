// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.IdentifyData;
import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Quiescence;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * An AoE disk, used from user space: the third seam over the second. Made by {@link
 * Initiator#open}; on the initiator's loop.
 *
 * <ul>
 *   <li>Data goes only by paths on which IDENTIFY has shown this disk: serial, model and size. A
 *       path that was silent is proven again before it carries anything, so a target that comes
 *       back with another disk under the same address gets none of its writes.
 *   <li>A write waits while a copy of an older one to its range may still be on its way, see {@link
 *       WriteGuard}. Of a target of ours that holds for every write; of others for those that were
 *       sent more than once, on the assumption that a network does not double frames and hold the
 *       double back.
 *   <li>FUA is asked of the target where it offers it; else the write is followed by a FLUSH. A
 *       FLUSH succeeds only when the incarnation is still that of the oldest write that it covers.
 *       Where the durability cannot be known (vblade) neither is offered.
 *   <li>A READ is answered by no incarnation of a target of ours but the one seen last.
 *   <li>When the disk has said nothing for {@link RemoteDiskSettings#failAfterNs} while something
 *       waited for it, all that waits ends: writes that were sent UNKNOWN, everything else OFFLINE.
 *       It is looked for on, and used again when it is proven.
 * </ul>
 */
public final class RemoteDisk implements BlockDevice {
    private static final System.Logger LOG = System.getLogger("etherbay.initiator");

    /** After the first path was found: others, and other disks of that address, answer by then. */
    private static final long SETTLE_NS = 300_000_000;

    /** How one opening ends. */
    interface Opened {
        /** The disk can be used, or why not. */
        void opened(@Nullable EtherbayException failure);
    }

    private final Initiator initiator;
    private final DiskAddress address;
    private final RemoteDiskSettings settings;
    private final Loop loop;
    private final TagTable tags;
    private final InitiatorCounters counters;
    private final Transfers transfers;
    private final Flushes flushes;
    private final UnflushedWrites durability = new UnflushedWrites();
    private final WriteGuard guard;
    private final SourceAddress source = new SourceAddress();
    private final Paths paths;
    private final Strangers strangers;
    private final Floors floors;
    private final Ownership ownership = new Ownership(this);
    private final Quiescence quiescence = new Quiescence();
    private final List<Listener> listeners = new ArrayList<>();
    private final Patience patience;
    private final CancelledIos cancelled;
    private final Timers.Timer guardStep;
    private final Timers.Timer settled;
    private @Nullable Opened opened;
    private @Nullable DiskIdentity identity;
    private @Nullable IdentifyData data;
    private BlockCapabilities capabilities =
            new BlockCapabilities(false, false, false, false, 512, 512, false, false);
    private State state = State.OFFLINE;
    private long trustedFrom;

    /** Answers to earlier transmissions tell of a disk that has changed since. */
    private long identifiedFrom;

    private boolean checkingIdle;
    private boolean closed;

    RemoteDisk(
            Initiator initiator, DiskAddress address, RemoteDiskSettings settings, Opened opened) {
        this.initiator = initiator;
        this.address = address;
        this.settings = settings;
        this.opened = opened;
        loop = initiator.loop();
        tags = initiator.tags();
        counters = initiator.counters();
        guard = new WriteGuard(settings.frameLifeNs());
        guard.strangers(loop.nowNs(), tags.next());
        transfers = new Transfers(this, loop, tags, guard);
        flushes = new Flushes(this, tags, loop);
        paths = new Paths(this, source, settings, tags, loop);
        strangers = new Strangers(address, paths);
        floors = new Floors(this, source, guard, tags, loop);
        patience = new Patience(this, paths, settings, loop);
        cancelled = new CancelledIos(loop, this::complete);
        guardStep = loop.timers().timer(transfers::pump);
        settled = loop.timers().timer(this::settle);
    }

    public DiskAddress address() {
        return address;
    }

    /** What IDENTIFY said last; of a disk that is open. */
    public IdentifyData identify() {
        IdentifyData known = data;
        if (known == null) {
            throw new IllegalStateException("a disk is identified before it is open");
        }
        return known;
    }

    /** How the disk is reached and what became of its frames, for a person. */
    public DiskStatus status() {
        return new DiskStatus(
                address,
                state,
                sectors(),
                data == null ? "" : data.serial(),
                data == null ? "" : data.model(),
                durability.isKnown(),
                durability.isLost(),
                paths.status());
    }

    /**
     * Uses the disk from another source address from now on, that of a term of ownership; on all
     * ports, by each of which the disk shows itself anew, and sets a floor for this address, before
     * anything else is sent by it. Writes that were sent from the address before end UNKNOWN, and
     * are not sent again; all else goes on.
     *
     * @param othersRefused whether the target takes writes from this address alone by now, and has
     *     finished those of others: a fence or reservation that names it was answered. What was
     *     sent from other addresses is then dead, else it dies of age
     */
    public void source(MacAddress term, boolean othersRefused) {
        loop.checkOwner();
        MacAddress before = source.term();
        if (term.equals(before)) {
            return; // nothing is known of what it has sent itself
        }
        initiator.enter(term);
        transfers.giveUpSentWrites();
        floors.forget(othersRefused);
        source.term(term);
        if (before != null) {
            initiator.leave(before);
        }
        paths.proveAnew();
        if (othersRefused) {
            guard.floor(tags.next());
            guardMoved();
        }
    }

    /**
     * Trusts the disk again, with the incarnation that it has now, after it has lost what was not
     * flushed: for whoever writes all of that anew. FLUSHes that are under way cover what was lost
     * and end OFFLINE.
     */
    public void renew() {
        loop.checkOwner();
        flushes.giveUp();
        durability.renew();
    }

    /** Who may write to it, by its target. */
    public Ownership ownership() {
        return ownership;
    }

    /** Whom its frames come from. */
    SourceAddress source() {
        return source;
    }

    UnflushedWrites durability() {
        return durability;
    }

    Initiator initiator() {
        return initiator;
    }

    InitiatorCounters counters() {
        return counters;
    }

    Floors floors() {
        return floors;
    }

    Patience patience() {
        return patience;
    }

    Paths paths() {
        return paths;
    }

    @Nullable
    DiskIdentity identity() {
        return identity;
    }

    // The block device.

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        DiskIdentity known = identity;
        return known == null ? 0 : known.sectors();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities);
        if (refusal.isOk() && state == State.OFFLINE) {
            refusal = IoStatus.OFFLINE;
        }
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        io.holderWord(quiescence.entered());
        noteBusy();
        if (io.operation() == IoOperation.FLUSH) {
            flushes.submit(io);
        } else {
            transfers.submit(io);
        }
    }

    /**
     * Always can. What was sent of a write goes on to guard its range, like that of one that was
     * given up: a later write to it waits until the old one is dead.
     */
    @Override
    public boolean cancel(Io io) {
        boolean had = transfers.cancel(io) || flushes.cancel(io);
        if (had && isIdle()) {
            patience.rests();
        }
        return had;
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** Ends what is under way as if the disk were gone; {@link #quiesce} first loses nothing. */
    @Override
    public void close() {
        closed = true;
        giveUpAll();
        cancelled.tellAll();
        patience.stop();
        guardStep.cancel();
        settled.cancel();
        ownership.close();
        floors.close();
        paths.close();
        MacAddress term = source.term();
        if (term != null) {
            initiator.leave(term);
        }
    }

    boolean isClosed() {
        return closed;
    }

    // From the parts.

    /** The path for the next frame with data: the one with the most room; null when none has. */
    @Nullable
    Path pathWithRoom() {
        return paths.withRoom();
    }

    /** A path for a frame without data; null when none is up. */
    @Nullable
    Path anyPath() {
        return paths.any();
    }

    /** Whether parts may begin: not while a look at a disk that was idle is under way. */
    boolean mayBegin() {
        return !checkingIdle;
    }

    /** Whether the Io goes as TRIM on the wire; otherwise its zeroes go as data. */
    boolean trims(Io io) {
        return io.operation() == IoOperation.TRIM
                || (io.operation() == IoOperation.WRITE_ZEROES && capabilities.zeroesAfterTrim());
    }

    boolean fuaOnWire(Io io) {
        return io.fua() && durability.fuaOffered() && io.operation() == IoOperation.WRITE;
    }

    /** Whether an answer to that transmission is worth anything: not of before an outage. */
    boolean trusts(long number) {
        return number >= trustedFrom;
    }

    /** Whether a copy of a write may live on after its end. */
    boolean isUncertain(boolean looseCopies, IoStatus outcome) {
        return looseCopies || !outcome.isOk() || floors.known();
    }

    /** A write waits until an older one is dead. */
    void guardWaits() {
        if (!floors.raise() && !guardStep.isSet()) {
            guardStep.at(loop.nowNs() + guard.stepNs());
        }
    }

    void guardMoved() {
        transfers.pump();
    }

    /** A part of a write was acknowledged: lost with the power, though the whole is not done. */
    void partWritten(Io io) {
        if (!fuaOnWire(io) && durability.flushOffered()) {
            durability.written();
        }
    }

    void finished(Io io, IoStatus outcome) {
        boolean ok = outcome.isOk();
        if (ok) {
            setState(State.ONLINE);
        }
        if (ok && io.fua() && !fuaOnWire(io) && durability.flushOffered()) {
            flushes.submit(io);
        } else {
            complete(io, outcome);
        }
    }

    void finishedFlush(Io io, IoStatus outcome) {
        // Of a write that was to be durable it is known that it happened, not that it will stay.
        boolean write = io.operation() != IoOperation.FLUSH;
        complete(io, write && outcome == IoStatus.OFFLINE ? IoStatus.UNKNOWN : outcome);
    }

    /** Nothing touches its memory any more. */
    void cancelled(Io io, boolean mayHaveHappened) {
        cancelled.add(io, mayHaveHappened);
    }

    private void complete(Io io, IoStatus outcome) {
        long generation = io.holderWord();
        io.complete(outcome);
        quiescence.left(generation);
        if (isIdle()) {
            patience.rests();
        }
    }

    void fenced() {
        setState(State.FENCED);
    }

    /** Silent: nothing goes by that path before it is proven again. */
    void suspect(Path path) {
        if (path.isUp()) {
            counters.pathLost();
            path.silent();
            paths.prove(path);
            transfers.leave(path);
            transfers.pump();
            flushes.pump();
        }
    }

    void identifyRefused(Path path) {
        counters.identifyRefused();
    }

    /** What an answer to IDENTIFY is worth. */
    enum Seen {
        /** It is this disk. */
        THIS,
        /** Another one answers there. */
        ANOTHER,
        /** Of before the last change: ask again. */
        STALE
    }

    /** A path said who is there, to the transmission of that number. */
    Seen identified(Path path, IdentifyData now, long number) {
        if (number < identifiedFrom) {
            return Seen.STALE;
        }
        DiskIdentity there = DiskIdentity.of(now);
        DiskIdentity known = identity;
        if (known == null) {
            identity = there;
            durability.offered(now);
            capabilities = Durability.capabilities(now);
        } else if (!there.grownFrom(known)) {
            refuse(path, known, there);
            return Seen.ANOTHER;
        }
        data = now;
        noteIncarnation(now);
        if (known != null && there.sectors() > known.sectors()) {
            identity = there;
            identifiedFrom = tags.next();
            long before = known.sectors();
            listeners.forEach(listener -> listener.resized(this, before));
        }
        proven(path, now);
        return Seen.THIS;
    }

    private void noteIncarnation(IdentifyData now) {
        OptionalLong incarnation = now.vendor()
                .map(vendor -> OptionalLong.of(vendor.incarnation()))
                .orElse(OptionalLong.empty());
        if (durability.seen(incarnation)) {
            trustedFrom = tags.next();
            identifiedFrom = trustedFrom;
            if (durability.isLost()) {
                report("lost power or a sync with writes that were not flushed: every FLUSH fails"
                        + " from now on; check the data, then attach it again");
                listeners.forEach(listener -> listener.stateChanged(this, state));
            }
        }
    }

    private void proven(Path path, IdentifyData now) {
        if (path.isUp()) {
            return;
        }
        path.standing(Path.Standing.UNPROVEN); // another disk may have been seen there
        if (now.vendor().filter(IdentifyData.Vendor::floor).isPresent()) {
            floors.found(path);
        } else {
            pathUp(path, true);
        }
    }

    private void refuse(Path path, DiskIdentity known, DiskIdentity there) {
        String what = strangers.saw(path, known, there);
        if (path.standing() != Path.Standing.REFUSED) {
            path.standing(Path.Standing.REFUSED);
            transfers.leave(path);
            transfers.pump();
            report(what);
        }
        paths.proveLater(path);
    }

    /**
     * The path is proven, and everything sent on it before is dead where that can be told.
     *
     * @param heard whether the target says so, or has said nothing since it was proven
     */
    void pathUp(Path path, boolean heard) {
        path.up(loop.nowNs(), heard);
        checkingIdle = false;
        if (opened != null) {
            if (!settled.isSet()) {
                settled.at(loop.nowNs() + SETTLE_NS);
            }
            return;
        }
        patience.back();
        setState(State.ONLINE);
        if (path.isBelowTop()) {
            paths.climbLater();
        }
        transfers.pump();
        flushes.pump();
    }

    private void settle() {
        Opened waiting = opened;
        if (waiting == null) {
            return;
        }
        opened = null;
        Path other = paths.refused();
        if (other != null) {
            waiting.opened(strangers.conflict(other, identity));
            return;
        }
        // What a former process sent by any of our ports must be dead before the first write.
        floors.raise(initiator.ports());
        setState(State.ONLINE);
        patience.rests();
        waiting.opened(null);
    }

    /** Why the disk is not open yet, as far as one can see from here. */
    public EtherbayException trouble() {
        return strangers.trouble(identity);
    }

    /** A target answered a config query, or said by itself that it is there. */
    void heardConfig(Path path, int buffers, int sectors) {
        path.advertised(buffers, sectors);
        heard(path);
    }

    /** Any frame of the disk arrived on that path. */
    void heard(Path path) {
        path.heard(loop.nowNs());
        if (!path.isUp() && !floors.isAsking(path)) {
            paths.heardUnproven(path);
        }
    }

    /** A beacon: the size may have changed, or the target may be new. */
    void beacon(Path path) {
        paths.proof(path).askSoon();
    }

    private void noteBusy() {
        if (quiescence.count() > 1) {
            return;
        }
        if (patience.begins() && paths.anyUp()) {
            // Whether the disk lost power, or is another one by now, must be known before anything
            // is written; and a way that died meanwhile must not be waited for.
            checkingIdle = true;
            paths.proveAll();
        }
    }

    boolean isIdle() {
        return transfers.isIdle() && flushes.isIdle();
    }

    /** It was waited for in vain. */
    void fellSilent() {
        report("says nothing for " + settings.failAfterNs() / 1_000_000
                + " ms: what waited for it has failed; it is used again when it answers");
        counters.gaveUp();
        setState(State.OFFLINE);
        giveUpAll();
        paths.proveAll();
    }

    private void giveUpAll() {
        transfers.giveUp();
        flushes.giveUp();
    }

    private void setState(State now) {
        if (state != now && !closed && opened == null) {
            state = now;
            listeners.forEach(listener -> listener.stateChanged(this, now));
        }
    }

    private void report(String what) {
        counters.reported();
        LOG.log(System.Logger.Level.WARNING, address + ": " + what);
    }

    /** Something was not sent for want of a frame. */
    boolean isStarved() {
        return transfers.isStarved();
    }

    void pump() {
        transfers.pump();
    }

    @Override
    public String toString() {
        return address + " " + state;
    }
}
