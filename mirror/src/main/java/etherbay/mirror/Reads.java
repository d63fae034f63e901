// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Reads: one leg each, the one with the least to do, and among equals the one whose last read ended
 * there. A read that a leg cannot do is done by another, and what the medium of the first could not
 * read is written anew there. One that takes far longer than its like is asked of another leg as
 * well. Where legs in sync may differ, all read from the first of them. While no leg in sync
 * answers, reads wait. On the loop of the mirror.
 */
final class Reads {
    /** Hedged reads at once at most, and the largest. */
    private static final int HEDGE_COUNT_MAX = 16;

    private static final int HEDGE_BYTES_MAX = 256 * 1024;

    /** So many times the average is far longer. */
    private static final int HEDGE_FACTOR = 8;

    private static final int SLOT_COUNT_FIRST = 64;

    /** A leg whose last read ended here may have so many more requests than the idlest. */
    private static final int STREAK_DEPTH = 4;

    private enum Stage {
        UNDER_WAY,
        /** The leg could not, and the hedge is waited for. */
        HEDGE_ONLY,
        /** For a leg that answers. */
        WAITING
    }

    /** A read under way. */
    private static final class Slot {
        final int id;
        final List<Leg> failed = new ArrayList<>(0);
        int position;
        long startNs;
        long lba;
        Stage stage = Stage.UNDER_WAY;

        @Nullable
        Io io;

        @Nullable
        Leg leg;

        @Nullable
        Hedge hedge;

        Slot(int id) {
            this.id = id;
            position = id;
        }

        Io io() {
            Io read = io;
            if (read == null) {
                throw new IllegalStateException("a slot in use has a read");
            }
            return read;
        }

        Leg leg() {
            Leg on = leg;
            if (on == null) {
                throw new IllegalStateException("a read was sent to a leg");
            }
            return on;
        }
    }

    /** The second of two reads for one request, into memory of our own. */
    private final class Hedge {
        final Io io = new Io(1);
        final MemorySegment memory = arena.allocate(HEDGE_BYTES_MAX, Leg.BLOCK_BYTES);

        @Nullable
        Slot slot;

        @Nullable
        Leg leg;

        boolean ready;

        void begin(Slot of, Leg on) {
            slot = of;
            leg = on;
            ready = false;
            of.hedge = this;
            Io first = of.io();
            io.prepare(IoOperation.READ, of.lba, first.sectors())
                    .segment(memory, 0, (int) first.bytes());
            on.submitData(io, this::done, 0);
        }

        private void done(Io own) {
            Slot of = slot;
            Leg on = leg;
            if (own.status() == IoStatus.FENCED && on != null) {
                core.fenced(on);
            }
            if (of == null || on == null) {
                hedgesFree.add(this);
                return; // the first was done first
            }
            ready = own.status().isOk() && core.isReadable(on);
            if (!ready) {
                slot = null;
                of.hedge = null;
                hedgesFree.add(this);
            }
            if (of.stage == Stage.HEDGE_ONLY) {
                if (ready) {
                    take(of, this);
                } else {
                    another(of);
                }
            } else if (ready) {
                of.leg().device.cancel(of.io());
            }
        }
    }

    private final MirrorCore core;
    private final Intent intent;
    private final Arena arena;
    private final Io.Completion done = this::done;
    private final Deque<Hedge> hedgesFree = new ArrayDeque<>();
    private final Timers.Timer look;
    private int hedgeCount;
    private long hedgedCount;
    private Slot[] slots = {};
    private Slot[] order = {};
    private int usedCount;
    private int turn;

    Reads(MirrorCore core, Intent intent, Arena arena) {
        this.core = core;
        this.intent = intent;
        this.arena = arena;
        look = core.timers().timer(this::lookForSlow);
        addSlots(SLOT_COUNT_FIRST);
    }

    void close() {
        look.cancel();
    }

    /** Reads that another leg answered first. */
    long hedgedCount() {
        return hedgedCount;
    }

    void submit(Io io) {
        if (usedCount == order.length) {
            addSlots(order.length * 2);
        }
        Slot slot = order[usedCount++];
        slot.io = io;
        slot.lba = io.lba();
        slot.startNs = core.nowNs();
        slot.failed.clear();
        slot.hedge = null;
        another(slot);
        if (!look.isSet() && core.legs().size() > 1) {
            look.at(core.nowNs() + core.settings().hedgeNs());
        }
    }

    /** Sends it to the best leg that has not failed it; or has it wait, or end. */
    private void another(Slot slot) {
        if (core.isStopped()) {
            finish(slot, core.stoppedStatus());
            return;
        }
        Leg leg = choose(slot);
        if (leg == null) {
            if (core.legs().stream().anyMatch(other -> hasIt(other, slot))) {
                slot.stage = Stage.WAITING;
            } else {
                finish(slot, IoStatus.FAILED);
            }
            return;
        }
        slot.stage = Stage.UNDER_WAY;
        slot.leg = leg;
        Io io = slot.io();
        leg.nextReadLba = io.lba() + io.sectors();
        leg.submitData(io, done, slot.id);
    }

    private @Nullable Leg choose(Slot slot) {
        Io io = slot.io();
        if (intent.isTorn(io.lba(), io.sectors())) {
            // The same for all readers; another only when that one cannot. A silent one can.
            Leg first = core.legs().stream()
                    .filter(leg -> hasIt(leg, slot))
                    .findFirst()
                    .orElse(null);
            return first != null && core.isReadable(first) ? first : null;
        }
        Leg best = null;
        List<Leg> legs = core.legs();
        turn++;
        for (int index = 0; index < legs.size(); index++) {
            Leg leg = legs.get((index + turn) % legs.size());
            if (isUsable(leg, slot) && (best == null || isBetter(leg, best, io))) {
                best = leg;
            }
        }
        return best;
    }

    private static boolean isBetter(Leg leg, Leg best, Io io) {
        if (leg.isWriteMostly() != best.isWriteMostly()) {
            return best.isWriteMostly();
        }
        boolean streak = leg.nextReadLba == io.lba();
        boolean bestStreak = best.nextReadLba == io.lba();
        if (streak != bestStreak) {
            Leg follower = streak ? leg : best;
            Leg other = streak ? best : leg;
            boolean follows = follower.readCount() <= other.readCount() + STREAK_DEPTH;
            return streak == follows;
        }
        return leg.readCount() < best.readCount();
    }

    private @Nullable Leg firstUsable(Slot slot, Leg besides) {
        for (Leg leg : core.legs()) {
            if (leg != besides && isUsable(leg, slot)) {
                return leg;
            }
        }
        return null;
    }

    private boolean isUsable(Leg leg, Slot slot) {
        return core.isReadable(leg) && hasIt(leg, slot);
    }

    /** Whether that leg can give it, as far as is known, be it silent now. */
    private static boolean hasIt(Leg leg, Slot slot) {
        return leg.isInSync()
                && !slot.failed.contains(leg)
                && !leg.isBad(slot.lba, slot.io().sectors());
    }

    private void done(Io io) {
        Slot slot = slots[(int) io.word()];
        Leg leg = slot.leg();
        IoStatus status = io.status();
        Hedge hedge = slot.hedge;
        // A leg that has lost its cache meanwhile may have answered with what it has left.
        boolean ended = status.isOk() && core.isReadable(leg);
        if (ended || status == IoStatus.FENCED) {
            if (status == IoStatus.FENCED) {
                core.fenced(leg);
            }
            finish(slot, status);
        } else if (hedge != null && hedge.ready) {
            take(slot, hedge);
        } else {
            if (!status.isOk()) {
                trouble(slot, leg, status);
            }
            if (hedge != null) {
                slot.stage = Stage.HEDGE_ONLY;
            } else {
                another(slot);
            }
        }
    }

    private void trouble(Slot slot, Leg leg, IoStatus status) {
        if (core.troubles().isSilence(leg, status)) {
            core.troubles().report(leg, status, Leg.Cause.AWAY, "a read ended " + status);
        } else {
            slot.failed.add(leg);
            leg.readErrorCount++;
        }
    }

    /** The other leg was first. */
    private void take(Slot slot, Hedge hedge) {
        Io io = slot.io();
        io.copyFrom(0, hedge.memory, 0, io.bytes());
        hedgedCount++;
        finish(slot, IoStatus.OK);
    }

    private void finish(Slot slot, IoStatus outcome) {
        Io io = slot.io();
        Hedge hedge = slot.hedge;
        if (hedge != null) {
            slot.hedge = null;
            hedge.slot = null;
            if (hedge.ready) {
                hedgesFree.add(hedge);
            }
        }
        if (outcome.isOk()) {
            slot.failed.forEach(leg -> core.rewrite(leg, io.lba(), io.sectors()));
        }
        slot.io = null;
        slot.leg = null;
        Slot last = order[--usedCount];
        place(last, slot.position);
        place(slot, usedCount);
        core.readEnded(io, outcome);
    }

    /** A leg answers again, or is faulty: what waited looks anew. */
    void retry() {
        for (int index = usedCount - 1; index >= 0; index--) {
            if (index < usedCount && order[index].stage == Stage.WAITING) {
                another(order[index]);
            }
        }
    }

    private void lookForSlow() {
        if (usedCount == 0 || core.isStopped()) {
            return;
        }
        long nowNs = core.nowNs();
        for (int index = usedCount - 1; index >= 0; index--) {
            Slot slot = order[index];
            Leg leg = slot.leg;
            if (slot.stage == Stage.UNDER_WAY && slot.hedge == null && leg != null) {
                long patienceNs = Math.max(core.settings().hedgeNs(), leg.latencyNs * HEDGE_FACTOR);
                if (nowNs - slot.startNs > patienceNs) {
                    hedge(slot, leg);
                }
            }
        }
        look.at(nowNs + core.settings().hedgeNs() / 2);
    }

    private void hedge(Slot slot, Leg slow) {
        Leg other = firstUsable(slot, slow);
        Io io = slot.io();
        if (other == null
                || io.bytes() > HEDGE_BYTES_MAX
                || intent.isTorn(slot.lba, io.sectors())) {
            return;
        }
        Hedge hedge = hedgesFree.poll();
        if (hedge == null && hedgeCount < HEDGE_COUNT_MAX) {
            hedgeCount++;
            hedge = new Hedge();
        }
        if (hedge != null) {
            hedge.begin(slot, other);
        }
    }

    private void place(Slot slot, int position) {
        order[position] = slot;
        slot.position = position;
    }

    private void addSlots(int count) {
        int before = slots.length;
        slots = Arrays.copyOf(slots, count);
        order = Arrays.copyOf(order, count);
        for (int id = before; id < count; id++) {
            slots[id] = new Slot(id);
            order[id] = slots[id];
        }
    }
}
