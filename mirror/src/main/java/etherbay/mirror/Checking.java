// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** What a check was asked for and what it has found. On the loop of the mirror. */
final class Checking {
    private static final int DIFFERENCE_COUNT_MAX = 1000;

    /** Whether two sides of a step are the same in a sector. */
    interface Sameness {
        boolean same(int one, int other, long sector);
    }

    private final Sync sync;
    private final Intent intent;
    private @Nullable CheckRequest asked;
    private CheckResult result = CheckResult.NONE;

    /** Where it goes on when a leg in need has interrupted it. */
    private int nextChunk;

    Checking(Sync sync, Intent intent) {
        this.sync = sync;
        this.intent = intent;
    }

    /** @throws EtherbayException CONFLICT while another one is under way */
    void begin(CheckRequest request) {
        if (asked != null) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no check is begun",
                    "one is under way",
                    "wait until it has ended, or cancel it");
        }
        asked = request;
        nextChunk = Math.toIntExact(request.fromSector() / intent.chunkSectors());
        result = CheckResult.BEGUN;
    }

    void interrupted(int atChunk) {
        nextChunk = atChunk;
    }

    void cancel() {
        asked = null;
    }

    void ended() {
        asked = null;
        result = result.ended();
    }

    @Nullable
    CheckRequest asked() {
        return asked;
    }

    int nextChunk() {
        return nextChunk;
    }

    CheckResult result() {
        return result;
    }

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
