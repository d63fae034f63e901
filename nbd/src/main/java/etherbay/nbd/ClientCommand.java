// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of an Io on its way to a server and back: at most as long as the server takes. Owned by
 * the loop.
 */
final class ClientCommand {
    /** An Io with its parts. */
    static final class Job {
        final Io io;
        final long generation;

        /** When it is given up if no server answers. */
        final long deadlineNs;

        /** Acknowledged writes when a FLUSH was submitted: those that it has to cover. */
        final long writesBefore;

        /** Bytes of the Io that are in commands already. */
        long splitTo;

        int commandCount;
        IoStatus status = IoStatus.OK;

        Job(Io io, long generation, long deadlineNs, long writesBefore) {
            this.io = io;
            this.generation = generation;
            this.deadlineNs = deadlineNs;
            this.writesBefore = writesBefore;
        }

        boolean allSplit() {
            return splitTo >= io.bytes() && (io.bytes() > 0 || splitTo > 0);
        }

        /** A worse end counts: what may have happened is worse than what surely did not. */
        void ended(IoStatus how) {
            if (status.isOk() || how == IoStatus.UNKNOWN) {
                status = how;
            }
        }
    }

    final Job job;
    final long cookie;
    final int type;

    /** Where it begins in the range of the Io. */
    final long at;

    final long bytes;

    /** Bytes of a READ that have arrived. */
    long received;

    /** What the server said first that is no success. */
    IoStatus status = IoStatus.OK;

    private final List<ByteBuffer> unsent = new ArrayList<>();
    private boolean begun;

    ClientCommand(Job job, long cookie, int type, long at, long bytes) {
        this.job = job;
        this.cookie = cookie;
        this.type = type;
        this.at = at;
        this.bytes = bytes;
    }

    /** Makes the bytes to send, anew for each connection. */
    void encode(ByteBuffer zeroes) {
        Io io = job.io;
        long offset =
                io.operation() == IoOperation.FLUSH ? 0 : io.lba() * NbdClient.SECTOR_BYTES + at;
        unsent.clear();
        begun = false;
        received = 0;
        unsent.add(ByteBuffer.allocate(NbdWire.REQUEST_BYTES)
                .putInt(NbdWire.REQUEST_MAGIC)
                .putShort((short) (io.fua() ? NbdWire.CMD_FLAG_FUA : 0))
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt((int) bytes)
                .flip());
        if (type != NbdWire.CMD_WRITE) {
            return;
        }
        if (io.operation() == IoOperation.WRITE) {
            ClientMemory.slices(io, at, bytes, unsent);
        } else {
            unsent.add(zeroes.slice(0, (int) bytes));
        }
    }

    List<ByteBuffer> unsent() {
        return unsent;
    }

    /** Whether the socket has taken all of it. */
    boolean isSent() {
        for (int index = 0; index < unsent.size(); index++) {
            if (unsent.get(index).hasRemaining()) {
                return false;
            }
        }
        return true;
    }

    /** The socket has taken some of it. */
    void begun() {
        begun = true;
    }

    /** Whether the server may have seen it. */
    boolean isBegun() {
        return begun;
    }

    boolean isRead() {
        return type == NbdWire.CMD_READ;
    }

    boolean isFlush() {
        return type == NbdWire.CMD_FLUSH;
    }
}
