// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The data that goes to and comes from one disk: requests cut into parts of a frame each, as many
 * under way as the paths bear, sent again by whichever path is up until they are answered. A write
 * waits while an older one may still reach its range ({@link WriteGuard}). Owned by the disk's
 * loop.
 */
final class Transfers {
    /** Parts under way or waiting for a guard at most; more than any window. */
    private static final int TRANSFER_COUNT_MAX = 1024;

    /** Beyond a window parts are cut so that they end at a page of the disk behind. */
    private static final int PAGE_SECTORS = 8;

    private final RemoteDisk disk;
    private final Loop loop;
    private final TagTable tags;
    private final WriteGuard guard;
    private final IoQueue queue = new IoQueue();
    private final Deque<Transfer> free = new ArrayDeque<>();
    private final Deque<DiskRequest> freeRequests = new ArrayDeque<>();
    private final List<Transfer> all = new ArrayList<>();

    /** Those that are to be sent, or sent again. */
    private final Deque<Transfer> waiting = new ArrayDeque<>();

    private @Nullable DiskRequest head;
    private @Nullable DiskRequest cancelling;
    private int openCount;
    private boolean guarded;
    private boolean starved;
    private boolean pumping;

    Transfers(RemoteDisk disk, Loop loop, TagTable tags, WriteGuard guard) {
        this.disk = disk;
        this.loop = loop;
        this.tags = tags;
        this.guard = guard;
    }

    /** Takes a READ, WRITE, TRIM or WRITE_ZEROES that is right for the disk. */
    void submit(Io io) {
        queue.add(io);
        pump();
    }

    boolean isIdle() {
        return openCount == 0 && head == null && queue.isEmpty();
    }

    /** Whether a port had no frame for what is to be sent: try again soon. */
    boolean isStarved() {
        return starved;
    }

    /** Sends what can be sent now. */
    void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        starved = false;
        guarded = false;
        guard.time(loop.nowNs(), tags.next());
        sendWaiting();
        while (!starved && beginNext()) {}
        pumping = false;
        if (guarded) {
            disk.guardWaits();
        }
    }

    /** In the order of their coming, but for those that are guarded: they go to the end. */
    private void sendWaiting() {
        for (int left = waiting.size(); left > 0 && disk.pathWithRoom() != null; left--) {
            Transfer transfer = waiting.remove();
            if (isGuarded(transfer)) {
                waiting.add(transfer);
            } else if (trySend(transfer)) {
                transfer.waiting = false;
            } else {
                waiting.addFirst(transfer);
                return;
            }
        }
    }

    /** Whether an older write may still reach its range. Once sent it is guarded itself. */
    private boolean isGuarded(Transfer transfer) {
        boolean waits = transfer.changesData()
                && transfer.isUnsent()
                && !guard.isClear(transfer.lba(), transfer.sectors());
        guarded |= waits;
        return waits;
    }

    /** Begins one more part. @return whether there was one, and a path that bears it */
    private boolean beginNext() {
        Path path = disk.pathWithRoom();
        if (path == null || openCount >= TRANSFER_COUNT_MAX || !disk.mayBegin()) {
            return false;
        }
        DiskRequest request = nextRequest();
        if (request == null) {
            return false;
        }
        Transfer transfer = takeTransfer();
        Io io = request.io();
        boolean trims = disk.trims(io);
        long skip = request.begunSectors();
        long count = partSectors(io, skip, path, trims);
        transfer.begin(request, skip, count, trims);
        request.partBegun(count);
        openCount++;
        if (!request.hasMore()) {
            head = null;
        }
        if (isGuarded(transfer) || !trySend(transfer)) {
            transfer.waiting = true;
            waiting.add(transfer);
        }
        return true;
    }

    private @Nullable DiskRequest nextRequest() {
        if (head != null && !head.hasMore()) {
            head = null; // a part of it has failed
        }
        if (head == null && !queue.isEmpty()) {
            Io io = queue.poll();
            if (io != null) {
                DiskRequest request =
                        freeRequests.isEmpty() ? new DiskRequest(this) : freeRequests.remove();
                request.begin(io);
                head = request;
            }
        }
        return head;
    }

    private static long partSectors(Io io, long skip, Path path, boolean trims) {
        long left = io.sectors() - skip;
        if (trims) {
            return Math.min(left, Transfer.TRIM_SECTORS_MAX);
        }
        long first = io.lba() + skip;
        long end = first + path.sectors();
        long pageEnd = end / PAGE_SECTORS * PAGE_SECTORS;
        return Math.min(left, (pageEnd > first ? pageEnd : end) - first);
    }

    private Transfer takeTransfer() {
        if (free.isEmpty()) {
            Transfer made = new Transfer(this, disk.address(), tags, loop.timers());
            all.add(made);
            return made;
        }
        return free.remove();
    }

    private boolean trySend(Transfer transfer) {
        Path path = disk.pathWithRoom();
        if (path == null) {
            return false;
        }
        boolean unsent = transfer.isUnsent();
        long nowNs = loop.nowNs();
        boolean fua = disk.fuaOnWire(transfer.io());
        if (!transfer.send(path, disk.address(), fua, disk.durability().mark(), nowNs)) {
            starved = true;
            return false;
        }
        transfer.takePath(path);
        disk.paths().used(path);
        disk.counters().sent(transfer.transmissionCount());
        if (transfer.changesData()) {
            if (unsent) {
                guard.entered(transfer.lba(), transfer.sectors());
            }
            guard.sent(nowNs, transfer.lastNumber());
        }
        transfer.wakeAt(nowNs + path.rtt().timeoutNs(transfer.attemptCount()));
        return true;
    }

    /** The timer of a transfer: it goes out again, by another path if this one went silent. */
    void expired(Transfer transfer) {
        Path path = transfer.path;
        if (path == null || transfer.isGraced(loop.nowNs())) {
            return; // waits already, or a little longer
        }
        boolean silent = path.lost(transfer.lastCount(), transfer.lastSentNs(), loop.nowNs());
        if (path.isBelowTop()) {
            disk.paths().climbLater();
        }
        path.unanswered();
        sendAgain(transfer);
        if (silent) {
            disk.suspect(path);
        }
        pump();
    }

    /** Has it wait for a path with room. */
    void sendAgain(Transfer transfer) {
        transfer.leavePath();
        transfer.sleep();
        if (!transfer.waiting) {
            transfer.waiting = true;
            waiting.add(transfer);
        }
    }

    /** A path carries nothing any more: what was under way on it goes by others. */
    void leave(Path path) {
        for (Transfer transfer : all) {
            if (transfer.path == path) {
                path.unanswered();
                sendAgain(transfer);
            }
        }
    }

    void answered(Transfer transfer, Exchange.Answer answer) {
        Frame frame = answer.frame();
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean reads = transfer.io().operation() == IoOperation.READ;
        if (AoeHeader.error(memory, at)) {
            refused(transfer, answer.path(), AoeHeader.errorCode(memory, at));
            return;
        }
        if (!reads && !disk.trusts(answer.number())) {
            return; // of before an outage: executed then, perhaps forgotten since; sent again
        }
        if ((AtaHeader.status(memory, at) & AtaHeader.STATUS_FAILED_MASK) != 0) {
            int error = AtaHeader.error(memory, at);
            if ((error & AtaHeader.ERROR_ABRT) == 0 || transfer.refused(answer)) {
                finish(transfer, failure(transfer, error));
            }
            pump();
            return;
        }
        if (reads && !AtaHeader.carriesData(frame.bytes(), answer.count())) {
            return; // shorter than it says: as if lost
        }
        Path path = answer.path();
        path.rtt().sample(loop.nowNs() - answer.sentNs());
        path.grow();
        path.passed(answer.count());
        if (reads) {
            transfer.take(answer);
        }
        boolean done = transfer.done(answer);
        if (path.isBelowTop()) {
            disk.paths().climbLater();
        }
        if (done) {
            finish(transfer, IoStatus.OK);
        } else {
            sendAgain(transfer);
        }
        pump();
    }

    /** What an error code of AoE means; aoe.md 2.12, point 7. */
    private void refused(Transfer transfer, Path by, int code) {
        switch (code) {
            case AoeHeader.ERROR_UNAVAILABLE -> unavailable(by);
            case AoeHeader.ERROR_RESERVED -> {
                finish(transfer, IoStatus.FENCED);
                disk.fenced();
                pump();
            }
            case AoeHeader.ERROR_COMMAND, AoeHeader.ERROR_VERSION -> {
                finish(transfer, IoStatus.UNSUPPORTED);
                pump();
            }
            default -> {
                finish(transfer, failure(transfer, 0));
                pump();
            }
        }
    }

    /**
     * Not now: sent again when its time is up. It may be a read bound to an incarnation that is
     * over, which is noticed by asking for the present one.
     */
    private void unavailable(Path by) {
        if (disk.durability().mark() != 0) {
            disk.paths().proof(by).askSoon();
        }
    }

    /** A write that went out more than once may still land by another copy. */
    private static IoStatus failure(Transfer transfer, int ataError) {
        if (transfer.changesData() && transfer.hasLooseCopies()) {
            return IoStatus.UNKNOWN;
        }
        return (ataError & AtaHeader.ERROR_IDNF) != 0 ? IoStatus.RANGE : IoStatus.FAILED;
    }

    private void finish(Transfer transfer, IoStatus outcome) {
        if (transfer.changesData() && !transfer.isUnsent()) {
            if (outcome.isOk()) {
                disk.partWritten(transfer.io());
            }
            guard.left(transfer.lba(), transfer.sectors());
            if (disk.isUncertain(transfer.hasLooseCopies(), outcome)) {
                guard.mayReach(transfer.lba(), transfer.sectors(), transfer.lastNumber());
            }
        }
        if (transfer.waiting) {
            waiting.remove(transfer);
            transfer.waiting = false;
        }
        openCount--;
        transfer.finish(outcome);
        free.add(transfer);
    }

    /** From a request whose parts are all done. */
    void finished(DiskRequest request, Io io, IoStatus outcome) {
        if (head == request) {
            head = null;
        }
        freeRequests.add(request);
        if (cancelling == request) {
            boolean mayHaveHappened = io.operation().changesData() && outcome != IoStatus.OFFLINE;
            disk.cancelled(io, mayHaveHappened);
        } else {
            disk.finished(io, outcome);
        }
    }

    /** Ends that request early, see {@link RemoteDisk#cancel}. @return whether it was here */
    boolean cancel(Io io) {
        if (queue.remove(io)) {
            disk.cancelled(io, false);
            return true;
        }
        DiskRequest request = requestOf(io);
        if (request == null) {
            return false;
        }
        cancelling = request;
        abandon(request);
        cancelling = null;
        pump();
        return true;
    }

    private @Nullable DiskRequest requestOf(Io io) {
        if (head != null && head.isOf(io)) {
            return head;
        }
        for (Transfer transfer : all) {
            DiskRequest request = transfer.request;
            if (request != null && request.isOf(io)) {
                return request;
            }
        }
        return null;
    }

    private void abandon(DiskRequest request) {
        for (Transfer transfer : all) {
            if (transfer.request == request) {
                abandon(transfer);
            }
        }
        if (head == request) {
            request.abandon(); // parts of it were still to begin, none is under way
        }
    }

    /** What was never sent, and reads, did not happen; of the others nobody knows. */
    private void abandon(Transfer transfer) {
        boolean mayLand = transfer.changesData() && !transfer.isUnsent();
        finish(transfer, mayLand ? IoStatus.UNKNOWN : IoStatus.OFFLINE);
    }

    /** Writes of which something was sent, and not answered, end UNKNOWN, all parts of them. */
    void giveUpSentWrites() {
        pumping = true;
        for (Transfer transfer : List.copyOf(all)) {
            DiskRequest request = transfer.request;
            if (request != null && transfer.changesData() && !transfer.isUnsent()) {
                abandon(request);
            }
        }
        pumping = false;
    }

    /** Ends all that is under way or waits. */
    void giveUp() {
        pumping = true;
        for (Transfer transfer : List.copyOf(all)) {
            if (transfer.isOpen()) {
                abandon(transfer);
            }
        }
        if (head != null) {
            head.abandon();
        }
        for (int left = queue.count(); left > 0; left--) {
            Io io = queue.poll();
            if (io != null) {
                disk.finished(io, IoStatus.OFFLINE);
            }
        }
        pumping = false;
    }
}
