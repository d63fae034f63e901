// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * One pass of {@link Sync}: which legs and chunks it covers, in the order in which they are handed
 * out, and how far it has come. It is over when nothing is left to hand out and all that was handed
 * out is done. On the loop of the mirror.
 */
final class SyncPass {
    /** What a pass is for. */
    enum Purpose {
        FILL("recovery"),
        CHECK("check"),
        REPAIR("repair");

        private final String word;

        Purpose(String word) {
            this.word = word;
        }

        /** As {@link SyncProgress} has it. */
        String word() {
            return word;
        }

        static Purpose of(CheckRequest request) {
            return request.mends() ? REPAIR : CHECK;
        }
    }

    private final MirrorCore core;
    private final Intent intent;
    private final Purpose purpose;

    /** Each of them leaves it when it is in sync, or faulty. */
    private final List<Leg> filling;

    /** What lies below where it begins. */
    private final long skippedSectors;

    private final long startNs;
    private final long totalSectors;

    /** Handed out, and not done. */
    private final List<SyncWork> works = new ArrayList<>();

    private @Nullable SyncWork current;
    private int nextChunk;
    private long doneSectors;

    /** Of the steps of a check that found one leg in sync alone, the first. */
    private long notComparedSector = Long.MAX_VALUE;

    private boolean givesWay;
    private boolean failed;
    private boolean finishing;

    /**
     * @param filling legs that it fills, if any
     * @param fromSector where a check begins
     */
    SyncPass(MirrorCore core, Purpose purpose, List<Leg> filling, long fromSector) {
        this.core = core;
        this.purpose = purpose;
        this.filling = new ArrayList<>(filling);
        intent = core.intent();
        skippedSectors = fromSector;
        nextChunk = Math.toIntExact(fromSector / intent.chunkSectors());
        startNs = core.nowNs();
        totalSectors = compares() ? core.sectors() : wantedSectors();
    }

    // What it covers.

    boolean compares() {
        return purpose != Purpose.FILL;
    }

    boolean repairs() {
        return purpose == Purpose.REPAIR;
    }

    List<Leg> filling() {
        return filling;
    }

    long startNs() {
        return startNs;
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
     * What is new of an array that grows stays torn until it is offered: nothing of it is handed
     * out before, and the pass is made once more.
     */
    private long endSector() {
        return compares() ? core.sectors() : core.metadata().shared().sizeSectors();
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

    // What is handed out.

    /** Of which the next step is; null when nothing is left, or something else comes first. */
    @Nullable
    SyncWork work() {
        if (!isHandingOut()) {
            current = givesWay ? null : next();
        }
        return current;
    }

    private boolean isHandingOut() {
        return current != null && current.next < current.end;
    }

    private @Nullable SyncWork next() {
        while (nextChunk < intent.chunkCount()) {
            int chunk = nextChunk++;
            List<Leg> targets = compares() ? List.copyOf(core.legs()) : targets(chunk);
            long first = intent.firstSector(chunk);
            long from = Math.max(first, skippedSectors);
            if (first >= core.metadata().shared().sizeSectors()) {
                intent.mend(chunk); // nobody reads it
            } else if (!targets.isEmpty() && endOf(chunk) > core.sectors()) {
                failed = true;
                cut();
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

    void stepped(long sectors) {
        doneSectors += sectors;
    }

    void done(SyncWork work) {
        works.remove(work);
        failed |= work.failed;
        if (compares()) {
            return;
        }
        if (work.torn && !work.failed) {
            if (intent.isTornAgain(work.chunk)) {
                failed = true;
            } else {
                intent.mend(work.chunk);
            }
        }
        long frontier = frontier();
        filling.forEach(leg -> leg.copiedSectors = Math.max(leg.copiedSectors, frontier));
    }

    /** All that was handed out is done. */
    boolean isQuiet() {
        return works.isEmpty();
    }

    // What changes it while it runs.

    /** A leg that lacks something comes first, and begins at its own beginning. */
    void lookAgain() {
        boolean lacking = core.legs().stream()
                .anyMatch(leg -> leg.standing == Leg.Standing.RECOVERING && !filling.contains(leg));
        givesWay |= lacking || (compares() && intent.tornCount() > 0);
    }

    /** Hands out nothing more; another one is to be begun. */
    void giveWay() {
        givesWay = true;
    }

    boolean givesWay() {
        return givesWay;
    }

    /** Hands out nothing more; it has covered what it was to. */
    void cut() {
        nextChunk = intent.chunkCount();
    }

    /** Of a step of a check: all legs but one have left. */
    void notCompared(long sector) {
        notComparedSector = Math.min(notComparedSector, sector);
        givesWay = true;
    }

    /** Something of it was not done. */
    boolean hasFailed() {
        return failed;
    }

    /** Its legs are whole, and are listed as such. */
    void finish() {
        finishing = true;
    }

    boolean isFinishing() {
        return finishing;
    }

    // How far it has come.

    /** All chunks below are done, unless one failed. */
    private long frontier() {
        if (failed) {
            return 0;
        }
        long sector = current != null && isHandingOut()
                ? intent.firstSector(current.chunk)
                : intent.firstSector(nextChunk);
        for (SyncWork work : works) {
            sector = Math.min(sector, intent.firstSector(work.chunk));
        }
        return Math.min(sector, endSector());
    }

    /** All below was compared, when no step is under way. */
    long comparedSectors() {
        long next =
                current != null && isHandingOut() ? current.next : intent.firstSector(nextChunk);
        next = Math.min(Math.max(next, skippedSectors), core.sectors());
        return Math.min(next, notComparedSector);
    }

    SyncProgress progress() {
        String what = compares() || !filling.isEmpty() ? purpose.word() : "resync";
        return SyncProgress.of(
                what, skippedSectors, doneSectors, totalSectors, core.nowNs() - startNs);
    }

    /** What it is to do. */
    @Override
    public String toString() {
        if (compares()) {
            return "comparing all legs"
                    + (skippedSectors > 0 ? " from sector " + skippedSectors : "");
        }
        List<String> names = filling.stream().map(leg -> leg.name).toList();
        return "copying " + totalSectors / 2048 + " MiB"
                + (names.isEmpty() ? " where legs may differ" : " to " + String.join(", ", names));
    }
}
