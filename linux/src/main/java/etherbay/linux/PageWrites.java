// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Clock;

/**
 * Writes to the page cache that the loop makes at once, because they are a copy and no more: of
 * whole pages, or into pages that are there. Given to io_uring they would go to a worker of its
 * own, one by one, since file systems do not take buffered writes without waiting; that is twice
 * the work (decision 0019).
 *
 * <p>A write may wait all the same: when too much is dirty, or for a transaction of the file
 * system. The loop stands still for as long. One that took more than {@link #PATIENCE_NS} therefore
 * is the last for a second, and for twice as long each time that it happens again soon. Owned by
 * the loop.
 */
final class PageWrites {
    /** A copy takes a few microseconds; on a busy machine the kernel may take the core away. */
    private static final long PATIENCE_NS = 2_000_000;

    private static final long PAUSE_NS_FIRST = 1_000_000_000;
    private static final long PAUSE_NS_MAX = 64 * PAUSE_NS_FIRST;

    /** What a frame carries, and some more: a long copy keeps others waiting, too. */
    private static final long BYTES_MAX = 64 * 1024;

    private static final long PAGE_BYTES = Libc.getpagesize();

    private final CachedPages cached;
    private final Clock clock;
    private final boolean buffered;
    private long pauseNs = PAUSE_NS_FIRST;
    private long pausedAtNs;
    private boolean paused;

    /**
     * @param cached what is cached of the file
     * @param buffered whether the file is open through the page cache, to be written
     */
    PageWrites(CachedPages cached, boolean buffered, Clock clock) {
        this.cached = cached;
        this.buffered = buffered;
        this.clock = clock;
    }

    /**
     * Makes the call of a request if it is one of those.
     *
     * @return whether it was made, and all of it: otherwise it is to be started as any other
     */
    boolean made(DiskRequest request) {
        boolean copies = buffered
                && request.call == DiskRequest.Call.WRITE
                && request.flags == 0
                && request.stepBytes <= BYTES_MAX
                && isCopy(request.offsetBytes, request.stepBytes);
        if (!copies) {
            return false;
        }
        long beganNs = clock.nanoTime();
        if (paused && beganNs - pausedAtNs < pauseNs) {
            return false;
        }
        long written = QuietLibc.pwritev2(
                request.fd, request.iovecs, request.iovecCount, request.offsetBytes, 0);
        pauseIfSlow(beganNs);
        if (written != request.stepBytes) {
            return false; // by the usual way it is made again, and says why
        }
        request.result = written;
        return true;
    }

    private boolean isCopy(long offsetBytes, long bytes) {
        return ((offsetBytes | bytes) & (PAGE_BYTES - 1)) == 0 || cached.holds(offsetBytes, bytes);
    }

    private void pauseIfSlow(long beganNs) {
        long endedNs = clock.nanoTime();
        if (endedNs - beganNs <= PATIENCE_NS) {
            return;
        }
        boolean soon = paused && endedNs - pausedAtNs < 2 * pauseNs;
        pauseNs = soon ? Math.min(2 * pauseNs, PAUSE_NS_MAX) : PAUSE_NS_FIRST;
        pausedAtNs = endedNs;
        paused = true;
    }
}
