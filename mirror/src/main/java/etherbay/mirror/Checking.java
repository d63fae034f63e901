// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a check was asked for, what it has found, and how much of that is to outlive this term. On
 * the loop of the mirror.
 */
final class Checking {
    private static final int DIFFERENCE_COUNT_MAX = 1000;

    /** Whether two sides of a step are the same in a sector. */
    interface Sameness {
        boolean same(int one, int other, long sector);
    }

    private final Sync sync;
    private final MirrorCore core;
    private @Nullable CheckRequest asked;
    private CheckResult result = CheckResult.NONE;
    private Optional<UUID> like = Optional.empty();

    /** Where it begins, and goes on when a leg in need has interrupted it. */
    private long nextSector;

    /** Whether a former term has begun it, and nobody of this one has asked for it since. */
    private boolean inherited;

    /** What the result says in one line: ranges that a former term could not read. */
    private long formerUnreadableCount;

    /** What our records are to say of it. */
    private Optional<CheckMark> mark = Optional.empty();

    /**
     * @param former what the term before has left undone
     */
    Checking(Sync sync, MirrorCore core, Optional<CheckMark> former) {
        this.sync = sync;
        this.core = core;
        former.ifPresent(this::inherit);
    }

    private void inherit(CheckMark former) {
        Optional<String> from = former.like().flatMap(this::nameOf);
        if (former.like().isPresent() && from.isEmpty()) {
            core.tell("the repair that was under way is given up at sector " + former.nextSector()
                    + ": the leg that it was to follow is not here");
            return;
        }
        asked = new CheckRequest(former.mends(), from.orElse(""), former.nextSector());
        like = former.like();
        nextSector = former.nextSector();
        inherited = true;
        formerUnreadableCount = former.unreadableCount();
        mark = Optional.of(former);
        result = new CheckResult(
                true,
                former.differCount(),
                former.mendedCount(),
                former.sectors(),
                formerUnreadableCount == 0
                        ? List.of()
                        : List.of(formerUnreadableCount + " ranges below sector "
                                + former.nextSector() + ", in an earlier term"));
    }

    private Optional<String> nameOf(UUID device) {
        return core.legs().stream()
                .filter(leg -> leg.superblock.deviceId().equals(device))
                .map(leg -> leg.name)
                .findFirst();
    }

    /**
     * Begins it; or goes on with one that a former term has begun, where that is what is wanted.
     *
     * @throws EtherbayException CONFLICT while another one is under way, and while one leg is alone
     */
    void begin(CheckRequest request) {
        // One that is being filled is waited for.
        if (core.legs().stream().filter(Leg::takesWrites).count() < 2) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no check is begun",
                    core.primary().name + " is the only leg in sync, and none is being filled:"
                            + " there is nothing to compare it with",
                    "bring another leg back, or add one: etherbay mirror add NAME LEG");
        }
        CheckRequest now = asked;
        if (now != null) {
            boolean same = inherited
                    && request.fromSector() == 0
                    && request.mends() == now.mends()
                    && request.from().equals(now.from());
            if (same) {
                inherited = false;
                return;
            }
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no check is begun",
                    (now.mends() ? "a repair" : "a check") + " is under way"
                            + (inherited ? ", begun before the mirror was assembled" : ""),
                    "wait until it has ended, or end it: etherbay mirror check NAME --cancel");
        }
        asked = request;
        like = core.legs().stream()
                .filter(leg -> leg.name.equals(request.from()))
                .map(leg -> leg.superblock.deviceId())
                .findFirst();
        nextSector = request.fromSector();
        formerUnreadableCount = 0;
        result = CheckResult.BEGUN;
    }

    /** Whether there are two legs or more whose data count. */
    boolean canCompare() {
        return core.inSyncCount() >= 2;
    }

    void interrupted(long atSector) {
        nextSector = atSector;
    }

    void cancel() {
        asked = null;
        inherited = false;
        forget();
    }

    void ended() {
        asked = null;
        inherited = false;
        result = result.ended();
        forget();
    }

    @Nullable
    CheckRequest asked() {
        return asked;
    }

    long nextSector() {
        return nextSector;
    }

    CheckResult result() {
        return result;
    }

    // What outlives this term.

    Optional<CheckMark> mark() {
        return mark;
    }

    private void forget() {
        if (mark.isPresent()) {
            mark = Optional.empty();
            core.metadata().touch();
            core.metadata().start();
        }
    }

    /**
     * Notes how far it has come, for the next of our records; what it has mended is flushed before.
     *
     * @param sector all below was compared, and nothing above; no step is under way
     * @param noted in any case
     */
    void note(long sector, Runnable noted) {
        CheckRequest request = asked;
        if (request == null) {
            noted.run();
            return;
        }
        long unreadableCount = formerUnreadableCount
                + result.unreadable().size()
                - (formerUnreadableCount > 0 ? 1 : 0);
        CheckMark next = new CheckMark(
                request.mends(),
                like,
                sector,
                result.differCount(),
                result.mendedCount(),
                unreadableCount,
                result.sectors()
                        .subList(0, Math.min(result.sectors().size(), CheckMark.SECTOR_COUNT_MAX)));
        if (!request.mends()) {
            mark = Optional.of(next);
            noted.run();
            return;
        }
        core.flush(new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(flushed -> {
            if (flushed.status().isOk() && request.equals(asked)) {
                mark = Optional.of(next);
            }
            noted.run();
        }));
    }

    // What it does.

    /** Which side is right in that sector of a step; negative when nobody can tell. */
    int rightOf(List<Leg> legs, long sector, Sameness sameness) {
        CheckRequest request = asked;
        if (!sync.isRepairing() || request == null) {
            return -1;
        }
        for (int index = 0; index < legs.size(); index++) {
            if (legs.get(index).name.equals(request.from())) {
                return index;
            }
        }
        if (!request.from().isEmpty()) {
            return -1;
        }
        for (int one = 0; one < legs.size(); one++) {
            int same = 0;
            for (int other = 0; other < legs.size(); other++) {
                same += sameness.same(one, other, sector) ? 1 : 0;
            }
            if (same * 2 > legs.size()) {
                return one;
            }
        }
        return -1;
    }

    void differs(long sector, boolean mended) {
        result = result.with(sector, mended, DIFFERENCE_COUNT_MAX);
    }

    void unreadable(Leg leg, long lba, long sectors) {
        if (sync.isRepairing()) {
            sync.rewrite(leg, lba, sectors);
        }
        result = result.withUnreadable(leg.name + " sectors " + lba + "-" + (lba + sectors - 1));
    }
}
