// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Io;

import org.jspecify.annotations.Nullable;

/**
 * A slot for one {@link Io} under way on a {@link Disk}: the system call that its present step
 * makes, and how far it got. An Io may take several steps: after a short read or write, and when it
 * has more pieces than a call takes. One of the {@link DiskSlots} of a loop, lent to a disk from
 * the beginning of an Io to its end. Owned by the loop; by a thread of {@link ThreadEngine} between
 * start and completion.
 */
final class DiskRequest {
    /** Memory pieces of one call; an Io with more takes more calls. Keeps a slot at 1 KiB. */
    static final int IOVEC_COUNT_MAX = 64;

    /**
     * Bytes of one call: under the kernel's limit of 2 GiB less a page, and a multiple of a block.
     */
    static final long STEP_BYTES_MAX = 1L << 30;

    static final long IOVECS_BYTES = IOVEC_COUNT_MAX * Layouts.IOVEC.byteSize();

    private static final long IOVEC_BYTES = Layouts.IOVEC.byteSize();
    private static final long BASE_AT = Layouts.at(Layouts.IOVEC, "iov_base");
    private static final long LEN_AT = Layouts.at(Layouts.IOVEC, "iov_len");

    /** The kinds of system call. */
    enum Call {
        READ,
        WRITE,
        SYNC,
        ALLOCATE
    }

    final int index;

    /** Address of the iovec array. */
    final long iovecs;

    Call call = Call.SYNC;
    int iovecCount;

    /** RWF_ flags of a write, mode of a fallocate. */
    int flags;

    long offsetBytes;
    long stepBytes;

    /** What the call returned, or {@code -errno}. */
    long result;

    @Nullable
    Io io;

    private @Nullable DiskSteps disk;

    /** The file that the call is made on. */
    int fd;

    /** The next one in a {@link DiskRequestQueue}. */
    @Nullable
    DiskRequest next;

    boolean queued;

    long generation;
    long doneBytes;
    int retryCount;

    /** Address of the bounce buffer in use, 0 for none. */
    long bounce;

    /** A FUA write that met a full disk is made once more without the sync, to see what failed. */
    boolean withoutSync;

    DiskRequest(int index, long iovecs) {
        this.index = index;
        this.iovecs = iovecs;
    }

    void begin(DiskSteps itsDisk, int itsFd, Io request, long itsGeneration) {
        disk = itsDisk;
        fd = itsFd;
        io = request;
        generation = itsGeneration;
        doneBytes = 0;
        retryCount = 0;
        bounce = 0;
        withoutSync = false;
    }

    /** The Io is out: the slot keeps neither it nor its disk alive. */
    void end() {
        io = null;
        disk = null;
    }

    /** Whose Io this is. */
    DiskSteps disk() {
        DiskSteps present = disk;
        if (present == null) {
            throw new AssertionError("a free slot is no disk's");
        }
        return present;
    }

    /** The Io in this slot. */
    Io io() {
        Io present = io;
        if (present == null) {
            throw new AssertionError("a free slot has no Io");
        }
        return present;
    }

    /** The next call reads or writes the Io's own memory from {@link #doneBytes} on. */
    void transfer(Call direction, int rwFlags) {
        Io request = io();
        prepare(direction, rwFlags);
        long skipBytes = doneBytes;
        int segment = 0;
        while (segment < request.segmentCount() && skipBytes >= request.segmentBytes(segment)) {
            skipBytes -= request.segmentBytes(segment++);
        }
        while (segment < request.segmentCount()
                && iovecCount < IOVEC_COUNT_MAX
                && stepBytes < STEP_BYTES_MAX) {
            long bytes =
                    Math.min(request.segmentBytes(segment) - skipBytes, STEP_BYTES_MAX - stepBytes);
            piece(address(request, segment) + skipBytes, bytes);
            skipBytes = 0;
            segment++;
        }
    }

    /**
     * The next call reads or writes {@code bytes} at {@code address} in place of the Io's memory.
     */
    void transferElsewhere(Call direction, int rwFlags, long address, long bytes) {
        prepare(direction, rwFlags);
        piece(address, bytes);
    }

    /** The next call is fdatasync(2). */
    void sync() {
        prepare(Call.SYNC, 0);
    }

    /** The next call is fallocate(2) on the whole range. */
    void allocate(int mode) {
        prepare(Call.ALLOCATE, mode);
        stepBytes = io().bytes();
    }

    private void prepare(Call kind, int itsFlags) {
        Io request = io();
        call = kind;
        flags = itsFlags;
        offsetBytes = request.lba() * BlockDevice.SECTOR_BYTES + doneBytes;
        stepBytes = 0;
        iovecCount = 0;
    }

    private void piece(long address, long bytes) {
        long iovec = iovecs + iovecCount++ * IOVEC_BYTES;
        Memory.putLong(iovec + BASE_AT, address);
        Memory.putLong(iovec + LEN_AT, bytes);
        stepBytes += bytes;
    }

    /** Address of the first piece. */
    long firstAddress() {
        return Memory.getLong(iovecs + BASE_AT);
    }

    /**
     * Copies {@code bytes} between the bounce buffer and the Io's memory from {@link #doneBytes}
     * on.
     */
    void copyBounce(long bytes, boolean intoIo) {
        Io request = io();
        long skipBytes = doneBytes;
        long copiedBytes = 0;
        for (int segment = 0; copiedBytes < bytes; segment++) {
            long pieceBytes = request.segmentBytes(segment) - skipBytes;
            if (pieceBytes <= 0) {
                skipBytes -= request.segmentBytes(segment);
                continue;
            }
            pieceBytes = Math.min(pieceBytes, bytes - copiedBytes);
            long theirs = address(request, segment) + skipBytes;
            long ours = bounce + copiedBytes;
            Memory.copy(intoIo ? ours : theirs, intoIo ? theirs : ours, pieceBytes);
            copiedBytes += pieceBytes;
            skipBytes = 0;
        }
    }

    /** Whether a piece of {@code io} begins or ends at an odd place for direct I/O. */
    static boolean isOdd(Io io, int addressAlignBytes, int lengthAlignBytes) {
        long odd = 0;
        for (int segment = 0; segment < io.segmentCount(); segment++) {
            odd |= address(io, segment) & (addressAlignBytes - 1L);
            odd |= io.segmentBytes(segment) & (lengthAlignBytes - 1L);
        }
        return odd != 0;
    }

    /** Whether the pieces are native memory and add up to the range, as the caller promised. */
    static void checkSegments(Io io) {
        long bytes = 0;
        for (int segment = 0; segment < io.segmentCount(); segment++) {
            Check.that(io.segmentMemory(segment).isNative(), "the memory of an Io is native");
            bytes += io.segmentBytes(segment);
        }
        Check.that(bytes == io.bytes(), "the pieces of an Io add up to its range");
    }

    private static long address(Io io, int segment) {
        return io.segmentMemory(segment).address() + io.segmentAt(segment);
    }
}
