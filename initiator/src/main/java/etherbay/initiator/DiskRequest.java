// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

/**
 * An {@link Io} that is under way in parts, some of them done, some not begun. A slot of {@link
 * Transfers}. Owned by the disk's loop.
 */
final class DiskRequest {
    private final Transfers transfers;
    private @Nullable Io io;
    private long begunSectors;
    private int openPartCount;
    private boolean doneParts;
    private IoStatus outcome = IoStatus.OK;

    DiskRequest(Transfers transfers) {
        this.transfers = transfers;
    }

    void begin(Io taken) {
        io = taken;
        begunSectors = 0;
        openPartCount = 0;
        doneParts = false;
        outcome = IoStatus.OK;
    }

    Io io() {
        Io taken = io;
        Check.that(taken != null, "a request under way has its Io");
        return taken;
    }

    /** Whether it is that Io's. */
    boolean isOf(Io other) {
        return io == other;
    }

    long begunSectors() {
        return begunSectors;
    }

    /** Whether parts are still to begin: none, once one has failed. */
    boolean hasMore() {
        return outcome.isOk() && begunSectors < io().sectors();
    }

    void partBegun(long sectors) {
        begunSectors += sectors;
        openPartCount++;
    }

    void partDone(IoStatus status) {
        openPartCount--;
        doneParts |= status.isOk();
        fail(status);
        finishIfDone();
    }

    /** What is not begun of it will not be: with no part under way. */
    void abandon() {
        fail(IoStatus.OFFLINE);
        finishIfDone();
    }

    private void finishIfDone() {
        if (openPartCount == 0 && !hasMore()) {
            Io finished = io();
            io = null;
            // OFFLINE says that nothing happened, which is not so of a half of a write.
            boolean changes = finished.operation().changesData();
            boolean half = changes && doneParts && outcome == IoStatus.OFFLINE;
            transfers.finished(this, finished, half ? IoStatus.FAILED : outcome);
        }
    }

    /** The worst outcome of a part counts: one that may still land outweighs one that does not. */
    private void fail(IoStatus status) {
        if (outcome.isOk() || status == IoStatus.UNKNOWN) {
            outcome = status;
        }
    }
}
