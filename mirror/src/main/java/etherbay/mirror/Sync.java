// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

    private static final int REWRITE_COUNT_MAX = 256;
    private static final String CHECK = "check";
    private static final String REPAIR = "repair";

    /** What a pass is for. */
    enum Purpose {
        FILL,
        CHECK,
        REPAIR
    }

    private final MirrorCore core;
    private final Intent intent;
    private final Consumer<Io> order;
    private final Arena arena;
    private final Checking checking;
    private final long stepSectors;
    private final Deque<SyncStep> idle = new ArrayDeque<>();
    private final Deque<SyncWork> rewrites = new ArrayDeque<>();
    private final List<SyncWork> works = new ArrayList<>();
    private final List<Leg> filling = new ArrayList<>();
    private final Timers.Timer pump;
    private final Timers.Timer retry;
    private final Deque<Runnable> retries = new ArrayDeque<>();
    private boolean running;
    private boolean pumping;
    private boolean paused;
    private boolean restart;
    private boolean passFailed;
    private boolean finishing;
    private boolean noting;
    private Purpose purpose = Purpose.FILL;
    private int nextChunk;

    private @Nullable SyncWork current;
    private long notBeforeNs;
    private long checkpointNs;
    private long passStartNs;
    private long totalSectors;
    private long doneSectors;

    /** What lies below where the pass began. */
    private long skippedSectors;

    /** Of the steps of a check that found one leg in sync alone, the first. */
    private long notComparedSector = Long.MAX_VALUE;

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
        if (running) {
            // A leg that lacks something comes first, and begins at its own beginning.
            boolean lacking = core.legs().stream()
                    .anyMatch(leg ->
                            leg.standing == Leg.Standing.RECOVERING && !filling.contains(leg));
            restart |= lacking || (purpose != Purpose.FILL && intent.tornCount() > 0);
        }
        if (!pump.isSet()) {
            pump.at(core.nowNs());
        }
    }

    /** That leg is faulty by now. */
    void left(Leg leg) {
        filling.remove(leg);
        restart |= running && purpose != Purpose.FILL && !checking.canCompare();
        if (finishing && filling.isEmpty()) {
            passOver();
        }
        wake();
    }

    /** What the leg's own log calls bad is written anew. */
    void rewriteBad(Leg leg) {
        rewrites.addAll(BadBlockLog.rewrites(leg));
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
        notComparedSector = Math.min(notComparedSector, sector);
        restart = true;
    }

    /** Compares all legs in sync, and mends where it is known how. */
    void check(CheckRequest request) {
        if (running && purpose != Purpose.FILL && checking.asked() == null) {
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
        if (running && purpose != Purpose.FILL) {
            nextChunk = intent.chunkCount();
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
        if (!running || purpose == Purpose.FILL) {
            return checking.nextSector();
        }
        long next = current == null || current.next >= current.end
                ? intent.firstSector(nextChunk)
                : current.next;
        next = Math.min(Math.max(next, checking.nextSector()), core.sectors());
        return Math.min(next, notComparedSector);
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
        if (!running) {
            return null;
        }
        String what = switch (purpose) {
            case FILL -> filling.isEmpty() ? "resync" : "recovery";
            case CHECK -> CHECK;
            case REPAIR -> REPAIR;
        };
        return SyncProgress.of(
                what, skippedSectors, doneSectors, totalSectors, core.nowNs() - passStartNs);
    }

    /** A check that waits: for a leg in sync, or for who assembles it for writing. */
    @Nullable
    SyncProgress waitingCheck() {
        CheckRequest request = checking.asked();
        if (request == null || (running && purpose != Purpose.FILL)) {
            return null;
        }
        return new SyncProgress(
                request.mends() ? REPAIR : CHECK, checking.nextSector(), core.sectors(), 0, -1);
    }

    boolean isRepairing() {
        return purpose == Purpose.REPAIR;
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
        if (!running && !beginPass()) {
            return false;
        }
        if (purpose != Purpose.FILL && core.nowNs() >= checkpointNs) {
            if (underWayCount == 0) {
                noteNow();
            }
            return false;
        }
        if (current == null || current.next >= current.end) {
            current = restart ? null : nextWork();
        }
        if (current == null) {
            if (works.isEmpty() && !finishing) {
                endPass();
            }
            return false;
        }
        begin(current, purpose == Purpose.FILL ? SyncStep.Kind.COPY : SyncStep.Kind.COMPARE);
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

    private boolean beginPass() {
        filling.clear();
        core.legs().stream()
                .filter(leg -> leg.standing == Leg.Standing.RECOVERING)
                .forEach(filling::add);
        boolean alone = core.legs().stream().filter(Leg::takesWrites).count() < 2;
        if (intent.tornCount() > 0 && alone) {
            // One leg cannot differ from itself.
            IntStream.range(0, intent.chunkCount()).forEach(intent::mend);
        }
        boolean torn = intent.tornCount() > 0;
        if (filling.isEmpty() && !torn) {
            CheckRequest request = checking.asked();
            if (request == null || !checking.canCompare()) {
                return false;
            }
            purpose = request.mends() ? Purpose.REPAIR : Purpose.CHECK;
        } else {
            purpose = Purpose.FILL;
        }
        running = true;
        restart = false;
        passFailed = false;
        notComparedSector = Long.MAX_VALUE;
        skippedSectors = purpose == Purpose.FILL ? 0 : checking.nextSector();
        nextChunk = Math.toIntExact(skippedSectors / intent.chunkSectors());
        current = null;
        passStartNs = core.nowNs();
        checkpointNs = passStartNs + (purpose == Purpose.FILL ? CHECKPOINT_NS : NOTE_NS);
        doneSectors = 0;
        totalSectors = purpose == Purpose.FILL ? wantedSectors() : core.sectors();
        core.tell(
                purpose == Purpose.FILL
                        ? "copying " + totalSectors / 2048 + " MiB"
                                + (filling.isEmpty()
                                        ? " where legs may differ"
                                        : " to " + names(filling))
                        : "comparing all legs"
                                + (skippedSectors > 0 ? " from sector " + skippedSectors : ""));
        return true;
    }

    private static String names(List<Leg> legs) {
        return String.join(", ", legs.stream().map(leg -> leg.name).toList());
    }

    private long wantedSectors() {
        long sectors = 0;
        for (int chunk = 0; chunk < intent.chunkCount(); chunk++) {
            if (!targets(chunk).isEmpty()) {
                sectors += endOf(chunk) - intent.firstSector(chunk);
            }
        }
        return sectors;
    }

    private long endOf(int chunk) {
        return Math.min(endSector(), intent.firstSector(chunk) + intent.chunkSectors());
    }

    /**
     * What is new of an array that grows stays torn: a step there is refused before it is offered,
     * and the pass is made once more.
     */
    private long endSector() {
        return purpose == Purpose.FILL ? core.metadata().shared().sizeSectors() : core.sectors();
    }

    private List<Leg> targets(int chunk) {
        boolean torn = intent.isTorn(chunk);
        List<Leg> targets = new ArrayList<>(2);
        for (Leg leg : core.legs()) {
            boolean lacks = filling.contains(leg)
                    && endOf(chunk) > leg.copiedSectors
                    && (intent.isMarked(chunk) || lacksUnmarked(leg, chunk));
            if (lacks || (torn && (leg.isInSync() || filling.contains(leg)))) {
                targets.add(leg);
            }
        }
        return targets;
    }

    private boolean lacksUnmarked(Leg leg, int chunk) {
        return !leg.byIntent && endOf(chunk) > leg.keptSectors;
    }

    private @Nullable SyncWork nextWork() {
        while (nextChunk < intent.chunkCount()) {
            int chunk = nextChunk++;
            List<Leg> targets = purpose == Purpose.FILL ? targets(chunk) : List.copyOf(core.legs());
            long first = intent.firstSector(chunk);
            long from = Math.max(first, skippedSectors);
            if (first >= core.metadata().shared().sizeSectors()) {
                intent.mend(chunk); // nobody reads it
            } else if (!targets.isEmpty() && from < endOf(chunk)) {
                intent.mendBegins(chunk);
                SyncWork work =
                        new SyncWork(chunk, intent.isTorn(chunk), from, endOf(chunk), targets);
                works.add(work);
                return work;
            }
        }
        return null;
    }

    void ended(SyncStep step, boolean ok) {
        SyncWork work = step.work;
        step.work = null;
        idle.add(step);
        underWayCount--;
        if (work != null) {
            work.underWayCount--;
            work.failed |= !ok;
            doneSectors += work.isRewrite() ? 0 : step.sectors;
            if (purpose == Purpose.FILL) {
                copiedSectors += step.copiedSectors;
            }
            if (work.isDone() && work.isRewrite()) {
                if (!work.failed) {
                    BadBlockLog.rewritten(core, arena, work);
                }
            } else if (work.isDone()) {
                workDone(work);
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

    private void workDone(SyncWork work) {
        works.remove(work);
        passFailed |= work.failed;
        if (purpose != Purpose.FILL) {
            return;
        }
        if (work.torn && !work.failed) {
            if (intent.isTornAgain(work.chunk)) {
                passFailed = true;
            } else {
                intent.mend(work.chunk);
            }
        }
        long frontier = frontier();
        filling.forEach(leg -> leg.copiedSectors = Math.max(leg.copiedSectors, frontier));
        if (core.nowNs() >= checkpointNs && !filling.isEmpty() && !finishing) {
            checkpointNs = core.nowNs() + CHECKPOINT_NS;
            checkpoint();
        }
    }

    /** All chunks below are done, unless one failed. */
    private long frontier() {
        if (passFailed) {
            return 0;
        }
        long sector = current == null || current.next >= current.end
                ? intent.firstSector(nextChunk)
                : intent.firstSector(current.chunk);
        for (SyncWork work : works) {
            sector = Math.min(sector, intent.firstSector(work.chunk));
        }
        return Math.min(sector, endSector());
    }

    private void checkpoint() {
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

    private void endPass() {
        if (purpose != Purpose.FILL) {
            if (restart && checking.asked() != null && comparedSectors() < core.sectors()) {
                checking.interrupted(comparedSectors()); // goes on there when the legs are whole
                running = false;
                wake();
                return;
            }
            running = false;
            checking.ended();
            core.tell(checking.result().toString());
            wake(); // a leg may have come meanwhile that lacks something
            return;
        }
        if (restart || passFailed) {
            running = false;
            boolean failedOnly = passFailed && !restart;
            notBeforeNs = Math.max(notBeforeNs, core.nowNs() + (failedOnly ? 1_000_000_000L : 0));
            pump.at(notBeforeNs);
            return;
        }
        List<Leg> full = List.copyOf(filling);
        if (full.isEmpty()) {
            running = false;
            core.tell("the legs in sync are the same again");
            wake();
            return;
        }
        finishing = true;
        full.forEach(leg -> leg.whole = true);
        for (Leg leg : full) {
            core.roster().flush(leg, () -> finish(leg));
        }
    }

    /** In sync once the other legs list it: one that calls it faulty would stand against it. */
    private void finish(Leg leg) {
        core.metadata().whenDurable(listed -> {
            if (leg.standing != Leg.Standing.RECOVERING || core.isStopped()) {
                return;
            }
            filling.remove(leg);
            if (listed) {
                core.roster().promoted(leg);
            } else {
                core.roster().unlisted(leg);
            }
            if (finishing && filling.isEmpty()) {
                passOver();
            }
        });
    }

    private void passOver() {
        finishing = false;
        running = false;
        wake();
    }
}
