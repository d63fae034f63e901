// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.LoopPart;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file or a block device of this machine. A part of the loop from open to close. What more than
 * {@link Options#queueDepth} requests ask waits in the order of arrival.
 *
 * <p><b>Durability.</b> FLUSH is fdatasync(2); FUA is RWF_DSYNC on the write. After a sync failed
 * Linux has dropped the pages it could not write and reports the next sync as good. So from the
 * first failed sync on, every FLUSH and everything that changes data ends with FAILED, until the
 * disk is closed and opened again; reads go on.
 *
 * <p><b>Trim.</b> Only where a range surely reads as zeroes afterwards: fallocate(2) makes a hole.
 *
 * <p><b>Direct I/O.</b> Pieces of memory at odd addresses or of odd length are copied through one
 * of a few bounce buffers. Ranges that are no multiple of the logical block are refused with RANGE.
 */
public final class Disk implements BlockDevice, LoopPart {
    /** How the system calls are made. */
    public enum Engine {
        /** io_uring where the kernel lets us, else threads. */
        AUTO,
        URING,
        THREADS
    }

    /**
     * How to open.
     *
     * @param direct past the page cache (O_DIRECT)
     * @param readOnly takes no writes; shares a file with other readers
     * @param exclusive keeps others away: a lock on a file, O_EXCL on a block device. It binds
     *     those who ask for it too: we do, mounts and mkfs do
     * @param queueDepth requests under way at once, 1 to 1024
     */
    public record Options(
            boolean direct, boolean readOnly, boolean exclusive, Engine engine, int queueDepth) {
        /** Through the page cache, to read and write, exclusive, 64 deep. */
        public static final Options DEFAULT = new Options(false, false, true, Engine.AUTO, 64);

        public Options {
            Check.that(
                    queueDepth >= 1 && queueDepth <= QUEUE_DEPTH_MAX,
                    "a disk has 1 to QUEUE_DEPTH_MAX requests under way");
        }

        public Options withDirect(boolean wanted) {
            return new Options(wanted, readOnly, exclusive, engine, queueDepth);
        }

        public Options withReadOnly(boolean wanted) {
            return new Options(direct, wanted, exclusive, engine, queueDepth);
        }

        public Options withExclusive(boolean wanted) {
            return new Options(direct, readOnly, wanted, engine, queueDepth);
        }

        public Options withEngine(Engine wanted) {
            return new Options(direct, readOnly, exclusive, wanted, queueDepth);
        }

        public Options withQueueDepth(int requestCount) {
            return new Options(direct, readOnly, exclusive, engine, requestCount);
        }
    }

    public static final int QUEUE_DEPTH_MAX = 1024;

    private static final System.Logger LOG = System.getLogger("etherbay.disk");
    private static final long SIZE_CHECK_NS = 1_000_000_000L;

    private final DiskFile file;
    private final Loop loop;
    private final Arena arena;
    private final BlockCapabilities capabilities;
    private final Engine engineKind;
    private final DiskEngine engine;
    private final DiskSteps steps;
    private final List<Listener> listeners = new ArrayList<>();
    private final Timers.Timer sizeCheck;
    private long sectors;
    private boolean closed;

    private Disk(DiskFile file, Path path, Options options, Parts parts) {
        this.file = file;
        loop = parts.loop();
        arena = parts.arena();
        capabilities = file.capabilities();
        sectors = file.sectors(0);
        DiskRequest[] slots = DiskRequest.slots(arena, options.queueDepth());
        engine = engine(path, options, parts, slots);
        engineKind = engine instanceof UringEngine ? Engine.URING : Engine.THREADS;
        DiskLog log = new DiskLog(path, parts.counters());
        steps = new DiskSteps(file, engine, slots, new BouncePool(arena, slots.length), log);
        sizeCheck = loop.timers().timer(this::checkSize);
    }

    private record Parts(Loop loop, LinuxIdler idler, Counters counters, Arena arena) {}

    /**
     * Opens a disk and adds it to {@code loop}; on the loop's thread, or before it runs. May wait
     * for the medium.
     *
     * @param idler the loop's own
     * @param counters {@code disk.PATH.read, written, flushed, trimmed, failed, bounced}
     * @throws EtherbayException NOT_FOUND, DENIED, INVALID (a folder, a terminal), CONFLICT
     *     (somebody else uses it), ENVIRONMENT (no direct I/O or no io_uring, when asked for)
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is the disk's, which closes it
    public static Disk open(
            Path path, Options options, Loop loop, LinuxIdler idler, Counters counters) {
        loop.checkOwner();
        Arena arena = Arena.ofShared();
        @Nullable DiskFile file = null;
        try {
            file = DiskFile.open(path, options, arena);
            Disk disk = new Disk(file, path, options, new Parts(loop, idler, counters, arena));
            loop.add(disk);
            disk.sizeCheck.at(loop.clock().nanoTime() + SIZE_CHECK_NS);
            return disk;
        } catch (EtherbayException refused) {
            if (file != null) {
                file.close();
            }
            arena.close();
            throw refused;
        }
    }

    /** Whether a path names a block device, for which direct I/O is the usual choice. */
    public static boolean isBlockDevice(Path path) {
        return DiskFile.isBlockDevice(path);
    }

    private DiskEngine engine(Path path, Options options, Parts parts, DiskRequest[] slots) {
        if (options.engine() != Engine.THREADS) {
            Uring.Opened opened = Uring.open(slots.length);
            Uring ring = opened.ring();
            if (ring != null) {
                return new UringEngine(ring, parts.idler(), file.fd(), slots);
            }
            if (options.engine() == Engine.URING) {
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "cannot use io_uring for " + path,
                        Errno.name(opened.errno()),
                        "use the engine AUTO, or allow it: sysctl kernel.io_uring_disabled=0");
            }
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: no io_uring here ({1}); disk threads instead, at twice the work",
                    path,
                    Errno.name(opened.errno()));
        }
        return new ThreadEngine(loop, file.fd(), slots.length);
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    /** {@link Engine#URING} or {@link Engine#THREADS}: what is in use. */
    public Engine engine() {
        return engineKind;
    }

    /** Whether a sync failed: nothing is taken to be written until this is opened anew. */
    public boolean syncFailed() {
        return steps.syncFailed();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        loop.checkOwner();
        Check.that(!closed, "nothing is submitted to a closed disk");
        IoStatus refusal = BlockDevice.refusal(io, sectors, capabilities);
        if (refusal == IoStatus.OK && steps.refuses(io)) {
            refusal = IoStatus.FAILED;
        }
        if (refusal != IoStatus.OK) {
            io.complete(refusal);
            return;
        }
        steps.add(io);
    }

    @Override
    public int poll(long nowNs) {
        return closed ? 0 : steps.poll(nowNs); // a turn goes on to who left during it
    }

    @Override
    public void flush(long nowNs) {
        if (!closed) {
            engine.flush();
        }
    }

    @Override
    public boolean readyToIdle() {
        return closed || engine.quiet();
    }

    private void checkSize() {
        long before = sectors;
        sectors = file.sectors(before);
        if (sectors != before) {
            for (Listener listener : listeners) {
                listener.resized(this, before);
            }
        }
        sizeCheck.at(loop.clock().nanoTime() + SIZE_CHECK_NS);
    }

    @Override
    public void quiesce(Runnable finished) {
        loop.checkOwner();
        steps.quiesce(finished);
    }

    /**
     * Waits for what is in flight, running its continuations, and lets go of the file. Durable is
     * what a FLUSH made so: this is none.
     */
    @Override
    public void close() {
        loop.checkOwner();
        if (closed) {
            return;
        }
        Check.that(!steps.isCompleting(), "a disk is not closed from a continuation of its own");
        closed = true;
        while (!steps.isIdle()) {
            engine.await();
            steps.poll(loop.clock().nanoTime());
        }
        sizeCheck.cancel();
        loop.remove(this);
        engine.close();
        file.close();
        arena.close();
    }
}
