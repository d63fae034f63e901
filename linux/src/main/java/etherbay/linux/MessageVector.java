// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Frame;

import java.lang.foreign.Arena;

/**
 * Memory for a few messages of recvmmsg(2) or sendmmsg(2), received ones in one piece, with room
 * for a time stamp of the kernel. Set up once; per use only what changes is written.
 */
final class MessageVector {
    private static final int CONTROL_BYTES = 64;

    /** What lies in the slot of a frame, and its tail. */
    private static final long PIECE_COUNT = 2;

    private static final long MMSGHDR_BYTES = Layouts.MMSGHDR.byteSize();
    private static final long IOVEC_BYTES = Layouts.IOVEC.byteSize();
    private static final long IOV_AT = Layouts.at(Layouts.MMSGHDR, "msg_hdr", "msg_iov");
    private static final long IOVLEN_AT = Layouts.at(Layouts.MMSGHDR, "msg_hdr", "msg_iovlen");
    private static final long CONTROL_AT = Layouts.at(Layouts.MMSGHDR, "msg_hdr", "msg_control");
    private static final long CONTROLLEN_AT =
            Layouts.at(Layouts.MMSGHDR, "msg_hdr", "msg_controllen");
    private static final long FLAGS_AT = Layouts.at(Layouts.MMSGHDR, "msg_hdr", "msg_flags");
    private static final long LEN_AT = Layouts.at(Layouts.MMSGHDR, "msg_len");
    private static final long BASE_AT = Layouts.at(Layouts.IOVEC, "iov_base");
    private static final long IOV_LEN_AT = Layouts.at(Layouts.IOVEC, "iov_len");
    private static final long CMSG_BYTES = Layouts.CMSGHDR.byteSize();
    private static final long CMSG_LEVEL_AT = Layouts.at(Layouts.CMSGHDR, "cmsg_level");
    private static final long CMSG_TYPE_AT = Layouts.at(Layouts.CMSGHDR, "cmsg_type");

    private final long messages;
    private final long iovecs;
    private final long controls;

    MessageVector(Arena arena, int messageCount) {
        messages = arena.allocate(MMSGHDR_BYTES * messageCount, Long.BYTES).address();
        iovecs = arena.allocate(PIECE_COUNT * IOVEC_BYTES * messageCount, Long.BYTES)
                .address();
        controls =
                arena.allocate((long) CONTROL_BYTES * messageCount, Long.BYTES).address();
        for (int index = 0; index < messageCount; index++) {
            Memory.putLong(message(index) + IOV_AT, iovec(index));
            Memory.putLong(message(index) + IOVLEN_AT, 1);
        }
    }

    long address() {
        return messages;
    }

    /** Message {@code index} is {@code bytes} at {@code address}. */
    void put(int index, long address, long bytes) {
        long iovec = iovec(index);
        Memory.putLong(iovec + BASE_AT, address);
        Memory.putLong(iovec + IOV_LEN_AT, bytes);
    }

    /** Message {@code index} is that frame, with its tail where it has one. */
    void put(int index, Frame frame) {
        int tailBytes = frame.tailBytes();
        put(index, frame.memory().address() + frame.at(), frame.bytes() - tailBytes);
        Memory.putLong(message(index) + IOVLEN_AT, tailBytes == 0 ? 1 : PIECE_COUNT);
        if (tailBytes != 0) {
            long iovec = iovec(index) + IOVEC_BYTES;
            Memory.putLong(iovec + BASE_AT, frame.tailAddress());
            Memory.putLong(iovec + IOV_LEN_AT, tailBytes);
        }
    }

    private long iovec(int index) {
        return iovecs + index * PIECE_COUNT * IOVEC_BYTES;
    }

    /** Message {@code index} is to be received with its time stamp. */
    void expectStamp(int index) {
        long message = message(index);
        Memory.putLong(message + CONTROL_AT, controls + (long) index * CONTROL_BYTES);
        Memory.putLong(message + CONTROLLEN_AT, CONTROL_BYTES);
        Memory.putInt(message + FLAGS_AT, 0);
    }

    /** Bytes of a received message that fitted. */
    int bytes(int index) {
        return Memory.getInt(message(index) + LEN_AT);
    }

    /** Whether a received message was longer than its memory. */
    boolean truncated(int index) {
        return (Memory.getInt(message(index) + FLAGS_AT) & Constants.MSG_TRUNC) != 0;
    }

    /** Address of the timespec at which the kernel received the message; 0 when it said none. */
    long stamp(int index) {
        long control = controls + (long) index * CONTROL_BYTES;
        boolean there = Memory.getLong(message(index) + CONTROLLEN_AT) >= CMSG_BYTES
                && Memory.getInt(control + CMSG_LEVEL_AT) == Constants.SOL_SOCKET
                && Memory.getInt(control + CMSG_TYPE_AT) == Constants.SO_TIMESTAMPNS;
        return there ? control + CMSG_BYTES : 0;
    }

    private long message(int index) {
        return messages + index * MMSGHDR_BYTES;
    }
}
