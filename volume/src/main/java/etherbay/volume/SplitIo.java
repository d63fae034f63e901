// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One request that is under way as several parts on several disks. A slot that is used again and
 * again; at most {@link #PARTS_MAX} parts are under way at once, the others follow. Owned by the
 * loop.
 */
final class SplitIo {
    /** Beyond that more disks than there are cores would be busy with one request. */
    static final int PARTS_MAX = 16;

    private final Consumer<SplitIo> free;
    private final Io.Completion partDone = this::partDone;
    private final List<Io> idle = new ArrayList<>();
    private List<BlockDevice> disks = List.of();
    private @Nullable Io asked;
    private @Nullable ExtentMap map;

    /** Sectors of the request that parts were begun for; of a FLUSH, disks. */
    private long begun;

    /** Of whole rounds without data, which go as one part to each disk: the next disk. */
    private int roundLeg;

    private long roundSectors;
    private int inFlightCount;
    private int okCount;
    private IoStatus outcome = IoStatus.OK;
    private boolean beginning;

    /** @param free takes it back when its request has ended */
    SplitIo(Consumer<SplitIo> free) {
        this.free = free;
    }

    void begin(Io io, ExtentMap over, List<BlockDevice> on) {
        reset(io, on);
        map = over;
        beginMore();
    }

    void beginFlush(Io io, List<BlockDevice> on) {
        reset(io, on);
        map = null;
        beginMore();
    }

    private void reset(Io io, List<BlockDevice> on) {
        Check.that(asked == null, "a split ends before it begins again");
        asked = io;
        disks = on;
        begun = 0;
        roundLeg = 0;
        roundSectors = 0;
        okCount = 0;
        outcome = IoStatus.OK;
    }

    private Io io() {
        Io io = asked;
        Check.that(io != null, "a split under way has a request");
        return io;
    }

    /** A refusal may end a part within its submission: ends are looked at when all are begun. */
    private void beginMore() {
        beginning = true;
        while (inFlightCount < PARTS_MAX && hasMore() && outcome.isOk()) {
            inFlightCount++;
            if (map == null) {
                Io part = part().prepare(IoOperation.FLUSH, 0, 0);
                submit(part, disks.get((int) begun++));
            } else {
                beginPart(map);
            }
        }
        beginning = false;
        endIfDone();
    }

    private boolean hasMore() {
        return map == null ? begun < disks.size() : begun < io().sectors();
    }

    private void beginPart(ExtentMap over) {
        Io io = io();
        long lba = io.lba() + begun;
        ExtentMap.Run run = over.runAt(lba);
        long off = lba - run.firstSector();
        long left = Math.min(io.sectors() - begun, run.endSector() - lba);
        boolean hasData = io.operation() == IoOperation.READ || io.operation() == IoOperation.WRITE;
        long round = run.roundSectors();
        if (!hasData && run.stripeCount() > 1 && off % round == 0 && left >= round) {
            beginRounds(run, off / round * run.stripeSectors(), left / round);
            return;
        }
        long count = Math.min(left, run.straightSectors(off));
        Io part = part().prepare(io.operation(), run.diskSector(off), count);
        if (hasData) {
            addMemory(part, io, begun * BlockDevice.SECTOR_BYTES, count * BlockDevice.SECTOR_BYTES);
        }
        begun += count;
        submit(part, disks.get(run.disk(run.stripeAt(off))));
    }

    /** Of whole rounds each disk has one stretch. */
    private void beginRounds(ExtentMap.Run run, long legOff, long roundCount) {
        if (roundLeg == 0) {
            roundSectors = roundCount * run.stripeSectors();
        }
        int leg = roundLeg++;
        Io part = part().prepare(io().operation(), run.atSector(leg) + legOff, roundSectors);
        if (roundLeg == run.stripeCount()) {
            roundLeg = 0;
            begun += roundSectors * run.stripeCount();
        }
        submit(part, disks.get(run.disk(leg)));
    }

    /** The pieces of memory that hold those bytes of the request. */
    private static void addMemory(Io part, Io io, long fromByte, long byteCount) {
        long skip = fromByte;
        long left = byteCount;
        for (int index = 0; left > 0; index++) {
            int bytes = io.segmentBytes(index);
            if (skip >= bytes) {
                skip -= bytes;
                continue;
            }
            int count = (int) Math.min(bytes - skip, left);
            MemorySegment memory = io.segmentMemory(index);
            part.segment(memory, io.segmentAt(index) + skip, count);
            left -= count;
            skip = 0;
        }
    }

    private Io part() {
        return idle.isEmpty() ? new Io(Io.SEGMENT_COUNT_MAX) : idle.removeLast();
    }

    private void submit(Io part, BlockDevice disk) {
        Io io = io();
        part.fua(io.fua()).deadlineNs(io.deadlineNs()).then(partDone);
        disk.submit(part);
    }

    private void partDone(Io part) {
        inFlightCount--;
        idle.add(part);
        okCount += part.status().isOk() ? 1 : 0;
        outcome = worse(outcome, part.status());
        if (!beginning) {
            beginMore();
        }
    }

    private void endIfDone() {
        Io io = asked;
        if (io == null || inFlightCount > 0 || (hasMore() && outcome.isOk())) {
            return;
        }
        IoStatus end = end(io);
        asked = null;
        map = null;
        free.accept(this);
        io.complete(end);
    }

    /** What is said before anything was done is not true when a part of it was. */
    private IoStatus end(Io io) {
        boolean partly = okCount > 0 && !outcome.isOk() && io.operation().changesData();
        return switch (outcome) {
            case OK, FAILED, UNKNOWN, FENCED -> outcome;
            case NO_SPACE -> outcome;
            case RANGE, READ_ONLY, UNSUPPORTED, OFFLINE -> partly ? IoStatus.FAILED : outcome;
        };
    }

    /** UNKNOWN says the most: it may still happen; FENCED, that there is no use in going on. */
    private static IoStatus worse(IoStatus one, IoStatus other) {
        return weight(other) > weight(one) ? other : one;
    }

    private static int weight(IoStatus status) {
        return switch (status) {
            case OK -> 0;
            case RANGE, READ_ONLY, UNSUPPORTED -> 1;
            case OFFLINE -> 2;
            case NO_SPACE -> 3;
            case FAILED -> 4;
            case FENCED -> 5;
            case UNKNOWN -> 6;
        };
    }
}
