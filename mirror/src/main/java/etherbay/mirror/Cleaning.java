// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.Timers;

import java.util.BitSet;

/**
 * Takes marks out of the bitmap when all legs have flushed what was written there, and calls the
 * array clean when nothing was written for a while. While a leg is missing the marks stay: they say
 * what it lacks. On the loop of the mirror.
 */
final class Cleaning {
    private final MirrorCore core;
    private final Intent intent;
    private final Metadata metadata;
    private final Timers.Timer tick;
    private final Io io = new Io(1);
    private boolean flushing;

    Cleaning(MirrorCore core, Intent intent, Metadata metadata) {
        this.core = core;
        this.intent = intent;
        this.metadata = metadata;
        tick = core.timers().timer(this::tick);
        wake();
    }

    void close() {
        tick.cancel();
    }

    /** Something was written, or a leg is in sync again. */
    void wake() {
        if (!tick.isSet() && !flushing && !core.isStopped()) {
            tick.at(core.nowNs() + core.settings().quietNs());
        }
    }

    private void tick() {
        if (core.isStopped() || core.capabilities().readOnly()) {
            return;
        }
        BitSet quiet = intent.quiet();
        boolean clean = metadata.isDirty() && !intent.isBusy() && intent.tornCount() == 0;
        boolean useful = (!quiet.isEmpty() && !core.isDegraded()) || clean;
        if (!useful || core.hasUndurableFailure()) {
            wakeIfNeeded();
            return;
        }
        flush(() -> {
            clean(quiet);
            wakeIfNeeded();
        });
    }

    private void flush(Runnable done) {
        flushing = true;
        long membership = core.roster().membership();
        core.flush(io.prepare(IoOperation.FLUSH, 0, 0).then(flushed -> {
            flushing = false;
            // A leg that was not in sync when it began has flushed nothing.
            boolean allFlushed = membership == core.roster().membership();
            if (flushed.status().isOk() && allFlushed && !core.isStopped()) {
                done.run();
            } else {
                wake();
            }
        }));
    }

    /** Everything that was quiet before the FLUSH began. */
    private void clean(BitSet quiet) {
        if (!core.isDegraded() && metadata.isSettled()) {
            intent.clean(quiet);
        }
        if (intent.isUntouched() && !intent.isBusy() && intent.tornCount() == 0) {
            metadata.setDirty(false);
        }
        metadata.start();
    }

    private void wakeIfNeeded() {
        if (metadata.isDirty() || (intent.markedCount() > 0 && !core.isDegraded())) {
            wake();
        }
    }

    /** The last of it: flushed, clean if the legs are, and released; nothing is under way. */
    void finish(Runnable finished) {
        tick.cancel();
        if (core.isStopped() || core.capabilities().readOnly()) {
            finished.run();
            return;
        }
        if (flushing || metadata.isRunning()) {
            // That ends first; then everything is seen anew.
            core.timers().timer(() -> finish(finished)).at(core.nowNs() + 1_000_000);
            return;
        }
        intent.quiet();
        BitSet quiet = intent.quiet();
        flushing = true;
        long membership = core.roster().membership();
        core.flush(io.prepare(IoOperation.FLUSH, 0, 0).then(flushed -> {
            flushing = false;
            boolean ok = flushed.status().isOk() && !core.isStopped();
            if (ok && membership != core.roster().membership()) {
                finish(finished); // a leg has left meanwhile: once more without it
                return;
            }
            if (ok) {
                core.legs().stream()
                        .filter(leg -> leg.standing == Leg.Standing.RECOVERING && leg.canFlush())
                        .forEach(leg -> leg.filledSectors = leg.copiedSectors);
                metadata.whenDurable(settled -> {
                    clean(quiet);
                    release(finished);
                });
            } else {
                release(finished);
            }
        }));
    }

    private void release(Runnable finished) {
        metadata.setReleased();
        metadata.whenDurable(durable -> finished.run());
    }
}
