// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.List;

/**
 * Several steps of {@link Sync} that mean one thing together: a chunk, a range to be written anew.
 */
final class SyncWork {
    final int chunk;
    final boolean torn;
    final List<Leg> legs;
    final long first;
    long next;
    final long end;
    int underWayCount;
    boolean failed;

    SyncWork(int chunk, boolean torn, long next, long end, List<Leg> legs) {
        this.chunk = chunk;
        this.torn = torn;
        first = next;
        this.next = next;
        this.end = end;
        this.legs = legs;
    }

    static SyncWork rewrite(Leg leg, long lba, long sectors) {
        return new SyncWork(-1, false, lba, lba + sectors, List.of(leg));
    }

    boolean isRewrite() {
        return chunk < 0;
    }

    boolean isSameRewrite(SyncWork other) {
        return first == other.first && end == other.end && legs.equals(other.legs);
    }

    boolean isDone() {
        return next >= end && underWayCount == 0;
    }
}
