// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * One block request: a slot made once and used again and again. Owned by one loop.
 *
 * <p>Life: the caller prepares it ({@link #prepare}, {@link #segment}, {@link #fua}, {@link
 * #deadlineNs}), names a continuation ({@link #then}) and submits it; from then on until the
 * continuation runs it belongs to the device. The continuation runs exactly once, on the loop that
 * submitted, and may prepare and submit the slot again.
 *
 * <p>A decorator that passes the slot on puts itself before the continuation with {@link #then},
 * and in its own {@link Completion#completed} undoes what it changed and calls {@link #complete}
 * again, which reaches whoever named a continuation before it. So a stack of devices needs no slots
 * of its own.
 *
 * <p>Whoever holds the slot may queue it in an {@link IoQueue}, and use {@link #holderWord}.
 */
public final class Io {
    /** What runs when an Io is finished. */
    @FunctionalInterface
    public interface Completion {
        /** {@code io.status()} says how it ended; the slot belongs to the callee again. */
        void completed(Io io);
    }

    /** Decorators between a caller and a device at most. */
    public static final int COMPLETION_DEPTH_MAX = 12;

    /** Most memory pieces of one request: enough for 1 MiB in pages. */
    public static final int SEGMENT_COUNT_MAX = 256;

    private final MemorySegment[] segmentMemory;
    private final long[] segmentAt;
    private final int[] segmentBytes;
    private final @Nullable Completion[] completions = new Completion[COMPLETION_DEPTH_MAX];
    private final long[] words = new long[COMPLETION_DEPTH_MAX];
    private int completionCount;

    private IoOperation operation = IoOperation.READ;
    private long lba;
    private long sectors;
    private int segmentCount;
    private boolean fua;
    private long deadlineNs;
    private IoStatus status = IoStatus.OK;
    private @Nullable Object context;
    private long holderWord;

    @Nullable
    Io next;

    boolean queued;

    /** A slot for requests of up to {@code segmentCountMax} memory pieces. */
    public Io(int segmentCountMax) {
        Check.that(
                segmentCountMax > 0 && segmentCountMax <= SEGMENT_COUNT_MAX,
                "segments of an Io: 1 to SEGMENT_COUNT_MAX");
        segmentMemory = new MemorySegment[segmentCountMax];
        segmentAt = new long[segmentCountMax];
        segmentBytes = new int[segmentCountMax];
    }

    /**
     * Makes the slot a new request without segments, FUA, deadline or continuation.
     *
     * @param sectors 512-byte sectors; 0 for FLUSH only
     */
    public Io prepare(IoOperation operation, long lba, long sectors) {
        Check.that(completionCount == 0, "an Io in flight is not prepared again");
        this.operation = operation;
        this.lba = lba;
        this.sectors = sectors;
        segmentCount = 0;
        fua = false;
        deadlineNs = Long.MAX_VALUE;
        status = IoStatus.OK;
        return this;
    }

    /**
     * Adds a piece of memory that READ fills and WRITE sends, in the order of the addresses on the
     * disk. The pieces add up to {@code sectors * 512} bytes. The memory is native and stays valid
     * and untouched until completion. Direct I/O wants addresses and lengths at multiples of the
     * device's logical block; a device that cannot use an odd piece copies it.
     */
    public Io segment(MemorySegment memory, long at, int bytes) {
        Check.that(segmentCount < segmentBytes.length, "an Io has room for its segments");
        segmentMemory[segmentCount] = memory;
        segmentAt[segmentCount] = at;
        segmentBytes[segmentCount] = bytes;
        segmentCount++;
        return this;
    }

    /** Asks that this write itself is durable before it completes. */
    public Io fua(boolean wanted) {
        fua = wanted;
        return this;
    }

    /**
     * When the caller has no more use for it; a device may then complete it with UNKNOWN or
     * OFFLINE.
     */
    public Io deadlineNs(long atNs) {
        deadlineNs = atNs;
        return this;
    }

    /** Puts {@code completion} before those named so far: the last one named runs first. */
    public Io then(Completion completion) {
        return then(completion, 0);
    }

    /** The same, with a word of the callee's own that {@link #word} gives back when it runs. */
    public Io then(Completion completion, long word) {
        Check.that(completionCount < COMPLETION_DEPTH_MAX, "decorators on an Io are bounded");
        words[completionCount] = word;
        completions[completionCount++] = completion;
        return this;
    }

    /** In a continuation: the word that was given with it; valid until the next {@link #then}. */
    public long word() {
        return words[completionCount];
    }

    /** Ends the request, or a decorator's part in it: runs the last continuation named. */
    public void complete(IoStatus outcome) {
        Check.that(completionCount > 0, "an Io completes exactly once");
        Check.that(!queued, "a queued Io does not complete");
        status = outcome;
        Completion top = completions[--completionCount];
        completions[completionCount] = null;
        if (top != null) {
            top.completed(this);
        }
    }

    /** Moves the range, for decorators; moved back before the decorator completes the Io. */
    public void lba(long sector) {
        lba = sector;
    }

    public IoOperation operation() {
        return operation;
    }

    /** First 512-byte sector. */
    public long lba() {
        return lba;
    }

    /** 512-byte sectors. */
    public long sectors() {
        return sectors;
    }

    /** Bytes of the range. */
    public long bytes() {
        return sectors * BlockDevice.SECTOR_BYTES;
    }

    public int segmentCount() {
        return segmentCount;
    }

    public MemorySegment segmentMemory(int index) {
        return segmentMemory[index];
    }

    /** Offset of the piece in its memory. */
    public long segmentAt(int index) {
        return segmentAt[index];
    }

    public int segmentBytes(int index) {
        return segmentBytes[index];
    }

    /** Copies {@code bytes} of the range, from {@code rangeAt} on, out of its memory. */
    public void copyTo(long rangeAt, MemorySegment to, long toAt, long bytes) {
        copy(rangeAt, to, toAt, bytes, false);
    }

    /** Copies {@code bytes} into the memory of the range, from {@code rangeAt} on. */
    public void copyFrom(long rangeAt, MemorySegment from, long fromAt, long bytes) {
        copy(rangeAt, from, fromAt, bytes, true);
    }

    private void copy(long rangeAt, MemorySegment other, long otherAt, long bytes, boolean inward) {
        long skipBytes = rangeAt;
        long doneBytes = 0;
        for (int index = 0; doneBytes < bytes; index++) {
            long pieceBytes = segmentBytes[index];
            if (skipBytes >= pieceBytes) {
                skipBytes -= pieceBytes;
                continue;
            }
            long count = Math.min(pieceBytes - skipBytes, bytes - doneBytes);
            long at = segmentAt[index] + skipBytes;
            if (inward) {
                MemorySegment.copy(other, otherAt + doneBytes, segmentMemory[index], at, count);
            } else {
                MemorySegment.copy(segmentMemory[index], at, other, otherAt + doneBytes, count);
            }
            doneBytes += count;
            skipBytes = 0;
        }
    }

    public boolean fua() {
        return fua;
    }

    public long deadlineNs() {
        return deadlineNs;
    }

    public IoStatus status() {
        return status;
    }

    /** Whether a continuation is still to run. */
    public boolean inFlight() {
        return completionCount > 0;
    }

    /** What the caller hung on the slot, so that one continuation can serve all its slots. */
    public @Nullable Object context() {
        return context;
    }

    public Io context(@Nullable Object attachment) {
        context = attachment;
        return this;
    }

    /**
     * A word for whoever holds the slot right now (a slot index, a time); nobody keeps it for you.
     */
    public long holderWord() {
        return holderWord;
    }

    public void holderWord(long word) {
        holderWord = word;
    }

    /** Whether the 512-byte sectors of two requests meet. A FLUSH meets nothing. */
    public boolean overlaps(Io other) {
        return lba < other.lba + other.sectors && other.lba < lba + sectors;
    }

    @Override
    public String toString() {
        return operation + " lba " + lba + " sectors " + sectors + (fua ? " fua " : " ") + status;
    }
}
