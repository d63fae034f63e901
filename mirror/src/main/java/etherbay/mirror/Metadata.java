// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Epoch;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Timers;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;

/**
 * What the superblocks, bitmaps and claim records of all legs say, and the one who writes them: in
 * rounds, one after the other, so that no two writes of the same sector are ever under way. What is
 * wanted while a round is under way goes together with the next. On the loop of the mirror.
 *
 * <p>A round writes to each leg, in this order and each durable before the next: the changed units
 * of the bitmap; and when the superblock changes, which raises the events, before it the claim
 * record. It is over when every leg that takes writes has all of it, or was failed meanwhile, in
 * which case the next round says so.
 */
final class Metadata {
    /** Hears of the end of a round. */
    interface Waiter {
        /** @param durable false when no leg could take it: it answered with errors */
        void done(boolean durable);
    }

    private static final long RETRY_NS = 1_000_000_000;

    private record Waiting(long version, Waiter waiter) {}

    /** One leg's part in a round. */
    private final class Writing {
        final Leg leg;
        final Io io = new Io(1);
        final Io.Completion stepDone = this::stepDone;
        private final boolean ofSpare;
        int step;

        /** As the leg is now, and its superblock was encoded. */
        Writing(Leg leg) {
            this.leg = leg;
            ofSpare = leg.standing == Leg.Standing.SPARE;
        }

        /** Of a spare that has got its place meanwhile: all of it is written by the next round. */
        boolean isOutdated() {
            return ofSpare && leg.standing != Leg.Standing.SPARE;
        }

        void begin() {
            step = 0;
            if (under.contains(this)) {
                next();
            }
        }

        private void next() {
            while (true) {
                switch (step++) {
                    case 0 -> {
                        if (writeIntent()) {
                            return;
                        }
                    }
                    case 1 -> {
                        if (roundHasSuperblock && leg.claimSector >= 0) {
                            write(leg.claimBlock, 0, leg.claimSector, Leg.BLOCK_SECTORS);
                            return;
                        }
                    }
                    case 2 -> {
                        if (roundHasSuperblock) {
                            write(
                                    leg.superblockBlock,
                                    0,
                                    leg.superblock.superOffset(),
                                    Leg.BLOCK_SECTORS);
                            return;
                        }
                    }
                    default -> {
                        ended(this, IoStatus.OK);
                        return;
                    }
                }
            }
        }

        private boolean writeIntent() {
            BitSet units = roundUnits;
            if (!intent.isOnDisk()
                    || leg.standing == Leg.Standing.SPARE
                    || leg.superblock.bitmapOffset() == 0) {
                return false;
            }
            int first = leg.intentUnwritten ? 0 : units.nextSetBit(0);
            int end =
                    leg.intentUnwritten ? intent.imageBytes() / Intent.UNIT_BYTES : units.length();
            int unitSectors = Intent.UNIT_BYTES / BlockDevice.SECTOR_BYTES;
            long sectors = Math.min((long) end * unitSectors, intent.imageSectors())
                    - (long) first * unitSectors;
            if (first < 0 || sectors <= 0) {
                return false;
            }
            long at = leg.superblock.superOffset() + leg.superblock.bitmapOffset();
            write(
                    staging,
                    (long) first * Intent.UNIT_BYTES,
                    at + (long) first * unitSectors,
                    sectors);
            return true;
        }

        private void write(MemorySegment memory, long memoryAt, long sector, long sectors) {
            boolean fua = leg.device.capabilities().fua();
            io.prepare(IoOperation.WRITE, sector, sectors)
                    .segment(memory, memoryAt, (int) (sectors * BlockDevice.SECTOR_BYTES))
                    .fua(fua);
            leg.submitRaw(io, stepDone, 0);
        }

        private void stepDone(Io done) {
            if (!under.contains(this)) {
                return; // its leg was failed meanwhile
            }
            if (!done.status().isOk()) {
                ended(this, done.status());
            } else if (done.operation() == IoOperation.WRITE
                    && !done.fua()
                    && leg.device.capabilities().flush()) {
                leg.submitRaw(io.prepare(IoOperation.FLUSH, 0, 0), stepDone, 0);
            } else {
                next();
            }
        }
    }

    private final MirrorCore core;
    private final Intent intent;
    private final Arena arena;
    private MemorySegment staging;
    private final List<Writing> under = new ArrayList<>();

    /** Those that begin when the first are done. */
    private final List<Writing> later = new ArrayList<>();

    /** Numbers of those that join by this round and have not said so themselves yet. */
    private final BitSet unsaid = new BitSet();

    /** Those that could not, and wait for their leg or for its failure. */
    private final List<Writing> held = new ArrayList<>();

    private final List<Waiting> waiting = new ArrayList<>();
    private final Superblock freshest;
    private Superblock shared;
    private final Epoch epoch;
    private final long sinceMs;
    private long generation;
    private boolean released;

    /** Of what the superblocks are to say; counted up with each change of mind. */
    private long wantedVersion;

    private long durableVersion;
    private long roundVersion;
    private final Timers.Timer retry;
    private boolean running;
    private boolean starting;
    private boolean lifted;
    private boolean lifting;

    /** Of a bitmap that is to be added; 0 for none. */
    private int bitmapSectors;

    /** The bitmap is on its way to all legs, and no superblock names it yet. */
    private boolean unlisted;

    private boolean roundHasSuperblock;
    private boolean roundDirty;
    private boolean roundFailed;
    private BitSet roundUnits = new BitSet();
    private boolean dirty;
    private boolean dirtyDurable;

    /**
     * @param assembled events, roles, size and name are taken from what it says is shared
     */
    Metadata(MirrorCore core, Intent intent, Assembled assembled, Arena arena) {
        this.core = core;
        this.intent = intent;
        freshest = assembled.freshest();
        shared = assembled.shared();
        epoch = assembled.epoch();
        sinceMs = core.wallMillis();
        dirty = !shared.isClean() || intent.tornCount() > 0;
        retry = core.timers().timer(this::start);
        this.arena = arena;
        staging = arena.allocate(intent.imageBytes(), Intent.UNIT_BYTES);
    }

    Superblock shared() {
        return shared;
    }

    Epoch epoch() {
        return epoch;
    }

    long sinceMs() {
        return sinceMs;
    }

    /** Whether the legs say all that is wanted. */
    boolean isSettled() {
        return !running && wantedVersion == durableVersion;
    }

    /** Whether something is being written. */
    boolean isRunning() {
        return running;
    }

    long wantedVersion() {
        return wantedVersion;
    }

    /** Whether the legs say all that was wanted by that version. */
    boolean isDurable(long version) {
        return version <= durableVersion;
    }

    boolean isDirty() {
        return dirty;
    }

    /** Whether the legs say that the array is written to. */
    boolean isDirtyDurable() {
        return dirty && dirtyDurable;
    }

    void setDirty(boolean now) {
        if (dirty != now) {
            dirty = now;
            dirtyDurable = false;
            wantedVersion++;
        }
    }

    void setReleased() {
        released = true;
        wantedVersion++;
    }

    void setSize(long sizeSectors) {
        shared = Superblocks.withSize(shared, sizeSectors);
        wantedVersion++;
    }

    /** Gives the array room for one more leg. */
    void setLegCount(int count) {
        shared = Superblocks.withLegCount(shared, count);
        wantedVersion++;
    }

    /**
     * Gives an array a bitmap on the disk. It stands on all legs, durably, before any superblock
     * names it: md reads it from whichever leg comes first.
     *
     * @param sectors of it, at the first place that is free on all legs when the round begins
     */
    void addBitmap(int sectors) {
        bitmapSectors = sectors;
        wantedVersion++;
        start();
    }

    /** What the legs say of themselves that are not faulty. */
    List<Superblock> listed() {
        return core.legs().stream()
                .filter(leg -> leg.standing != Leg.Standing.FAULTY)
                .map(leg -> leg.superblock)
                .toList();
    }

    /** Unless a leg has left since it was asked for, or one has joined that has no room there. */
    private void placeBitmap() {
        OptionalInt place = LegLayout.bitmapOffset(listed(), bitmapSectors);
        if (core.isDegraded() || place.isEmpty()) {
            bitmapSectors = 0;
            return;
        }
        int offset = place.getAsInt();
        intent.toDisk(Superblocks.placed(intent.header, shared.events(), bitmapSectors));
        staging = arena.allocate(intent.imageBytes(), Intent.UNIT_BYTES);
        for (Leg leg : core.legs()) {
            leg.superblock = Superblocks.withBitmapOffset(leg.superblock, offset);
            leg.intentUnwritten = true;
        }
        bitmapSectors = 0;
        unlisted = true;
    }

    /** That leg's role changes, in the same round as all other changes made now. */
    void setRole(int number, int role) {
        shared = Superblocks.withRole(shared, number, role);
        wantedVersion++;
    }

    /** What a leg says of itself has changed: how far it is filled. */
    void touch() {
        wantedVersion++;
    }

    /** Runs {@code waiter} when all that is wanted by now stands on the legs. */
    void whenDurable(Waiter waiter) {
        if (wantedVersion == durableVersion || core.isStopped()) {
            waiter.done(!core.isStopped());
            return;
        }
        Check.that(!core.isReadOnly(), "nothing is wanted of legs that are only read");
        waiting.add(new Waiting(wantedVersion, waiter));
        start();
    }

    /** Begins a round if anything is wanted. */
    void start() {
        if (running || starting || core.isStopped() || core.isReadOnly()) {
            return;
        }
        starting = true;
        roundFailed = false;
        while (!running && !roundFailed && !core.isStopped() && isWanted()) {
            beginRound();
        }
        starting = false;
    }

    private boolean isWanted() {
        return wantedVersion != durableVersion
                || intent.hasUnwritten()
                || core.legs().stream().anyMatch(leg -> leg.takesWrites() && leg.intentUnwritten);
    }

    private void beginRound() {
        running = true;
        roundFailed = false;
        lifting = !lifted && core.legs().stream().anyMatch(this::isBehind);
        lifted = true;
        if (bitmapSectors > 0 && !lifting) {
            placeBitmap();
        }
        roundVersion = lifting || unlisted ? durableVersion : wantedVersion;
        roundHasSuperblock = lifting || roundVersion != durableVersion;
        roundDirty = dirty;
        if (lifting) {
            intent.header = Superblocks.withEvents(intent.header, freshest.events());
            intent.touchHeader();
        } else if (roundHasSuperblock) {
            generation++;
            shared = Superblocks.next(shared, core.wallMillis(), dirty ? 0 : Superblock.END);
            intent.header = Superblocks.withEvents(intent.header, shared.events());
            intent.touchHeader();
        }
        roundUnits = intent.isOnDisk() ? intent.stage(staging) : new BitSet();
        under.clear();
        later.clear();
        unsaid.clear();
        for (Leg leg : core.legs()) {
            boolean meant = lifting ? isBehind(leg) : leg.standing != Leg.Standing.FAULTY;
            if (meant) {
                leg.intentUnwritten |= lifting;
                encode(leg);
                unsaid.set(leg.number(), leg.joins);
                (leg.joins ? under : later).add(new Writing(leg));
            }
        }
        beginLater();
        List.copyOf(under).forEach(Writing::begin);
        endIfOver();
    }

    /**
     * A leg in sync that a crash has left a version behind. It gets that version first, as it is:
     * after a second crash it would else be two behind, as only a stale one is.
     */
    private boolean isBehind(Leg leg) {
        return leg.isInSync()
                && Long.compareUnsigned(leg.superblock.events(), freshest.events()) < 0;
    }

    /**
     * Unless one joins: it says what it lacks before any other leg lists it. One that has failed
     * before it could is listed by none: what stands on it may be of before.
     */
    private void beginLater() {
        if (under.isEmpty()) {
            later.forEach(writing -> unlist(writing.leg));
            under.addAll(later);
            later.clear();
        }
    }

    private void unlist(Leg leg) {
        if (!roundHasSuperblock || unsaid.isEmpty()) {
            return;
        }
        unsaid.stream()
                .forEach(number -> leg.superblock =
                        Superblocks.withRole(leg.superblock, number, Superblock.FAULTY));
        encodeBlocks(leg);
    }

    private void encode(Leg leg) {
        if (roundHasSuperblock) {
            leg.superblock = Superblocks.of(lifting ? freshest : shared, leg, intent.isOnDisk());
            encodeBlocks(leg);
        }
    }

    private void encodeBlocks(Leg leg) {
        SuperblockFormat.encode(leg.superblock, leg.superblockBlock, 0);
        int next = SuperblockFormat.checksum(leg.superblockBlock, 0);
        leg.claimBlock.fill((byte) 0);
        ClaimFormat.encode(
                new ClaimRecord(
                        shared.arrayId(),
                        epoch,
                        generation,
                        core.settings().owner(),
                        core.settings().ownerName(),
                        sinceMs,
                        released,
                        leg.byIntent ? leg.filledSectors : 0,
                        next,
                        leg.superblockSum,
                        core.checkMark()),
                leg.claimBlock,
                0);
    }

    private void ended(Writing writing, IoStatus outcome) {
        Leg leg = writing.leg;
        if (core.isStopped()) {
            under.remove(writing);
        } else if (outcome.isOk()) {
            leg.intentUnwritten &= writing.isOutdated();
            if (roundHasSuperblock) {
                leg.joins &= writing.isOutdated();
                leg.superblockSum = SuperblockFormat.sum(leg.superblockBlock, 0);
            }
            if (under.remove(writing)) {
                unsaid.clear(leg.number());
            }
        } else if (outcome == IoStatus.FENCED) {
            core.fenced(leg);
            under.remove(writing);
        } else {
            failed(writing, outcome);
        }
        endIfOver();
    }

    private void failed(Writing writing, IoStatus outcome) {
        Leg leg = writing.leg;
        Leg.Cause cause = outcome == IoStatus.UNKNOWN ? Leg.Cause.AWAY : Leg.Cause.MEDIUM;
        if (leg.isInSync()) {
            if (core.isLast(leg) && !core.troubles().isSilence(leg, outcome)) {
                // It answers, and cannot: nobody else can be asked.
                roundFailed = true;
                under.remove(writing);
            } else {
                held.add(writing);
                core.troubles().report(leg, outcome, cause, "its superblock could not be written");
            }
        } else {
            under.remove(writing);
            core.roster().drop(leg, outcome, cause, "its superblock could not be written");
        }
    }

    /** That leg answers again: what it could not take goes to it once more. */
    void retry(Leg leg) {
        for (Writing writing : List.copyOf(held)) {
            if (writing.leg == leg) {
                held.remove(writing);
                writing.begin();
            }
        }
    }

    /** That leg was failed: the round goes on without it. */
    void drop(Leg leg) {
        held.removeIf(writing -> writing.leg == leg);
        // One that is still under way on it ends by itself; nobody waits for it.
        under.removeIf(writing -> writing.leg == leg);
        later.removeIf(writing -> writing.leg == leg);
        for (Writing writing : List.copyOf(held)) {
            if (core.isLast(writing.leg) && !writing.leg.isSilentNow()) {
                held.remove(writing);
                under.remove(writing);
                roundFailed = true;
            }
        }
        endIfOver();
    }

    private void endIfOver() {
        if (running && under.isEmpty() && !later.isEmpty() && !core.isStopped()) {
            beginLater();
            List.copyOf(under).forEach(Writing::begin);
        }
        if (!running || !under.isEmpty()) {
            return;
        }
        running = false;
        if (core.isStopped()) {
            failWaiters(Long.MAX_VALUE);
            return;
        }
        if (roundFailed) {
            intent.missed(roundUnits);
            retry.at(core.nowNs() + RETRY_NS);
            failWaiters(roundVersion);
            return;
        }
        if (lifting) {
            lifting = false;
            intent.missed(roundUnits); // it stands on the lifted legs only
            start();
            return;
        }
        intent.landed();
        unlisted = false;
        durableVersion = roundVersion;
        if (roundHasSuperblock) {
            dirtyDurable = roundDirty;
        }
        finishWaiters();
        core.metadataDurable();
        start();
    }

    private void finishWaiters() {
        for (Waiting one : List.copyOf(waiting)) {
            if (one.version() <= durableVersion) {
                waiting.remove(one);
                one.waiter().done(true);
            }
        }
    }

    private void failWaiters(long version) {
        for (Waiting one : List.copyOf(waiting)) {
            if (one.version() <= version) {
                waiting.remove(one);
                one.waiter().done(false);
            }
        }
        core.metadataFailed();
    }

    /** Nothing is written any more: whoever waits hears so. */
    void stopped() {
        retry.cancel();
        held.clear();
        failWaiters(Long.MAX_VALUE);
    }
}
