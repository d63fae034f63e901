// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Passes over the array: filling legs and making those in sync the same again where they may differ
 * (by itself, whenever there is something to do), and check and repair (when asked). One pass at a
 * time; a few steps of it at once while nobody else wants the legs, else one, with a pause as long
 * as it took. On the loop of the mirror.
 */
final class Sync {
    private static final int STEP_COUNT = 4;

    /** Of a step, where chunks are smaller. */
    private static final long STEP_SECTORS_MIN = 128;

    private static final long FOREGROUND_NS = 10_000_000;
    private static final long RETRY_NS = 100_000_000;
    private static final long CHECKPOINT_NS = 10_000_000_000L;

    /** Between notes of how far a check has come: twice a minute, and the disks hardly see it. */
    private static final long NOTE_NS = 30_000_000_000L;

    /** Before a pass is made once more that could not do all. */
    private static final long AGAIN_NS = 1_000_000_000L;

    private static final int REWRITE_COUNT_MAX = 256;

    private final MirrorCore core;
    private final Intent intent;
    private final Consumer<Io> order;
    private final Arena arena;
    private final Checking checking;
    private final long stepSectors;
    private final Deque<SyncStep> idle = new ArrayDeque<>();
    private final Deque<SyncWork> rewrites = new ArrayDeque<>();
    private final Timers.Timer pump;
    private final Timers.Timer retry;
    private final Deque<Runnable> retries = new ArrayDeque<>();
    private boolean pumping;
    private boolean paused;
    private boolean noting;

    /** The one that runs. */
    private @Nullable SyncPass pass;

    private long notBeforeNs;
    private long checkpointNs;
    private long copiedSectors;
    private int underWayCount;

    /**
     * @param former a check that an earlier term has begun
     */
    Sync(
            MirrorCore core,
            Intent intent,
            Consumer<Io> order,
            Arena arena,
            Optional<CheckMark> former) {
        this.core = core;
        this.intent = intent;
        this.order = order;
        this.arena = arena;
        checking = new Checking(this, core, former);
        stepSectors = Math.clamp(intent.chunkSectors(), STEP_SECTORS_MIN, SyncStep.SECTORS_MAX);
        pump = core.timers().timer(this::pump);
        retry = core.timers().timer(this::retryNow);
        for (int index = 0; index < STEP_COUNT; index++) {
            idle.add(new SyncStep(core, this, arena, stepSectors));
        }
    }

    /** No further steps: the mirror is about to stop. */
    void pause() {
        paused = true;
    }

    void close() {
        pump.cancel();
        retry.cancel();
        retryNow();
    }

    /** Puts a step's ticket into the order of the mirror. */
    void order(Io ticket) {
        order.accept(ticket);
    }

    /** Once more in a while, since nobody answers now. */
    void later(Runnable again) {
        retries.add(again);
        if (!retry.isSet()) {
            retry.at(core.nowNs() + RETRY_NS);
        }
    }

    private void retryNow() {
        for (int count = retries.size(); count > 0; count--) {
            retries.remove().run();
        }
    }

    /** There may be something to do. */
    void wake() {
        if (core.isReadOnly()) {
            return;
        }
        if (pass != null) {
            pass.lookAgain();
        }
        if (!pump.isSet()) {
            pump.at(core.nowNs());
        }
    }

    /** That leg is faulty by now. */
    void left(Leg leg) {
        if (pass != null) {
            pass.filling().remove(leg);
            if (pass.compares() && !checking.canCompare()) {
                pass.giveWay();
            }
            endIfListed();
        }
        wake();
    }

    /** What the leg's own log calls bad is written anew, where that is not to come anyway. */
    void rewriteBad(Leg leg) {
        BadBlockLog.rewrites(leg).stream()
                .filter(work -> rewrites.stream().noneMatch(work::isSameRewrite))
                .forEach(rewrites::add);
        wake();
    }

    void rewrite(Leg leg, long lba, long sectors) {
        if (rewrites.size() < REWRITE_COUNT_MAX) {
            rewrites.add(SyncWork.rewrite(leg, lba, sectors));
            wake();
        }
    }

    /** Of a step of a check: all legs but one have left. */
    void notCompared(long sector) {
        if (pass != null) {
            pass.notCompared(sector);
        }
    }

    /** Compares all legs in sync, and mends where it is known how. */
    void check(CheckRequest request) {
        if (compares() && checking.asked() == null) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no check is begun",
                    "the one that was cancelled has not ended yet",
                    "try again");
        }
        checking.begin(request);
        wake();
    }

    void cancelCheck() {
        checking.cancel();
        if (pass != null && pass.compares()) {
            pass.cut();
        } else {
            checking.ended();
        }
    }

    /**
     * Notes how far a check has come, when nothing is under way.
     *
     * @param noted in any case
     */
    void noteCheck(Runnable noted) {
        if (core.isReadOnly() || core.isStopped() || !rewrites.isEmpty()) {
            noted.run(); // of what it could not read the rest is not written anew yet
        } else {
            checking.note(comparedSectors(), noted);
        }
    }

    private long comparedSectors() {
        return pass != null && pass.compares() ? pass.comparedSectors() : checking.nextSector();
    }

    private boolean compares() {
        return pass != null && pass.compares();
    }

    Checking checking() {
        return checking;
    }

    CheckResult checkResult() {
        return checking.result();
    }

    /** Sectors that were written to legs so far, by all passes. */
    long copiedSectors() {
        return copiedSectors;
    }

    /** How the pass stands; null while there is none. */
    @Nullable
    SyncProgress progress() {
        return pass == null ? null : pass.progress();
    }

    /** A check that waits: for a leg in sync, or for who assembles it for writing. */
    @Nullable
    SyncProgress waitingCheck() {
        CheckRequest request = checking.asked();
        if (request == null || compares()) {
            return null;
        }
        return new SyncProgress(
                SyncPass.Purpose.of(request).word(), checking.nextSector(), core.sectors(), 0, -1);
    }

    boolean isRepairing() {
        return pass != null && pass.repairs();
    }

    // The pass.

    private void pump() {
        if (pumping || core.isStopped()) {
            return;
        }
        pumping = true;
        while (canStep() && stepOnce()) {}
        pumping = false;
    }

    private boolean canStep() {
        if (idle.isEmpty() || paused || core.isStopped()) {
            return false;
        }
        boolean yields = core.isForeground(FOREGROUND_NS);
        if (yields && underWayCount > 0) {
            return false;
        }
        if (core.nowNs() < notBeforeNs) {
            if (!pump.isSet()) {
                pump.at(notBeforeNs);
            }
            return false;
        }
        return true;
    }

    private boolean stepOnce() {
        SyncWork rewrite = rewrites.peek();
        if (rewrite != null) {
            begin(rewrite, SyncStep.Kind.COPY);
            if (rewrite.next >= rewrite.end) {
                rewrites.remove();
            }
            return true;
        }
        SyncPass now = pass != null ? pass : beginPass();
        if (now == null) {
            return false;
        }
        if (now.compares() && core.nowNs() >= checkpointNs) {
            if (underWayCount == 0) {
                noteNow();
            }
            return false;
        }
        SyncWork work = now.work();
        if (work == null) {
            if (now.isQuiet() && !now.isFinishing()) {
                endPass(now);
            }
            return false;
        }
        begin(work, now.compares() ? SyncStep.Kind.COMPARE : SyncStep.Kind.COPY);
        return true;
    }

    /** No step begins before it is noted. */
    private void noteNow() {
        if (noting) {
            return;
        }
        noting = true;
        noteCheck(() -> {
            noting = false;
            checkpointNs = core.nowNs() + NOTE_NS;
            core.metadata().touch();
            core.metadata().start();
            wake();
        });
    }

    private void begin(SyncWork work, SyncStep.Kind kind) {
        SyncStep step = idle.remove();
        long sectors = Math.min(stepSectors, work.end - work.next);
        long lba = work.next;
        work.next += sectors;
        work.underWayCount++;
        underWayCount++;
        pace(sectors);
        step.begin(kind, work, lba, sectors, work.legs);
    }

    private void pace(long sectors) {
        long rate = core.settings().syncBytesPerSecond();
        if (rate > 0) {
            long forNs = (long) (sectors * 512e9 / rate);
            notBeforeNs = Math.max(notBeforeNs, core.nowNs()) + forNs;
        }
    }

    /** Nothing while there is nothing to do. */
    private @Nullable SyncPass beginPass() {
        List<Leg> filling = core.legs().stream()
                .filter(leg -> leg.standing == Leg.Standing.RECOVERING)
                .toList();
        boolean alone = core.legs().stream().filter(Leg::takesWrites).count() < 2;
        if (intent.tornCount() > 0 && alone) {
            // One leg cannot differ from itself.
            IntStream.range(0, intent.chunkCount()).forEach(intent::mend);
        }
        SyncPass begun;
        if (!filling.isEmpty() || intent.tornCount() > 0) {
            begun = new SyncPass(core, SyncPass.Purpose.FILL, filling, 0);
        } else {
            CheckRequest request = checking.asked();
            if (request == null || !checking.canCompare()) {
                return null;
            }
            begun = new SyncPass(
                    core, SyncPass.Purpose.of(request), List.of(), checking.nextSector());
        }
        pass = begun;
        checkpointNs = begun.startNs() + (begun.compares() ? NOTE_NS : CHECKPOINT_NS);
        core.tell(begun.toString());
        return begun;
    }

    void ended(SyncStep step, boolean ok) {
        SyncWork work = step.work;
        step.work = null;
        idle.add(step);
        underWayCount--;
        if (work != null) {
            work.underWayCount--;
            work.failed |= !ok;
            copiedSectors += compares() ? 0 : step.copiedSectors;
            if (work.isRewrite()) {
                rewriteStepped(work);
            } else if (pass != null) {
                pass.stepped(step.sectors);
                stepped(pass, work);
            }
        }
        long nowNs = core.nowNs();
        if (core.hasForegroundNow()) {
            notBeforeNs = Math.max(notBeforeNs, nowNs + (nowNs - step.startNs));
        }
        if (!core.isStopped()) {
            pump.at(Math.max(nowNs, notBeforeNs));
        }
    }

    private void rewriteStepped(SyncWork work) {
        if (work.isDone() && !work.failed) {
            BadBlockLog.rewritten(core, arena, work);
        }
    }

    private void stepped(SyncPass of, SyncWork work) {
        if (!work.isDone()) {
            return;
        }
        of.done(work);
        boolean fills = !of.filling().isEmpty() && !of.isFinishing();
        if (fills && core.nowNs() >= checkpointNs) {
            checkpointNs = core.nowNs() + CHECKPOINT_NS;
            checkpoint(of.filling());
        }
    }

    private void checkpoint(List<Leg> filling) {
        for (Leg leg : List.copyOf(filling)) {
            if (!leg.canFlush()) {
                continue; // nobody knows what of it is durable
            }
            long copied = leg.copiedSectors;
            core.roster().flush(leg, () -> {
                leg.filledSectors = copied;
                core.metadata().touch();
                core.metadata().start();
            });
        }
    }

    private void endPass(SyncPass ended) {
        if (ended.compares()) {
            endCheck(ended);
            return;
        }
        if (ended.givesWay() || ended.hasFailed()) {
            pass = null;
            boolean waits = !ended.givesWay();
            notBeforeNs = Math.max(notBeforeNs, core.nowNs() + (waits ? AGAIN_NS : 0));
            pump.at(notBeforeNs);
            return;
        }
        List<Leg> full = List.copyOf(ended.filling());
        if (full.isEmpty()) {
            pass = null;
            core.tell("the legs in sync are the same again");
            wake();
            return;
        }
        ended.finish();
        for (Leg leg : full) {
            core.roster().flush(leg, () -> finish(ended, leg));
        }
    }

    private void endCheck(SyncPass ended) {
        pass = null;
        long reachedSectors = ended.comparedSectors();
        if (ended.givesWay() && checking.asked() != null && reachedSectors < core.sectors()) {
            checking.interrupted(reachedSectors); // goes on there when the legs are whole
        } else {
            checking.ended();
            core.tell(checking.result().toString());
        }
        wake(); // a leg may have come meanwhile that lacks something
    }

    /** In sync once the other legs list it: one that calls it faulty would stand against it. */
    private void finish(SyncPass of, Leg leg) {
        core.metadata().whenDurable(listed -> {
            if (leg.standing != Leg.Standing.RECOVERING || core.isStopped()) {
                return;
            }
            of.filling().remove(leg);
            if (listed) {
                core.roster().promoted(leg);
            } else {
                notBeforeNs = Math.max(notBeforeNs, core.nowNs() + AGAIN_NS);
            }
            endIfListed();
        });
    }

    private void endIfListed() {
        if (pass != null && pass.isFinishing() && pass.filling().isEmpty()) {
            passOver();
        }
    }

    private void passOver() {
        pass = null;
        wake();
    }
}
