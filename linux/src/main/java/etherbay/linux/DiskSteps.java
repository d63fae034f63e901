// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.Quiescence;

import java.lang.foreign.Arena;

/**
 * Turns the Ios of a {@link Disk} into system calls, one step after the other: which call is next,
 * what its result means, and when the Io is done. At most its queue depth is under way, at most
 * {@link #BOUNCE_COUNT_MAX} of them through bounce buffers; the slots and the buffers are the
 * loop's. Owned by the loop.
 */
final class DiskSteps {
    /** Makes a hole that reads as zeroes. */
    static final int PUNCH_HOLE = Constants.FALLOC_FL_PUNCH_HOLE | Constants.FALLOC_FL_KEEP_SIZE;

    private static final int ZERO_RANGE =
            Constants.FALLOC_FL_ZERO_RANGE | Constants.FALLOC_FL_KEEP_SIZE;

    /** One step of a bounced request: long requests take several. */
    static final int BOUNCE_BYTES = 64 * 1024;

    /** Bounced requests of one disk under way: 1 MiB. The others wait. */
    static final int BOUNCE_COUNT_MAX = 16;

    /** No disk wants addresses at multiples of more. */
    static final int BOUNCE_ALIGN_BYTES = 4096;

    /** What zeroes are written from; never written to. */
    private static final long ZEROES =
            Arena.global().allocate(BOUNCE_BYTES, BOUNCE_ALIGN_BYTES).address();

    /** A call that was interrupted or told to try again is made this often in a row. */
    private static final int RETRY_COUNT_MAX = 1000;

    private final DiskFile file;
    private final DiskEngine engine;
    private final DiskSlots slots;
    private final int queueDepth;
    private final DiskLog log;
    private final PromptWrites prompt;
    private final boolean makesHoles;
    private final IoQueue waiting = new IoQueue();
    private final Quiescence quiescence = new Quiescence();

    /** What {@link ThreadEngine} keeps of this disk. */
    final ThreadEngine.Share share = new ThreadEngine.Share();

    private int underWayCount;
    private int bounceCount;
    private boolean syncFailed;
    private boolean completing;
    private long nowNs;

    /** How zeroes are written, 0 for as data: what the file system cannot do is not tried twice. */
    private int zeroMode = ZERO_RANGE;

    DiskSteps(
            DiskFile file,
            DiskEngine engine,
            DiskSlots slots,
            int queueDepth,
            DiskLog log,
            PromptWrites prompt) {
        this.file = file;
        this.engine = engine;
        this.slots = slots;
        this.queueDepth = queueDepth;
        this.log = log;
        this.prompt = prompt;
        makesHoles = file.makesHoles();
    }

    boolean syncFailed() {
        return syncFailed;
    }

    /** Whether {@code io} comes too late because a sync has failed. */
    boolean refuses(Io io) {
        return syncFailed
                && (io.operation() == IoOperation.FLUSH || io.operation().changesData());
    }

    /** Takes an Io that the device can do. */
    void add(Io io) {
        if (transfers(io)) {
            DiskRequest.checkSegments(io);
        }
        io.holderWord(quiescence.entered());
        waiting.add(io);
        startWaiting();
    }

    private static boolean transfers(Io io) {
        return io.operation() == IoOperation.READ || io.operation() == IoOperation.WRITE;
    }

    void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** Whether a continuation is running: then one Io is not out yet. */
    boolean isCompleting() {
        return completing;
    }

    /** Whether nothing is in flight and nothing waits. */
    boolean isIdle() {
        return quiescence.count() == 0;
    }

    /** Acts on the end of a call of this disk. */
    void ended(DiskRequest request, long now) {
        nowNs = now;
        if (request.result >= 0) {
            advance(request);
        } else {
            failed(request, (int) -request.result);
        }
    }

    private void startWaiting() {
        for (Io io = waiting.peek();
                io != null && underWayCount < queueDepth;
                io = waiting.peek()) {
            boolean odd = transfers(io)
                    && DiskRequest.isOdd(io, file.addressAlignBytes(), file.lengthAlignBytes());
            if (odd && bounceCount == BOUNCE_COUNT_MAX) {
                return;
            }
            waiting.poll();
            DiskRequest request = slots.take();
            underWayCount++;
            request.begin(this, file.fd(), io, io.holderWord());
            if (refuses(io)) {
                finish(request, IoStatus.FAILED);
                return; // finish has started the others
            }
            if (odd) {
                request.bounce = slots.takeBuffer();
                bounceCount++;
                log.bounced.increment();
            }
            step(request);
        }
    }

    private void step(DiskRequest request) {
        Io io = request.io();
        switch (io.operation()) {
            case READ -> transfer(request, DiskRequest.Call.READ, 0);
            case WRITE ->
                transfer(
                        request,
                        DiskRequest.Call.WRITE,
                        io.fua() && !request.withoutSync ? Constants.RWF_DSYNC : 0);
            case FLUSH -> request.sync();
            case TRIM -> request.allocate(PUNCH_HOLE);
            case WRITE_ZEROES -> writeZeroes(request);
        }
        if (!prompt.make(request)) {
            engine.start(request);
        }
    }

    private void transfer(DiskRequest request, DiskRequest.Call call, int flags) {
        if (request.bounce == 0) {
            request.transfer(call, flags);
            return;
        }
        long bytes = Math.min(request.io().bytes() - request.doneBytes, BOUNCE_BYTES);
        if (call == DiskRequest.Call.WRITE) {
            request.copyBounce(bytes, false);
        }
        request.transferElsewhere(call, flags, request.bounce, bytes);
    }

    private void writeZeroes(DiskRequest request) {
        if (zeroMode != 0) {
            request.allocate(zeroMode);
            return;
        }
        long bytes = Math.min(request.io().bytes() - request.doneBytes, BOUNCE_BYTES);
        request.transferElsewhere(DiskRequest.Call.WRITE, 0, ZEROES, bytes);
    }

    private void advance(DiskRequest request) {
        Io io = request.io();
        switch (request.call) {
            case SYNC -> finish(request, IoStatus.OK);
            case ALLOCATE -> written(request, request.stepBytes);
            case READ, WRITE -> {
                if (request.result == 0) {
                    // Behind the end: the file shrank, and what was asked for is not there.
                    log.failed(io, "the file is shorter than its size said", nowNs);
                    finish(request, IoStatus.FAILED);
                    return;
                }
                if (request.bounce != 0 && request.call == DiskRequest.Call.READ) {
                    request.copyBounce(request.result, true);
                }
                written(request, request.result);
            }
        }
    }

    private void written(DiskRequest request, long bytes) {
        Io io = request.io();
        request.doneBytes += bytes;
        request.retryCount = 0;
        if (request.doneBytes < io.bytes()) {
            step(request);
        } else if (request.withoutSync) {
            // With the sync there was no room, without it there is: it was the sync that failed.
            syncFailed(io, Errno.ENOSPC);
            finish(request, IoStatus.FAILED);
        } else if (io.fua() && io.operation() != IoOperation.WRITE) {
            request.sync();
            engine.start(request);
        } else {
            finish(request, IoStatus.OK);
        }
    }

    private void failed(DiskRequest request, int errno) {
        Io io = request.io();
        boolean again = errno == Errno.EAGAIN || errno == Errno.EINTR;
        if (again && ++request.retryCount <= RETRY_COUNT_MAX) {
            engine.start(request);
            return;
        }
        if (request.call == DiskRequest.Call.ALLOCATE && nextZeroMode(request, errno)) {
            step(request);
            return;
        }
        IoStatus status = DiskErrors.status(errno);
        boolean synced = request.call == DiskRequest.Call.SYNC
                || (request.call == DiskRequest.Call.WRITE
                        && (request.flags & Constants.RWF_DSYNC) != 0);
        if (synced && status == IoStatus.NO_SPACE && request.call == DiskRequest.Call.WRITE) {
            request.withoutSync = true;
            step(request);
            return;
        }
        if (synced) {
            syncFailed(io, errno);
            status = IoStatus.FAILED;
        } else {
            log.failed(io, Errno.name(errno), nowNs);
        }
        finish(request, status);
    }

    /** Another way to write zeroes, when the file system has not got this one. */
    private boolean nextZeroMode(DiskRequest request, int errno) {
        boolean missing = errno == Errno.EOPNOTSUPP || errno == Errno.EINVAL;
        if (request.io().operation() != IoOperation.WRITE_ZEROES || !missing) {
            return false;
        }
        if (request.flags == zeroMode) { // else one of the others found out before
            zeroMode = zeroMode == ZERO_RANGE && makesHoles ? PUNCH_HOLE : 0;
        }
        return true;
    }

    private void syncFailed(Io io, int errno) {
        if (!syncFailed) {
            syncFailed = true;
            log.syncFailed(io, Errno.name(errno));
        }
    }

    private void finish(DiskRequest request, IoStatus status) {
        Io io = request.io();
        if (request.bounce != 0) {
            slots.giveBackBuffer(request.bounce);
            bounceCount--;
        }
        long generation = request.generation;
        request.end();
        slots.giveBack(request);
        underWayCount--;
        if (status == IoStatus.OK) {
            log.done(io.operation());
        }
        boolean within = completing; // a refusal, submitted by a continuation
        completing = true;
        io.complete(status);
        completing = within;
        quiescence.left(generation); // the slot may be another disk's by now
        startWaiting();
    }
}
