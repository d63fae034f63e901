// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A request that goes to several legs and is done when all in sync have it: WRITE, TRIM,
 * WRITE_ZEROES, FLUSH. A slot that is used again and again. On the loop of the mirror.
 *
 * <p>A leg that could not is in trouble, and the request is held, until that leg either answers
 * again, and gets it once more, or was failed durably, and is waited for no longer. One that is
 * filled is at once filled no longer; that, too, is durable first. Only when every leg in sync has
 * answered with an error, or none takes the superblock that says so, does the request fail.
 */
final class MirroredIo {
    private enum Outcome {
        NOT_ASKED,
        UNDER_WAY,
        DONE,
        BAD
    }

    /** One leg's part. */
    private static final class Share {
        Io io = new Io(1);
        int segmentRoom = 1;

        @Nullable
        Leg leg;

        Outcome outcome = Outcome.NOT_ASKED;
        IoStatus status = IoStatus.OK;
        boolean silent;
    }

    private final MirrorCore core;
    private final List<Share> shares = new ArrayList<>();
    private final Io.Completion shareDone = this::shareDone;
    private @Nullable Io asked;
    private int underWayCount;
    private boolean beginning;
    private boolean held;

    MirroredIo(MirrorCore core) {
        this.core = core;
    }

    /** Sends it to the legs that are to have it. */
    void begin(Io io) {
        Check.that(asked == null, "a mirrored request ends before it begins again");
        asked = io;
        shares.forEach(share -> share.outcome = Outcome.NOT_ASKED);
        beginning = true;
        int index = 0;
        for (Leg leg : core.legs()) {
            boolean wanted = io.operation() == IoOperation.FLUSH
                    // One that is being filled may be in sync before this FLUSH ends.
                    ? leg.takesWrites() && leg.device.capabilities().flush()
                    : leg.takesWrites();
            if (wanted) {
                if (index == shares.size()) {
                    shares.add(new Share());
                }
                Share share = shares.get(index++);
                share.leg = leg;
                send(share, io);
            }
        }
        beginning = false;
        settle();
    }

    Io io() {
        Io io = asked;
        Check.that(io != null, "a mirrored request under way has a request");
        return io;
    }

    private void send(Share share, Io io) {
        Leg leg = share.leg;
        Check.that(leg != null, "a share has a leg");
        if (share.segmentRoom < io.segmentCount()) {
            share.segmentRoom = Io.SEGMENT_COUNT_MAX;
            share.io = new Io(share.segmentRoom);
        }
        Io own = share.io.prepare(io.operation(), io.lba(), io.sectors()).fua(io.fua());
        for (int piece = 0; piece < io.segmentCount(); piece++) {
            own.segment(io.segmentMemory(piece), io.segmentAt(piece), io.segmentBytes(piece));
        }
        share.outcome = Outcome.UNDER_WAY;
        underWayCount++;
        int word = shares.indexOf(share);
        if (io.operation() == IoOperation.FLUSH) {
            leg.submitRaw(own, shareDone, word);
        } else {
            leg.submitData(own, shareDone, word);
        }
    }

    private void shareDone(Io own) {
        Share share = shares.get((int) own.word());
        share.status = own.status();
        share.outcome = own.status().isOk() ? Outcome.DONE : Outcome.BAD;
        share.silent = share.leg != null && core.troubles().isSilence(share.leg, share.status);
        underWayCount--;
        if (own.status() == IoStatus.FENCED && share.leg != null) {
            core.fenced(share.leg);
        }
        settle();
    }

    /** That leg answers again. */
    void retry(Leg leg) {
        Io io = asked;
        if (io == null || !held) {
            return;
        }
        beginning = true;
        for (Share share : shares) {
            if (share.leg == leg && share.outcome == Outcome.BAD) {
                send(share, io);
            }
        }
        beginning = false;
        settle();
    }

    /** Ends it if it can end by now. */
    void settle() {
        Io io = asked;
        if (io == null || beginning || underWayCount > 0) {
            return;
        }
        dropFilled(io);
        if (core.isStopped()) {
            end(io, core.stoppedStatus());
            return;
        }
        int badCount = 0;
        int silentCount = 0;
        int doneCount = 0;
        boolean undurable = core.hasUndurableFailure();
        IoStatus worst = IoStatus.OK;
        for (Share share : shares) {
            Leg leg = share.leg;
            if (leg == null || share.outcome == Outcome.NOT_ASKED) {
                continue;
            }
            if (share.outcome == Outcome.DONE) {
                doneCount += leg.isInSync() ? 1 : 0;
            } else if (leg.isInSync()) {
                badCount++;
                worst = share.status;
                silentCount += share.silent ? 1 : 0;
            }
        }
        if (badCount == 0 && !undurable) {
            if (doneCount > 0 || noneCanFlush(io)) {
                end(io, IoStatus.OK);
            } else {
                asked = null; // all that had it are faulty by now: those in sync are to have it
                begin(io);
            }
        } else if (doneCount == 0 && silentCount == 0 && badCount > 0 && !undurable) {
            if (io.operation() == IoOperation.FLUSH) {
                core.cacheLost(core.primary());
            }
            end(io, worst);
        } else {
            hold();
        }
    }

    /** Legs that could not are filled no longer; whoever waits hears when that is durable. */
    private void dropFilled(Io io) {
        for (Share share : shares) {
            Leg leg = share.leg;
            if (leg != null
                    && share.outcome == Outcome.BAD
                    && leg.standing == Leg.Standing.RECOVERING
                    && !core.isStopped()) {
                core.roster()
                        .drop(
                                leg,
                                share.status,
                                cause(io, share.status),
                                "a " + name() + " failed while it was filled");
            }
        }
    }

    /** A FLUSH of our own, to legs of which none offers it. */
    private boolean noneCanFlush(Io io) {
        return io.operation() == IoOperation.FLUSH
                && core.legs().stream()
                        .filter(Leg::isInSync)
                        .noneMatch(leg -> leg.device.capabilities().flush());
    }

    private void hold() {
        if (!held) {
            held = true;
            core.hold(this);
        }
        for (Share share : shares) {
            Leg leg = share.leg;
            if (leg != null && share.outcome == Outcome.BAD && leg.isInSync()) {
                core.troubles()
                        .report(
                                leg,
                                share.status,
                                cause(io(), share.status),
                                "a " + name() + " ended " + share.status);
            }
        }
    }

    /** A FLUSH fails when a cache was lost: the medium is as good as before. */
    private static Leg.Cause cause(Io io, IoStatus status) {
        boolean flush = io.operation() == IoOperation.FLUSH || status == IoStatus.UNKNOWN;
        return flush ? Leg.Cause.AWAY : Leg.Cause.MEDIUM;
    }

    private String name() {
        return io().operation().name().toLowerCase(Locale.ROOT);
    }

    /** The superblocks cannot say that a leg is faulty: no leg takes them. */
    void giveUp() {
        Io io = asked;
        if (io != null && held && !beginning && underWayCount == 0) {
            end(io, core.isStopped() ? core.stoppedStatus() : IoStatus.FAILED);
        }
    }

    private void end(Io io, IoStatus outcome) {
        asked = null;
        if (held) {
            held = false;
            core.release(this);
        }
        core.ended(this, io, outcome);
    }
}
