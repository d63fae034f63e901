// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One step of a pass: a range that is read from one leg and written to others, or read from all and
 * compared. It stands in the order of the mirror as a request of its own, so that no write of
 * anybody is under way in its range meanwhile. A slot that is used again and again.
 */
final class SyncStep {
    /** Bytes of a step: large enough for a disk to be busy, small enough not to be felt. */
    static final int BYTES_MAX = 512 * 1024;

    static final long SECTORS_MAX = BYTES_MAX / 512;

    /** What a step does once it is its turn. */
    enum Kind {
        COPY,
        COMPARE
    }

    /** One leg's part. */
    private final class Side {
        final Io io = new Io(1);
        final MemorySegment memory;

        @Nullable
        Leg leg;

        Side(MemorySegment memory) {
            this.memory = memory;
        }

        void submit(Leg on, IoOperation operation, MemorySegment with, Io.Completion then) {
            leg = on;
            io.prepare(operation, lba, sectors).segment(with, 0, (int) sectors * 512);
            on.submitData(io, then, 0);
        }
    }

    private final MirrorCore core;
    private final Sync sync;
    private final Arena arena;
    private final long sectorsMax;
    private final Io ticket = new Io(1);
    private final List<Side> sides = new ArrayList<>();
    private final List<Leg> targets = new ArrayList<>();
    private final List<Leg> unreadable = new ArrayList<>();
    private Kind kind = Kind.COPY;
    private int pendingCount;
    private boolean failed;
    private boolean silent;

    @Nullable
    SyncWork work;

    long lba;
    long sectors;
    long startNs;

    /** Written to legs, of all of them together. */
    long copiedSectors;

    SyncStep(MirrorCore core, Sync sync, Arena arena, long sectorsMax) {
        this.sectorsMax = sectorsMax;
        this.core = core;
        this.sync = sync;
        this.arena = arena;
        ticket.context(this);
    }

    /** Takes its place in the order. */
    void begin(Kind does, SyncWork of, long first, long count, List<Leg> to) {
        kind = does;
        work = of;
        lba = first;
        sectors = count;
        startNs = core.nowNs();
        failed = false;
        copiedSectors = 0;
        unreadable.clear();
        targets.clear();
        targets.addAll(to);
        ticket.prepare(IoOperation.WRITE, first, count).then(this::ended);
        sync.order(ticket);
    }

    /** Its turn has come. */
    void admitted(Io admittedTicket) {
        if (kind == Kind.COPY) {
            readSource();
        } else {
            readAll();
        }
    }

    private Side side(int index) {
        while (sides.size() <= index) {
            sides.add(new Side(arena.allocate(sectorsMax * 512, Leg.BLOCK_BYTES)));
        }
        return sides.get(index);
    }

    private void end(IoStatus outcome) {
        ticket.complete(outcome);
    }

    private void ended(Io done) {
        sync.ended(this, done.status().isOk() && !failed);
    }

    // Copying.

    private void readSource() {
        if (core.isStopped()) {
            end(core.stoppedStatus());
            return;
        }
        targets.removeIf(leg -> !leg.takesWrites());
        if (targets.isEmpty()) {
            nobodyTakesIt();
            return;
        }
        Leg source = sourceLeg();
        if (source == null) {
            if (core.legs().stream().anyMatch(this::hasIt)) {
                sync.later(this::readSource);
            } else {
                cannotBeRead();
            }
            return;
        }
        side(0).submit(source, IoOperation.READ, side(0).memory, this::sourceRead);
    }

    /** The first leg in sync; for what is written anew one that is no target. */
    private @Nullable Leg sourceLeg() {
        boolean torn = work != null && work.torn;
        for (Leg leg : core.legs()) {
            if (hasIt(leg)) {
                if (core.isReadable(leg)) {
                    return leg;
                }
                if (torn) {
                    return null; // readers were given what this one has
                }
            }
        }
        return null;
    }

    /** Whether that leg can give it, as far as is known, be it silent now. */
    private boolean hasIt(Leg leg) {
        return leg.isInSync()
                && !unreadable.contains(leg)
                && !leg.isBad(lba, sectors)
                && !isRewritten(leg);
    }

    private boolean isRewritten(Leg leg) {
        return work != null && work.isRewrite() && targets.contains(leg);
    }

    /** That is well where legs are to be the same; what is to be written anew was not. */
    private void nobodyTakesIt() {
        failed |= work != null && work.isRewrite();
        end(IoStatus.OK);
    }

    private void cannotBeRead() {
        failed = true;
        for (Leg leg : List.copyOf(targets)) {
            core.roster()
                    .drop(
                            leg,
                            IoStatus.FAILED,
                            Leg.Cause.MEDIUM,
                            "no leg in sync can be read at sector " + lba + " and the "
                                    + (sectors - 1) + " behind it");
        }
        end(IoStatus.FAILED);
    }

    private void sourceRead(Io read) {
        Leg source = side(0).leg;
        if (core.isStopped() || source == null) {
            end(core.stoppedStatus());
        } else if (read.status() == IoStatus.FENCED) {
            core.fenced(source);
            end(IoStatus.FENCED);
        } else if (read.status().isOk() && !core.isReadable(source)) {
            sync.later(this::readSource); // it may have lost its cache before it answered
        } else if (read.status().isOk()) {
            targets.remove(source);
            writeTargets();
        } else if (core.troubles().isSilence(source, read.status())) {
            core.troubles()
                    .report(source, read.status(), Leg.Cause.AWAY, "a read ended " + read.status());
            sync.later(this::readSource);
        } else {
            unreadable.add(source);
            readSource();
        }
    }

    private void writeTargets() {
        targets.removeIf(leg -> !leg.takesWrites());
        pendingCount = targets.size();
        if (pendingCount == 0) {
            nobodyTakesIt();
            return;
        }
        MemorySegment data = side(0).memory;
        int index = 1;
        for (Leg leg : List.copyOf(targets)) {
            side(index++).submit(leg, IoOperation.WRITE, data, this::targetWritten);
        }
    }

    private void targetWritten(Io written) {
        pendingCount--;
        if (written.status().isOk()) {
            copiedSectors += sectors;
        } else {
            failed = true;
            Leg leg = legOf(written);
            Leg.Cause cause =
                    written.status() == IoStatus.UNKNOWN ? Leg.Cause.AWAY : Leg.Cause.MEDIUM;
            if (written.status() == IoStatus.FENCED) {
                core.fenced(leg);
            } else if (leg.isInSync()) {
                core.troubles()
                        .report(
                                leg,
                                written.status(),
                                cause,
                                "a write of recovery ended " + written.status());
            } else {
                core.roster()
                        .drop(
                                leg,
                                written.status(),
                                cause,
                                "a write ended badly while it was filled");
            }
        }
        if (pendingCount == 0) {
            end(IoStatus.OK);
        }
    }

    private Leg legOf(Io io) {
        for (Side side : sides) {
            if (side.io == io && side.leg != null) {
                return side.leg;
            }
        }
        throw new IllegalStateException("an Io of a step has a leg");
    }

    // Comparing.

    private void readAll() {
        List<Leg> legs = core.legs().stream().filter(Leg::isInSync).toList();
        if (core.isStopped()) {
            end(core.stoppedStatus());
            return;
        }
        if (legs.size() < 2) {
            sync.notCompared(lba);
            end(IoStatus.OK);
            return;
        }
        targets.clear();
        targets.addAll(legs);
        pendingCount = legs.size();
        for (int index = 0; index < legs.size(); index++) {
            Side side = side(index);
            side.submit(legs.get(index), IoOperation.READ, side.memory, this::oneRead);
        }
    }

    private void oneRead(Io read) {
        Leg leg = legOf(read);
        if (read.status().isOk()) {
            silent |= !core.isReadable(leg); // it may have lost its cache before it answered
        } else {
            failed = true;
            if (read.status() == IoStatus.FENCED) {
                core.fenced(leg);
            } else if (core.troubles().isSilence(leg, read.status())) {
                silent = true;
                core.troubles()
                        .report(
                                leg,
                                read.status(),
                                Leg.Cause.AWAY,
                                "a read ended " + read.status());
            } else {
                sync.checking().unreadable(leg, lba, sectors);
            }
        }
        if (--pendingCount == 0) {
            if (silent && !core.isStopped()) {
                silent = false;
                failed = false;
                sync.later(this::readAll);
            } else if (failed || core.isStopped()) {
                end(IoStatus.OK);
            } else {
                compare();
            }
        }
    }

    private void compare() {
        long bytes = sectors * 512;
        boolean same = true;
        for (int index = 1; index < targets.size(); index++) {
            same &= MemorySegment.mismatch(side(0).memory, 0, bytes, side(index).memory, 0, bytes)
                    < 0;
        }
        if (same) {
            end(IoStatus.OK);
            return;
        }
        boolean mended = false;
        for (long sector = 0; sector < sectors; sector++) {
            if (differs(sector)) {
                mended |= mend(sector);
            }
        }
        if (mended) {
            writeMended();
        } else {
            end(IoStatus.OK);
        }
    }

    private boolean differs(long sector) {
        for (int index = 1; index < targets.size(); index++) {
            if (!isSame(0, index, sector)) {
                return true;
            }
        }
        return false;
    }

    private boolean isSame(int one, int other, long sector) {
        long from = sector * 512;
        return MemorySegment.mismatch(
                        side(one).memory, from, from + 512, side(other).memory, from, from + 512)
                < 0;
    }

    /** Makes all sides the same there, if it is known which is right. */
    private boolean mend(long sector) {
        int right = sync.checking().rightOf(targets, sector, this::isSame);
        sync.checking().differs(lba + sector, right >= 0);
        if (right < 0) {
            return false;
        }
        for (int index = 0; index < targets.size(); index++) {
            if (index != right && !isSame(right, index, sector)) {
                MemorySegment.copy(
                        side(right).memory, sector * 512, side(index).memory, sector * 512, 512);
            }
        }
        return true;
    }

    private void writeMended() {
        List<Leg> legs = List.copyOf(targets);
        pendingCount = (int) legs.stream().filter(Leg::takesWrites).count();
        if (pendingCount == 0) {
            end(IoStatus.OK);
            return;
        }
        for (int index = 0; index < legs.size(); index++) {
            Leg leg = legs.get(index);
            if (leg.takesWrites()) {
                Side side = side(index);
                side.submit(leg, IoOperation.WRITE, side.memory, this::targetWritten);
            }
        }
    }
}
