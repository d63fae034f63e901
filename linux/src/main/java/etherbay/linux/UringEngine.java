// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import org.jspecify.annotations.Nullable;

/** Disk calls by io_uring: one io_uring_enter(2) for all that a turn started. Owned by one loop. */
final class UringEngine implements DiskEngine {
    private static final long OPCODE_AT = Layouts.at(Layouts.IO_URING_SQE, "opcode");
    private static final long FD_AT = Layouts.at(Layouts.IO_URING_SQE, "fd");
    private static final long OFF_AT = Layouts.at(Layouts.IO_URING_SQE, "off");
    private static final long ADDR_AT = Layouts.at(Layouts.IO_URING_SQE, "addr");
    private static final long LEN_AT = Layouts.at(Layouts.IO_URING_SQE, "len");
    private static final long RW_FLAGS_AT = Layouts.at(Layouts.IO_URING_SQE, "rw_flags");
    private static final long USER_DATA_AT = Layouts.at(Layouts.IO_URING_SQE, "user_data");

    private final Uring ring;
    private final LinuxIdler idler;
    private final int diskFd;
    private final DiskRequest[] slots;

    UringEngine(Uring ring, LinuxIdler idler, int diskFd, DiskRequest[] slots) {
        this.ring = ring;
        this.idler = idler;
        this.diskFd = diskFd;
        this.slots = slots;
        idler.watch(ring.fd());
    }

    @Override
    public void start(DiskRequest request) {
        long sqe = ring.nextSqe();
        Memory.putInt(sqe + FD_AT, diskFd);
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
        if (ring.unsubmittedCount() > 0) {
            ring.submit(0);
        }
    }

    @Override
    public @Nullable DiskRequest completed() {
        if (!ring.hasCompletion()) {
            return null;
        }
        DiskRequest request = slots[(int) ring.userData()];
        request.result = ring.takeResult();
        return request;
    }

    @Override
    public boolean quiet() {
        return ring.unsubmittedCount() == 0 && !ring.hasCompletion();
    }

    @Override
    public void await() {
        ring.submit(1);
    }

    @Override
    public void close() {
        idler.unwatch(ring.fd());
        ring.close();
    }
}
