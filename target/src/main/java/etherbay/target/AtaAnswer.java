// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.Payload;
import etherbay.base.Frame;
import etherbay.base.IoStatus;

import java.lang.foreign.MemorySegment;

/**
 * The registers of ATA answers, and the only place where an {@link IoStatus} becomes ATA.
 *
 * <p>A failed I/O is ATA status, never the error flag of AoE: the Linux driver takes that flag for
 * a lost answer and repeats the request for 180 s. Status is DRDY, with ERR when the error register
 * means something: the Linux driver looks at BSY, DF, DRQ and ERR, iPXE at ERR alone.
 */
final class AtaAnswer {
    static final int NO_ERROR = 0;

    private AtaAnswer() {}

    /** The error register for a request that ended so; {@link #NO_ERROR} when it succeeded. */
    static int errorOf(IoStatus status, boolean read) {
        return switch (status) {
            case OK -> NO_ERROR;
            case RANGE -> AtaHeader.ERROR_IDNF;
            // Uncorrectable data is an error of reads (ACS-2 6.3.9); a write can only be aborted.
            case FAILED -> read ? AtaHeader.ERROR_UNC : AtaHeader.ERROR_ABRT;
            case UNKNOWN, FENCED, READ_ONLY, UNSUPPORTED, NO_SPACE, OFFLINE -> AtaHeader.ERROR_ABRT;
        };
    }

    /** Answers with data: {@code sectorCount} sectors of it lie behind the registers already. */
    static void sendData(Frame frame, Replies replies, int sectorCount) {
        registers(frame, replies, NO_ERROR, 0);
        replies.send(frame, Payload.frameBytes(sectorCount));
    }

    /** Answers with {@code sectorCount} sectors of data at an address of this process. */
    static void sendLent(Frame frame, Replies replies, long address, int sectorCount) {
        registers(frame, replies, NO_ERROR, 0);
        replies.sendWithTail(frame, Payload.frameBytes(sectorCount), address);
    }

    /** Answers without data; {@code remainingCount} sectors were not done. */
    static void send(Frame frame, Replies replies, int error, int remainingCount) {
        registers(frame, replies, error, remainingCount);
        replies.send(frame, AtaHeader.END);
    }

    private static void registers(Frame frame, Replies replies, int error, int remainingCount) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        replies.begin(frame);
        int failed = error == NO_ERROR ? 0 : AtaHeader.STATUS_ERR;
        AtaHeader.status(memory, at, AtaHeader.STATUS_DRDY | failed);
        AtaHeader.error(memory, at, error);
        AtaHeader.sectorCount(memory, at, remainingCount);
        AtaHeader.clearReserved(memory, at);
    }
}
