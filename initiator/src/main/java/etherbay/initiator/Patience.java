// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AwayHeader;
import etherbay.base.Loop;
import etherbay.base.Timers;

/**
 * How long a disk may say nothing while something waits for it: {@link
 * RemoteDiskSettings#failAfterNs} from when the wait began, or from when it was last heard of on a
 * way that carries data. When the target has said before that it would be away, at least until
 * then: once, until it is heard again. Owned by the disk's loop.
 */
final class Patience {
    /** Without work for so long, the disk is looked at again before it is used. */
    private static final long REST_NS = 1_000_000_000;

    private static final long NS_PER_MS = 1_000_000;

    private final RemoteDisk disk;
    private final Paths paths;
    private final long failAfterNs;
    private final Loop loop;
    private final Timers.Timer timer;
    private long busySinceNs;
    private long awaySaidNs = Long.MIN_VALUE;
    private long awayUntilNs = Long.MIN_VALUE;

    Patience(RemoteDisk disk, Paths paths, RemoteDiskSettings settings, Loop loop) {
        this.disk = disk;
        this.paths = paths;
        this.loop = loop;
        failAfterNs = settings.failAfterNs();
        timer = loop.timers().timer(this::look);
    }

    /** Something waits for the disk from now on. @return whether nothing had for a while */
    boolean begins() {
        long nowNs = loop.nowNs();
        boolean rested = nowNs - busySinceNs >= REST_NS;
        busySinceNs = nowNs;
        if (failAfterNs != RemoteDiskSettings.NEVER) {
            timer.at(nowNs + failAfterNs);
        }
        return rested;
    }

    /** Nothing waits any more. */
    void rests() {
        timer.cancel();
        busySinceNs = loop.nowNs();
    }

    /** The target stops in order, and means to be back within that time. */
    void away(int withinMs) {
        long nowNs = loop.nowNs();
        if (awaySaidNs == Long.MIN_VALUE || paths.lastHeardNs() > awaySaidNs) {
            awaySaidNs = nowNs;
            awayUntilNs = nowNs + Math.min(withinMs, AwayHeader.WITHIN_MS_MAX) * NS_PER_MS;
        }
    }

    /** A way is proven again: what it said before is done. */
    void back() {
        awayUntilNs = Long.MIN_VALUE;
    }

    void stop() {
        timer.cancel();
    }

    private void look() {
        if (disk.isIdle()) {
            return;
        }
        long silentNs = Math.max(busySinceNs, paths.lastHeardNs()) + failAfterNs;
        long deadlineNs = Math.max(silentNs, awayUntilNs);
        if (loop.nowNs() < deadlineNs) {
            timer.at(deadlineNs);
        } else {
            disk.fellSilent();
        }
    }
}
