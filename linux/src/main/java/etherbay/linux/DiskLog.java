// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.Io;
import etherbay.base.IoOperation;

import java.nio.file.Path;

/**
 * What a disk tells people: counters, and a line in the log for errors, at most one a second. Owned
 * by one loop.
 */
final class DiskLog {
    private static final System.Logger LOG = System.getLogger("etherbay.disk");
    private static final long LINE_NS = 1_000_000_000L;

    private final Path path;
    private final Counter read;
    private final Counter written;
    private final Counter flushed;
    private final Counter trimmed;
    private final Counter failed;

    /** Requests that went through a bounce buffer. */
    final Counter bounced;

    private long lineAtNs;
    private boolean lineWritten;

    DiskLog(Path path, Counters counters) {
        this.path = path;
        String prefix = "disk." + path + ".";
        read = counters.counter(prefix + "read");
        written = counters.counter(prefix + "written");
        flushed = counters.counter(prefix + "flushed");
        trimmed = counters.counter(prefix + "trimmed");
        failed = counters.counter(prefix + "failed");
        bounced = counters.counter(prefix + "bounced");
    }

    /** A request went well. */
    void done(IoOperation operation) {
        switch (operation) {
            case READ -> read.increment();
            case WRITE, WRITE_ZEROES -> written.increment();
            case FLUSH -> flushed.increment();
            case TRIM -> trimmed.increment();
        }
    }

    /** A request failed. */
    void failed(Io io, String why, long nowNs) {
        failed.increment();
        if (!lineWritten || nowNs - lineAtNs >= LINE_NS) {
            lineWritten = true;
            lineAtNs = nowNs;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: {1} of {2} sectors at lba {3}: {4} (failures so far: {5})",
                    path,
                    io.operation(),
                    io.sectors(),
                    io.lba(),
                    why,
                    failed.value());
        }
    }

    /** The first sync that failed, which ends all writing. */
    void syncFailed(Io io, String why) {
        failed.increment();
        LOG.log(
                System.Logger.Level.ERROR,
                "{0}: could not make data durable ({1} at lba {2}): {3}. What was written and not"
                        + " yet flushed may be lost; no more writes and flushes are taken until"
                        + " this is opened again.",
                path,
                io.operation(),
                io.lba(),
                why);
    }
}
