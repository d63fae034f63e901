// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Loop;

/**
 * Writes of a disk that its loop makes itself, into the page cache, at the moment it is asked:
 * pwrite(2) copies them and is done, while io_uring gives a buffered write of most file systems to
 * a thread, which costs more than the write. They end in a later step, as all requests do. Owned by
 * the loop.
 *
 * <p>Whether such a write would wait cannot be asked. So this takes what should not ({@link
 * CachedPages#takesWrite}), looks how long it took, and leaves the rest to the engine: what comes
 * late in a turn; everything, where the loop has disks of another medium, whose users would wait
 * for this one; for some time everything, after one that took long, as they do where more is
 * written than the medium takes and the kernel slows down who writes; and one that failed, whose
 * error the engine then meets and reports.
 */
final class PromptWrites {
    /** More than any frame carries; what is longer is worth a thread of the kernel's. */
    static final long BYTES_MAX = 64 * 1024;

    /** A turn that has lasted so long makes no more of them: the ports want theirs. */
    static final long TURN_NS = 1_000_000;

    /** What takes longer waited for the medium: it is more than a busy core keeps a loop away. */
    static final long SLOW_NS = 4_000_000;

    /**
     * After a slow one none is made for so many times what it took: a sixteenth of time is lost.
     */
    static final int REST_FACTOR = 16;

    /** The longest rest: a process that was stopped for a day took no day to write. */
    static final long REST_NS_MAX = 600_000_000_000L;

    private final LoopDisks disks;
    private final Loop loop;
    private final DiskRequestQueue ended;
    private CachedPages cached;
    private boolean resting;
    private long restUntilNs;

    /**
     * @param disks of the loop
     * @param ended where the loop finds requests whose call has ended
     */
    PromptWrites(LoopDisks disks, DiskRequestQueue ended, CachedPages cached) {
        this.disks = disks;
        loop = disks.loop();
        this.ended = ended;
        this.cached = cached;
    }

    /** Another mapping of the file has taken the place of the former one. */
    void cached(CachedPages now) {
        cached = now;
    }

    /**
     * Makes the call of {@code request} if it is one of these.
     *
     * @return false when it is the engine's
     */
    boolean make(DiskRequest request) {
        if (request.call != DiskRequest.Call.WRITE
                || request.flags != 0
                || request.iovecCount != 1
                || request.stepBytes > BYTES_MAX
                || !disks.isOneMedium()
                || !cached.takesWrite(request.offsetBytes, request.stepBytes)) {
            return false;
        }
        long beforeNs = loop.clock().nanoTime();
        if (beforeNs - loop.nowNs() > TURN_NS || rests(beforeNs)) {
            return false;
        }
        long written = QuietLibc.pwrite(
                request.fd, request.firstAddress(), request.stepBytes, request.offsetBytes);
        took(beforeNs, loop.clock().nanoTime());
        if (written <= 0) {
            return false;
        }
        request.result = written;
        ended.add(request);
        return true;
    }

    /** Whether the disk is left alone now. */
    boolean rests(long nowNs) {
        resting &= nowNs - restUntilNs < 0;
        return resting;
    }

    /** A write began and ended. */
    void took(long beforeNs, long afterNs) {
        long tookNs = afterNs - beforeNs;
        if (tookNs > SLOW_NS) {
            resting = true;
            restUntilNs = afterNs + Math.min(tookNs * REST_FACTOR, REST_NS_MAX);
        }
    }
}
