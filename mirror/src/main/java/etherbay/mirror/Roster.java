// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import java.util.List;

/**
 * Legs that fail, that come back, that are filled and are whole: each change of what a leg is, with
 * what the superblocks are to say of it. On the loop of the mirror.
 */
final class Roster {
    private final MirrorCore core;
    private long membership;

    Roster(MirrorCore core) {
        this.core = core;
    }

    /** Counts legs that come and go. */
    long membership() {
        return membership;
    }

    /**
     * A leg in sync is so no longer; another one is. One that was the only one, and has not flushed
     * since it was away, can be asked no more: the others hold what it had left.
     */
    void fail(Leg leg, Leg.Cause cause, String why) {
        Check.that(leg.isInSync() && !core.isLast(leg), "the last leg in sync is not failed");
        if (leg.unprovenAlone) {
            core.cacheLost(leg);
        }
        leave(leg, cause, why);
        core.legs().forEach(Leg::noteAlone);
        core.metadata().drop(leg);
        core.metadata().start();
        leg.cancelAll();
        core.settleHeld();
        core.reads().retry();
        core.lost(leg);
        core.changed();
    }

    /**
     * A leg that is not in sync is no longer filled.
     *
     * @param cause what it is faulty of, unless it said nothing, or may have lost its cache
     */
    void drop(Leg leg, IoStatus status, Leg.Cause cause, String what) {
        boolean away = leg.unproven || core.troubles().isSilence(leg, status);
        drop(leg, away ? Leg.Cause.AWAY : cause, what + " (" + status + ")");
    }

    private void drop(Leg leg, Leg.Cause cause, String why) {
        if (leg.standing != Leg.Standing.RECOVERING && leg.standing != Leg.Standing.SPARE) {
            return;
        }
        leave(leg, cause, why);
        String what = cause == Leg.Cause.TAKEN ? "is no spare any more" : "is no longer filled";
        core.tell(leg.name + ": " + what + ": " + leg.why);
        core.metadata().drop(leg);
        core.metadata().start();
        leg.cancelAll();
        core.settleHeld();
        core.lost(leg);
        core.changed();
    }

    /** A spare is of another owner: nothing of ours was on it. */
    void taken(Leg spare) {
        drop(spare, Leg.Cause.TAKEN, "another owner has taken it");
    }

    /**
     * A leg that is being filled has lost what was not flushed: of what was copied to it since, and
     * written, nobody knows what is there.
     */
    void lostCache(Leg leg) {
        if (leg.standing == Leg.Standing.RECOVERING) {
            drop(leg, Leg.Cause.AWAY, "it has lost its cache");
        }
    }

    /**
     * Requests wait until that is durable, where it had a place: also one that was filled would
     * else be taken, after a crash, for whole as far as it says, without what it no longer takes.
     */
    private void leave(Leg leg, Leg.Cause cause, String why) {
        boolean hadPlace = leg.takesWrites();
        membership++;
        leg.standing = Leg.Standing.FAULTY;
        leg.cause = cause;
        leg.why = why;
        leg.sinceMs = core.wallMillis();
        leg.trouble = null;
        leg.keptSectors = leg.byIntent ? 0 : Math.max(leg.keptSectors, leg.filledSectors);
        leg.byIntent = false;
        leg.filledSectors = 0;
        leg.copiedSectors = 0;
        core.metadata().setRole(leg.number(), Superblock.FAULTY);
        if (hadPlace) {
            leg.failureDurable = false;
            leg.failureVersion = core.metadata().wantedVersion();
            core.undurable(leg.failureVersion);
        }
        core.left(leg);
    }

    /** A leg that is here by another opening, or for the first time, is filled from now on. */
    Leg join(Assembled.Member member, int slot) {
        Leg leg = new Leg(
                core,
                member.part(),
                member.superblock(),
                member.claimSector(),
                member.standing(),
                core.arena());
        for (Leg old : List.copyOf(core.legs())) {
            if (old.name.equals(leg.name) || old.number() == leg.number()) {
                Check.that(
                        old.standing == Leg.Standing.FAULTY, "a leg in use is not taken in again");
                leg.state = old.device.equals(leg.device) ? old.state : leg.state;
                core.legs().remove(old);
            }
        }
        core.add(leg);
        refill(leg, member, slot);
        return leg;
    }

    private void refill(Leg leg, Assembled.Member member, int slot) {
        leg.superblockSum = member.superblockSum();
        leg.byIntent = member.byIntent();
        leg.badBlocks.addAll(member.badBlocks());
        leg.keptSectors = member.filledSectors();
        // Whoever reads its superblock and not the bitmap takes it at its word.
        leg.filledSectors = Math.min(leg.keptSectors, core.intent().firstMarked());
        leg.copiedSectors = leg.filledSectors;
        leg.intentUnwritten = true;
        leg.joins = true;
        leg.sinceMs = core.wallMillis();
        core.metadata().setRole(leg.number(), slot);
        core.metadata().start();
        core.wakeSync();
        core.changed();
    }

    /** A spare is filled for that slot. */
    void activate(Leg leg, int slot) {
        leg.standing = Leg.Standing.RECOVERING;
        leg.byIntent = false;
        leg.keptSectors = 0;
        leg.filledSectors = 0;
        leg.copiedSectors = 0;
        leg.intentUnwritten = true;
        leg.joins = true;
        leg.wasSpare = true;
        leg.sinceMs = core.wallMillis();
        membership++;
        core.metadata().setRole(leg.number(), slot);
        core.metadata().start();
        core.wakeSync();
        core.changed();
    }

    /** A leg that is not in sync is not to be used. */
    void dropAsked(Leg leg) {
        if (leg.standing != Leg.Standing.FAULTY) {
            leave(leg, Leg.Cause.ASKED, "somebody asked for it");
            core.metadata().drop(leg);
            core.metadata().start();
            core.settleHeld();
        }
        leg.cause = Leg.Cause.ASKED;
        core.changed();
    }

    /** A leg that is not in use is not known any more. */
    void forget(Leg leg) {
        core.legs().remove(leg);
        core.metadata().setRole(leg.number(), Superblock.FAULTY);
        core.metadata().start();
        core.changed();
    }

    /** A leg that is being filled flushes, or is filled no longer. */
    void flush(Leg leg, Runnable flushed) {
        if (!leg.canFlush()) {
            flushed.run();
            return;
        }
        leg.submitRaw(
                new Io(1).prepare(IoOperation.FLUSH, 0, 0),
                done -> {
                    if (leg.standing != Leg.Standing.RECOVERING || core.isStopped()) {
                        return;
                    }
                    if (done.status().isOk()) {
                        flushed.run();
                    } else {
                        // What it has lost is copied again; its medium is as good as before.
                        drop(
                                leg,
                                done.status(),
                                Leg.Cause.AWAY,
                                "it was not flushed after it was filled");
                    }
                },
                0);
    }

    /** A leg that was filled is in sync. */
    void promoted(Leg leg) {
        membership++;
        leg.standing = Leg.Standing.IN_SYNC;
        leg.byIntent = false;
        leg.keptSectors = 0;
        leg.filledSectors = 0;
        leg.copiedSectors = 0;
        leg.cause = Leg.Cause.NONE;
        leg.why = "";
        leg.sinceMs = core.wallMillis();
        leg.answeringNs = Long.MIN_VALUE;
        core.metadata().touch();
        if (!core.isDegraded()) {
            // Whoever is not here now is not made whole by the bitmap any more.
            core.intent().header = Superblocks.withEventsCleared(
                    core.intent().header, core.metadata().shared().events());
        }
        core.metadata().start();
        core.wakeCleaning();
        core.legs().stream().filter(Leg::isInSync).forEach(core::rewriteBad);
        core.isWhole(leg);
        leg.cacheLost = false; // all of it was copied since
        core.tell(leg.name + ": in sync");
        core.troubles().prove(leg); // it may have been away while it was filled
        core.changed();
    }
}
