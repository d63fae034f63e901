// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.TrimRange;
import etherbay.base.BlockDevice;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * DATA SET MANAGEMENT / TRIM of one export: up to 64 ranges, all submitted together so that they
 * keep their place among overlapping writes. One such request at a time; the next one waits for it,
 * and what came later waits behind. Owned by the export's loop.
 */
final class Trims {
    /** Takes a trim that has ended. */
    @FunctionalInterface
    interface Finished {
        void finished(RequestSlot slot, IoStatus status);
    }

    private final BlockDevice device;
    private final IoReport report;
    private final Finished finished;
    private final boolean offered;
    private final Io.Completion completion = this::rangeCompleted;

    /** Made for the first trim; most exports never see one. */
    private Io[] ranges = {};

    private boolean busy;

    Trims(BlockDevice device, IoReport report, Finished finished) {
        this.device = device;
        this.report = report;
        this.finished = finished;
        offered = Identity.offersTrim(device.capabilities());
    }

    boolean offered() {
        return offered;
    }

    boolean ready() {
        return !busy;
    }

    /** Whether all ranges of the request lie on a device of that size. */
    static boolean within(Frame frame, long sectorCount) {
        for (int i = 0; i < TrimRange.PER_SECTOR; i++) {
            long lba = TrimRange.lba(frame.memory(), frame.at(), i);
            int sectors = TrimRange.sectors(frame.memory(), frame.at(), i);
            if (sectors > 0 && lba > sectorCount - sectors) {
                return false;
            }
        }
        return true;
    }

    /** Submits the ranges of a request that was found sound. */
    void start(RequestSlot slot) {
        makeRanges();
        Frame frame = slot.heldFrame();
        MemorySegment memory = frame.memory();
        int rangeCount = 0;
        for (int i = 0; i < TrimRange.PER_SECTOR; i++) {
            int sectors = TrimRange.sectors(memory, frame.at(), i);
            if (sectors > 0) {
                long lba = TrimRange.lba(memory, frame.at(), i);
                ranges[rangeCount++].prepare(IoOperation.TRIM, lba, sectors);
            }
        }
        slot.worst = IoStatus.OK;
        slot.rangesLeft = rangeCount;
        if (rangeCount == 0) {
            finished.finished(slot, IoStatus.OK);
            return;
        }
        busy = true;
        for (int i = 0; i < rangeCount; i++) {
            device.submit(ranges[i].context(slot).then(completion));
        }
    }

    private void makeRanges() {
        if (ranges.length == 0) {
            ranges = new Io[Limits.TRIM_RANGE_COUNT_MAX];
            Arrays.setAll(ranges, _ -> new Io(1));
        }
    }

    private void rangeCompleted(Io io) {
        if (!(io.context() instanceof RequestSlot slot)) {
            return;
        }
        report.trimmed(slot, io);
        if (!io.status().isOk() && slot.worst.isOk()) {
            slot.worst = io.status();
        }
        if (--slot.rangesLeft == 0) {
            busy = false;
            finished.finished(slot, slot.worst);
        }
    }
}
