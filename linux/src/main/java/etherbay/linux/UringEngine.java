// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import org.jspecify.annotations.Nullable;

/**
 * Disk calls by io_uring: one io_uring_enter(2) for all that the disks of a loop started in a turn.
 * Owned by that loop.
 *
 * <p><b>Bounds.</b> When the submission entries are used up they are handed to the kernel at once,
 * and it goes on; what the kernel does not take (its memory is short, or it wants completions taken
 * first) waits in the order of arrival. The completion queue may be shorter than what is in flight:
 * the kernel then keeps completions and brings them when asked (NODROP).
 */
final class UringEngine implements DiskEngine {
    private static final long OPCODE_AT = Layouts.at(Layouts.IO_URING_SQE, "opcode");
    private static final long FD_AT = Layouts.at(Layouts.IO_URING_SQE, "fd");
    private static final long OFF_AT = Layouts.at(Layouts.IO_URING_SQE, "off");
    private static final long ADDR_AT = Layouts.at(Layouts.IO_URING_SQE, "addr");
    private static final long LEN_AT = Layouts.at(Layouts.IO_URING_SQE, "len");
    private static final long RW_FLAGS_AT = Layouts.at(Layouts.IO_URING_SQE, "rw_flags");
    private static final long USER_DATA_AT = Layouts.at(Layouts.IO_URING_SQE, "user_data");

    /**
     * Submission entries, 64 KiB: what one disk may have under way at most, and so more than a turn
     * usually starts. Each time that a turn starts as many, it costs one more system call.
     */
    static final int ENTRY_COUNT = Disk.QUEUE_DEPTH_MAX;

    /** Completion entries, 128 KiB: those beyond are kept by the kernel, at twice the work. */
    static final int COMPLETION_ENTRY_COUNT = 8 * ENTRY_COUNT;

    private final Uring ring;
    private final DiskSlots slots;
    private final DiskRequestQueue unplaced = new DiskRequestQueue();

    UringEngine(Uring ring, DiskSlots slots) {
        this.ring = ring;
        this.slots = slots;
    }

    @Override
    public Disk.Engine kind() {
        return Disk.Engine.URING;
    }

    @Override
    public void watch(LinuxIdler idler) {
        idler.watch(ring.fd());
    }

    @Override
    public void unwatch(LinuxIdler idler) {
        idler.unwatch(ring.fd());
    }

    @Override
    public void start(DiskRequest request) {
        if (!unplaced.isEmpty() || !place(request)) {
            unplaced.add(request);
        }
    }

    /** @return false when the ring is full and the kernel takes nothing now */
    private boolean place(DiskRequest request) {
        if (ring.isFull()) {
            ring.submit(0);
        }
        if (ring.isFull()) {
            return false;
        }
        encode(request);
        return true;
    }

    private void encode(DiskRequest request) {
        long sqe = ring.nextSqe();
        Memory.putInt(sqe + FD_AT, request.fd);
        Memory.putLong(sqe + USER_DATA_AT, request.index);
        switch (request.call) {
            case READ ->
                transfer(sqe, request, Constants.IORING_OP_READ, Constants.IORING_OP_READV);
            case WRITE ->
                transfer(sqe, request, Constants.IORING_OP_WRITE, Constants.IORING_OP_WRITEV);
            case SYNC -> {
                Memory.putByte(sqe + OPCODE_AT, (byte) Constants.IORING_OP_FSYNC);
                Memory.putInt(sqe + RW_FLAGS_AT, Constants.IORING_FSYNC_DATASYNC);
            }
            case ALLOCATE -> {
                // io_uring_enter(2): the length stands in addr, the mode in len.
                Memory.putByte(sqe + OPCODE_AT, (byte) Constants.IORING_OP_FALLOCATE);
                Memory.putLong(sqe + OFF_AT, request.offsetBytes);
                Memory.putLong(sqe + ADDR_AT, request.stepBytes);
                Memory.putInt(sqe + LEN_AT, request.flags);
            }
        }
    }

    private static void transfer(long sqe, DiskRequest request, int plain, int vectored) {
        boolean single = request.iovecCount == 1;
        Memory.putByte(sqe + OPCODE_AT, (byte) (single ? plain : vectored));
        Memory.putLong(sqe + OFF_AT, request.offsetBytes);
        Memory.putLong(sqe + ADDR_AT, single ? request.firstAddress() : request.iovecs);
        Memory.putInt(sqe + LEN_AT, single ? (int) request.stepBytes : request.iovecCount);
        Memory.putInt(sqe + RW_FLAGS_AT, request.flags);
    }

    @Override
    public void flush() {
        placeWaiting();
        if (ring.unsubmittedCount() > 0) {
            ring.submit(0);
        }
    }

    private void placeWaiting() {
        DiskRequest request = unplaced.peek();
        while (request != null && place(request)) {
            unplaced.poll();
            request = unplaced.peek();
        }
    }

    @Override
    public @Nullable DiskRequest completed() {
        if (!ring.hasCompletion()) {
            return null;
        }
        DiskRequest request = slots.at((int) ring.userData());
        request.result = ring.takeResult();
        return request;
    }

    @Override
    public boolean quiet() {
        return unplaced.isEmpty() && ring.unsubmittedCount() == 0 && !ring.hasCompletion();
    }

    @Override
    public void await() {
        placeWaiting();
        ring.submit(1);
    }

    @Override
    public void close() {
        ring.close();
    }
}
