// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.zip.CRC32C;

/**
 * What is told of finished requests: counters, {@link Traffic}, a log line now and then when the
 * backing fails, and the {@link WriteLog} where one is switched on. Owned by the export's loop.
 */
final class IoReport {
    private static final Logger LOG = System.getLogger(IoReport.class.getName());

    /** A disk that fails does so for every request: one line per this time says it. */
    private static final long LOG_INTERVAL_NS = 10_000_000_000L;

    private final String name;
    private final ExportCounters counters;
    private final Loop loop;
    private Traffic traffic;
    private final @Nullable WriteLog writeLog;
    private final CRC32C crc32c = new CRC32C();
    private boolean logged;
    private long loggedNs;

    IoReport(String name, ExportCounters counters, Loop loop, @Nullable WriteLog writeLog) {
        this.name = name;
        this.counters = counters;
        this.loop = loop;
        this.writeLog = writeLog;
        traffic = new Traffic(loop);
    }

    /** Goes on with what another export has counted for the same address. */
    void succeed(IoReport former) {
        traffic = former.traffic;
    }

    Traffic traffic() {
        return traffic;
    }

    /** A request ended; its frame still holds the data. */
    void finished(RequestSlot slot, IoStatus status) {
        if (!status.isOk()) {
            failed(slot, status);
        }
        traffic.ended(slot, status);
        switch (slot.command) {
            case READ -> {
                counters.reads.increment();
                counters.readSectors.add(slot.sectorCount);
            }
            case WRITE, WRITE_FUA -> {
                counters.writes.increment();
                counters.writtenSectors.add(slot.sectorCount);
                if (writeLog != null && mayHaveHappened(status)) {
                    logWrite(writeLog, slot);
                }
            }
            case FLUSH, SET_FEATURES -> counters.flushes.increment();
            case TRIM -> counters.trims.increment();
            case IDENTIFY, CHECK_POWER_MODE, UNSUPPORTED -> {}
        }
    }

    /** A read was answered without a request to the disk. */
    void lent(Frame frame, long mac, int sectorCount, boolean repeated) {
        traffic.lent(frame, mac, sectorCount, repeated);
        counters.reads.increment();
        counters.readSectors.add(sectorCount);
    }

    /** One range of a trim ended. */
    void trimmed(RequestSlot slot, Io range) {
        if (writeLog != null && mayHaveHappened(range.status())) {
            writeLog.executed(slot.epoch, slot.mac, range.lba(), range.sectors(), 0);
        }
    }

    private static boolean mayHaveHappened(IoStatus status) {
        return status == IoStatus.OK || status == IoStatus.UNKNOWN;
    }

    private void logWrite(WriteLog log, RequestSlot slot) {
        Frame frame = slot.heldFrame();
        int bytes = slot.sectorCount * AtaHeader.SECTOR_BYTES;
        crc32c.reset();
        crc32c.update(frame.memory().asSlice(frame.at() + AtaHeader.END, bytes).asByteBuffer());
        int crc = (int) crc32c.getValue();
        log.executed(slot.epoch, slot.mac, slot.lba, slot.sectorCount, crc);
    }

    private void failed(RequestSlot slot, IoStatus status) {
        counters.failedIos.increment();
        long nowNs = loop.nowNs();
        if (logged && nowNs - loggedNs < LOG_INTERVAL_NS) {
            return;
        }
        logged = true;
        loggedNs = nowNs;
        boolean ranged =
                slot.command != AtaCommand.FLUSH && slot.command != AtaCommand.SET_FEATURES;
        String range =
                ranged ? " at sector " + slot.lba + " of " + slot.sectorCount + " sectors" : "";
        LOG.log(
                Level.WARNING,
                "%s: the disk answered %s to %s%s; %d requests failed so far"
                        .formatted(name, status, slot.command, range, counters.failedIos.value()));
    }
}
