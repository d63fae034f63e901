// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;

/**
 * An io_uring: the two queues that we share with the kernel, and the words that say who owns which
 * entry. Used by one thread at a time, but not by one for ever: what was set up, and tried, by one
 * thread may pass to the thread of the loop. So the ring is neither SINGLE_ISSUER nor
 * DEFER_TASKRUN, which would tie it to the first; measured, they gain nothing over COOP_TASKRUN.
 *
 * <p>Memory: the mappings live until {@link #close}; every offset comes from the kernel's own
 * answer to io_uring_setup(2), io_uring.h.
 */
final class Uring {
    /** Tried in turn: cooperative completion is of Linux 5.19, SUBMIT_ALL of 5.18. */
    private static final int[] SETUP_FLAGS = {
        Constants.IORING_SETUP_CLAMP
                | Constants.IORING_SETUP_SUBMIT_ALL
                | Constants.IORING_SETUP_COOP_TASKRUN
                | Constants.IORING_SETUP_TASKRUN_FLAG,
        Constants.IORING_SETUP_CLAMP | Constants.IORING_SETUP_SUBMIT_ALL,
        Constants.IORING_SETUP_CLAMP, // of 5.6, as CQSIZE of 5.5
    };

    /** Linux 5.6: the operations we use, both rings in one mapping, no completion lost. */
    private static final int FEATURES_NEEDED = Constants.IORING_FEAT_SINGLE_MMAP
            | Constants.IORING_FEAT_NODROP
            | Constants.IORING_FEAT_RW_CUR_POS;

    private static final long PARAMS_BYTES = Layouts.IO_URING_PARAMS.byteSize();
    private static final long SQE_BYTES = Layouts.IO_URING_SQE.byteSize();
    private static final long CQE_BYTES = Layouts.IO_URING_CQE.byteSize();
    private static final long RES_AT = Layouts.at(Layouts.IO_URING_CQE, "res");
    private static final int FLAGS_ASK =
            Constants.IORING_SQ_CQ_OVERFLOW | Constants.IORING_SQ_TASKRUN;

    private final int fd;
    private final int entryCount;
    private final long ring;
    private final long ringBytes;
    private final long sqes;
    private final long sqHead;
    private final long sqTail;
    private final long sqFlags;
    private final int sqMask;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;
    private final int cqMask;
    private int tail;
    private int head;
    private int unsubmittedCount;

    private Uring(int fd, long params, long ring, long ringBytes, long sqes) {
        this.fd = fd;
        this.ring = ring;
        this.ringBytes = ringBytes;
        this.sqes = sqes;
        entryCount = param(params, "sq_entries");
        sqHead = ring + param(params, "sq_off", "head");
        sqTail = ring + param(params, "sq_off", "tail");
        sqFlags = ring + param(params, "sq_off", "flags");
        sqMask = Memory.getInt(ring + param(params, "sq_off", "ring_mask"));
        cqHead = ring + param(params, "cq_off", "head");
        cqTail = ring + param(params, "cq_off", "tail");
        cqMask = Memory.getInt(ring + param(params, "cq_off", "ring_mask"));
        cqes = ring + param(params, "cq_off", "cqes");
        // Entry i of the index array names submission i, once and for all.
        long array = ring + param(params, "sq_off", "array");
        for (int index = 0; index < entryCount; index++) {
            Memory.putInt(array + (long) index * Integer.BYTES, index);
        }
        tail = Memory.getInt(sqTail);
        head = Memory.getInt(cqHead);
    }

    /**
     * A ring, or none and why.
     *
     * @param errno with which the kernel refused; 0 with a ring
     */
    record Opened(@Nullable Uring ring, int errno) {}

    /** A ring of that many submission and completion entries, or why there is none. */
    static Opened open(int entryCount, int completionEntryCount) {
        try (Arena arena = Arena.ofConfined()) {
            long params = arena.allocate(Layouts.IO_URING_PARAMS).address();
            int fd = -Errno.EINVAL;
            for (int index = 0; index < SETUP_FLAGS.length && fd == -Errno.EINVAL; index++) {
                Memory.zero(params, PARAMS_BYTES);
                Memory.putInt(
                        params + Layouts.at(Layouts.IO_URING_PARAMS, "flags"),
                        SETUP_FLAGS[index] | Constants.IORING_SETUP_CQSIZE);
                Memory.putInt(
                        params + Layouts.at(Layouts.IO_URING_PARAMS, "cq_entries"),
                        completionEntryCount);
                fd = Libc.ioUringSetup(entryCount, params);
            }
            if (fd < 0) {
                return new Opened(null, -fd);
            }
            if ((param(params, "features") & FEATURES_NEEDED) != FEATURES_NEEDED) {
                Libc.close(fd);
                return new Opened(null, Errno.ENOSYS);
            }
            return map(fd, params);
        }
    }

    private static Opened map(int fd, long params) {
        long sqBytes = param(params, "sq_off", "array")
                + (long) param(params, "sq_entries") * Integer.BYTES;
        long cqBytes = param(params, "cq_off", "cqes") + param(params, "cq_entries") * CQE_BYTES;
        long ringBytes = Math.max(sqBytes, cqBytes);
        long ring = mapping(fd, ringBytes, Constants.IORING_OFF_SQ_RING);
        if (isErrno(ring)) {
            Libc.close(fd);
            return new Opened(null, (int) -ring);
        }
        long sqes = mapping(fd, param(params, "sq_entries") * SQE_BYTES, Constants.IORING_OFF_SQES);
        if (isErrno(sqes)) {
            Libc.munmap(ring, ringBytes);
            Libc.close(fd);
            return new Opened(null, (int) -sqes);
        }
        return new Opened(new Uring(fd, params, ring, ringBytes, sqes), 0);
    }

    private static long mapping(int fd, long bytes, long offsetBytes) {
        return Libc.mmap(
                0,
                bytes,
                Constants.PROT_READ | Constants.PROT_WRITE,
                Constants.MAP_SHARED | Constants.MAP_POPULATE,
                fd,
                offsetBytes);
    }

    private static boolean isErrno(long address) {
        return address < 0 && address > -4096;
    }

    private static int param(long params, String... path) {
        return Memory.getInt(params + Layouts.at(Layouts.IO_URING_PARAMS, path));
    }

    /** Becomes readable when completions are there. */
    int fd() {
        return fd;
    }

    /** Whether every submission entry waits for the kernel to take it. */
    boolean isFull() {
        return tail - Memory.getIntAcquire(sqHead) >= entryCount;
    }

    /**
     * The address of a zeroed submission entry, published by {@link #submit}; only when not {@link
     * #isFull}.
     */
    long nextSqe() {
        Check.that(!isFull(), "an entry is asked for when there is one");
        long sqe = sqes + (tail & sqMask) * SQE_BYTES;
        for (long at = 0; at < SQE_BYTES; at += Long.BYTES) {
            Memory.putLong(sqe + at, 0);
        }
        tail++;
        unsubmittedCount++;
        return sqe;
    }

    int unsubmittedCount() {
        return unsubmittedCount;
    }

    /**
     * Hands over what {@link #nextSqe} gave out, and waits for {@code completeCountMin}
     * completions. The kernel may take less, or nothing when memory is short; the rest stays for
     * the next call.
     */
    void submit(int completeCountMin) {
        Memory.putIntRelease(sqTail, tail);
        int flags = completeCountMin > 0 ? Constants.IORING_ENTER_GETEVENTS : 0;
        int taken = QuietLibc.ioUringEnter(fd, unsubmittedCount, completeCountMin, flags);
        if (taken > 0) {
            unsubmittedCount -= taken;
        }
    }

    /** Whether a completion is there; has the kernel bring what it holds back. */
    boolean hasCompletion() {
        if (Memory.getIntAcquire(cqTail) != head) {
            return true;
        }
        if ((Memory.getIntAcquire(sqFlags) & FLAGS_ASK) == 0) {
            return false;
        }
        QuietLibc.ioUringEnter(fd, 0, 0, Constants.IORING_ENTER_GETEVENTS);
        return Memory.getIntAcquire(cqTail) != head;
    }

    /** The user data of the oldest completion. */
    long userData() {
        return Memory.getLong(cqes + (head & cqMask) * CQE_BYTES);
    }

    /** The result of the oldest completion, which is thereby taken out. */
    int takeResult() {
        int result = Memory.getInt(cqes + (head & cqMask) * CQE_BYTES + RES_AT);
        head++;
        Memory.putIntRelease(cqHead, head);
        return result;
    }

    /** Nothing is in flight. */
    void close() {
        Libc.munmap(sqes, entryCount * SQE_BYTES);
        Libc.munmap(ring, ringBytes);
        Libc.close(fd);
    }
}
