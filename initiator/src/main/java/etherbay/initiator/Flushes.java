// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * The FLUSHes of one disk. All that wait when one is sent share it: FLUSH CACHE at the target, then
 * IDENTIFY, for its incarnation. Only when that is the one of the oldest write not flushed yet do
 * they succeed; and once it was not, none does any more. Owned by the disk's loop.
 */
final class Flushes {
    /** A disk that writes back its cache may take seconds; asking again is a burden to it. */
    private static final long PATIENCE_NS_MIN = 200_000_000;

    private final RemoteDisk disk;
    private final Loop loop;
    private final IoQueue waiting = new IoQueue();
    private final IoQueue covered = new IoQueue();
    private final Question flush;
    private final Question identify;

    /** Who answered FLUSH CACHE; null before that, and where none is sent. */
    private @Nullable Path flushedBy;

    Flushes(RemoteDisk disk, TagTable tags, Loop loop) {
        this.disk = disk;
        this.loop = loop;
        flush = new Question(tags, false);
        identify = new Question(tags, true);
    }

    /** Takes a FLUSH, or a write that is done and must become durable. */
    void submit(Io io) {
        waiting.add(io);
        pump();
    }

    boolean isIdle() {
        return waiting.isEmpty() && covered.isEmpty();
    }

    /** Sends what waits; when a path came up, or the last one was answered. */
    void pump() {
        if (!covered.isEmpty()) {
            flush.sendAgainIfLost();
            identify.sendAgainIfLost();
            return;
        }
        if (waiting.isEmpty()) {
            return;
        }
        for (Io io = waiting.poll(); io != null; io = waiting.poll()) {
            covered.add(io);
        }
        disk.durability().flushBegins();
        begin();
    }

    /** FLUSH CACHE was answered by that path: IDENTIFY shows by the same one who answered. */
    private void flushed(Path by) {
        flushedBy = by;
        identify.ask();
    }

    private void identified(RemoteDisk.Seen seen) {
        switch (seen) {
            case THIS -> finish(IoStatus.OK);
            case STALE -> identify.ask();
            case ANOTHER -> begin(); // that one has flushed, if any
        }
    }

    private void begin() {
        flushedBy = null;
        (disk.durability().flushOffered() ? flush : identify).ask();
    }

    private void finish(IoStatus outcome) {
        IoStatus end = outcome;
        if (outcome.isOk() && !disk.durability().flushEnds()) {
            end = IoStatus.FAILED;
        }
        // Those that are there now: a continuation may flush again.
        for (int left = covered.count(); left > 0; left--) {
            Io io = covered.poll();
            if (io != null) {
                disk.finishedFlush(io, end);
            }
        }
        pump();
    }

    /** Ends that one early, see {@link RemoteDisk#cancel}. @return whether it was here */
    boolean cancel(Io io) {
        boolean wasCovered = covered.remove(io);
        if (!wasCovered && !waiting.remove(io)) {
            return false;
        }
        // Of a write that was to be durable it is known that it happened.
        disk.cancelled(io, io.operation().changesData());
        if (wasCovered && covered.isEmpty()) {
            flush.stop();
            identify.stop();
            pump();
        }
        return true;
    }

    /** Ends all with an error: the disk is gone. */
    void giveUp() {
        flush.stop();
        identify.stop();
        for (int left = waiting.count(); left > 0; left--) {
            Io io = waiting.poll();
            if (io != null) {
                disk.finishedFlush(io, IoStatus.OFFLINE);
            }
        }
        for (int left = covered.count(); left > 0; left--) {
            Io io = covered.poll();
            if (io != null) {
                disk.finishedFlush(io, IoStatus.OFFLINE);
            }
        }
    }

    /** FLUSH CACHE, or the IDENTIFY after it. */
    private final class Question extends Exchange {
        private final boolean asksIncarnation;
        private final RttEstimator times = new RttEstimator();
        private @Nullable Path path;
        private boolean lost;

        Question(TagTable tags, boolean asksIncarnation) {
            super(disk.address(), AoeHeader.COMMAND_ATA, tags, loop.timers());
            this.asksIncarnation = asksIncarnation;
        }

        void ask() {
            begin();
            send();
        }

        void stop() {
            if (isOpen()) {
                end();
            }
        }

        void sendAgainIfLost() {
            if (isOpen() && lost) {
                send();
            }
        }

        private void send() {
            long nowNs = loop.nowNs();
            Path flushed = asksIncarnation ? flushedBy : null;
            if (flushed != null && !flushed.isUp()) {
                end();
                Flushes.this.begin();
                return;
            }
            Path by = flushed == null ? disk.anyPath() : flushed;
            path = by;
            Frame frame = by == null
                    ? null
                    : by.claim(disk.address(), AoeHeader.COMMAND_ATA, AtaHeader.END);
            lost = frame == null;
            if (frame == null || by == null) {
                wakeAt(nowNs + PATIENCE_NS_MIN / 10);
                return;
            }
            MemorySegment memory = frame.memory();
            long at = frame.at();
            AoeHeader.tag(memory, at, TagTable.tagOf(transmission(by, 0, 1, nowNs)));
            if (asksIncarnation) {
                AtaHeader.sectorCount(memory, at, 1);
                AtaHeader.command(memory, at, AtaCommand.IDENTIFY_DEVICE);
            } else {
                AtaHeader.aflags(memory, at, AtaHeader.AFLAG_EXTENDED);
                AtaHeader.command(memory, at, disk.durability().flushOpcode());
            }
            by.port().commit(frame);
            long patienceNs = asksIncarnation ? 0 : PATIENCE_NS_MIN;
            wakeAt(nowNs + Math.max(patienceNs, times.timeoutNs(transmissionCount())));
        }

        @Override
        void expired() {
            Path by = path;
            boolean silent = by != null && by.lost(0, lastSentNsOr(0), loop.nowNs());
            if (silent) {
                disk.suspect(by);
            }
            if (isOpen()) {
                send();
            }
        }

        private long lastSentNsOr(long otherwise) {
            return transmissionCount() == 0 ? otherwise : lastSentNs();
        }

        @Override
        void answered(Answer answer) {
            Frame frame = answer.frame();
            MemorySegment memory = frame.memory();
            long at = frame.at();
            if (AoeHeader.error(memory, at)) {
                if (AoeHeader.errorCode(memory, at) != AoeHeader.ERROR_UNAVAILABLE) {
                    boolean reserved = AoeHeader.errorCode(memory, at) == AoeHeader.ERROR_RESERVED;
                    end();
                    if (reserved) {
                        disk.fenced();
                    }
                    finish(reserved ? IoStatus.FENCED : IoStatus.FAILED);
                }
                return;
            }
            if (!asksIncarnation && !disk.trusts(answer.number())) {
                return; // flushed by a target that has lost its memory since
            }
            boolean failed = (AtaHeader.status(memory, at) & AtaHeader.STATUS_FAILED_MASK) != 0;
            if (asksIncarnation && (failed || !isWhole(frame))) {
                return; // damaged: asked again
            }
            times.sample(loop.nowNs() - answer.sentNs());
            end();
            if (asksIncarnation) {
                IdentifyData data = IdentifyData.read(memory, at + AtaHeader.END);
                identified(disk.identified(answer.path(), data, answer.number()));
            } else if (failed) {
                disk.durability().flushFailed();
                finish(IoStatus.FAILED);
            } else {
                flushed(answer.path());
            }
        }

        private static boolean isWhole(Frame frame) {
            return AtaHeader.carriesData(frame.bytes(), 1)
                    && IdentifyData.integrity(frame.memory(), frame.at() + AtaHeader.END)
                            != IdentifyData.Integrity.WRONG;
        }
    }
}
