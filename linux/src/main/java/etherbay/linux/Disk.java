// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file or a block device of this machine. What more than {@link Options#queueDepth} requests ask
 * waits in the order of arrival. The disks of a loop share what makes their calls ({@link
 * LoopDisks}): one that does nothing costs a turn nothing.
 *
 * <p><b>Life.</b> {@link #open} and {@link #close} do all of it on the loop's thread and may wait.
 * A loop that serves has another thread {@link #prepare} a disk, {@link #attach}es it, {@link
 * #quiesce}s and {@link #detach}es it when it is no longer wanted, and leaves it to another thread
 * to {@link #release}. One thread has a disk at a time, and gets it from another by a mailbox or
 * the like.
 *
 * <p><b>Writes</b> through the page cache of a local file system are made at once where they should
 * not wait ({@link PromptWrites}).
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
public final class Disk implements BlockDevice {
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
     * @param shared exclusive, but for others who say the same: each writes parts of its own
     * @param queueDepth requests under way at once, 1 to 1024
     */
    public record Options(
            boolean direct,
            boolean readOnly,
            boolean exclusive,
            boolean shared,
            Engine engine,
            int queueDepth) {
        /** Through the page cache, to read and write, exclusive, 64 deep. */
        public static final Options DEFAULT =
                new Options(false, false, true, false, Engine.AUTO, 64);

        public Options {
            Check.that(
                    queueDepth >= 1 && queueDepth <= QUEUE_DEPTH_MAX,
                    "a disk has 1 to QUEUE_DEPTH_MAX requests under way");
        }

        public Options withDirect(boolean wanted) {
            return new Options(wanted, readOnly, exclusive, shared, engine, queueDepth);
        }

        public Options withReadOnly(boolean wanted) {
            return new Options(direct, wanted, exclusive, shared, engine, queueDepth);
        }

        public Options withExclusive(boolean wanted) {
            return new Options(direct, readOnly, wanted, shared, engine, queueDepth);
        }

        public Options withShared(boolean wanted) {
            return new Options(direct, readOnly, exclusive, wanted, engine, queueDepth);
        }

        public Options withEngine(Engine wanted) {
            return new Options(direct, readOnly, exclusive, shared, wanted, queueDepth);
        }

        public Options withQueueDepth(int requestCount) {
            return new Options(direct, readOnly, exclusive, shared, engine, requestCount);
        }
    }

    public static final int QUEUE_DEPTH_MAX = 1024;

    private enum Life {
        PREPARED,
        ATTACHED,
        CLOSING,
        DETACHED,
        RELEASED
    }

    private final DiskFile file;
    private final LoopDisks disks;
    private final Loop loop;
    private final Arena arena;
    private final BlockCapabilities capabilities;
    private final DiskEngine engine;
    private final DiskSteps steps;
    private final DiskLog log;
    private CachedPages cached;
    private final PromptWrites prompt;
    private final List<Listener> listeners = new ArrayList<>(1);
    private long sectors;
    private volatile Life life = Life.PREPARED;

    private Disk(
            DiskFile file,
            LoopDisks disks,
            DiskEngine engine,
            Arena arena,
            DiskSteps steps,
            DiskLog log,
            CachedPages cached,
            PromptWrites prompt) {
        this.file = file;
        this.log = log;
        this.cached = cached;
        this.prompt = prompt;
        this.disks = disks;
        this.engine = engine;
        this.arena = arena;
        this.steps = steps;
        loop = disks.loop();
        capabilities = file.capabilities();
        sectors = file.sectors(0);
    }

    /**
     * Opens a disk and adds it to {@code loop}; on the loop's thread, or before it runs. May wait
     * for the medium.
     *
     * @param idler the loop's own
     * @param counters {@code disk.PATH.read, written, flushed, trimmed, failed, bounced}
     * @throws EtherbayException NOT_FOUND, DENIED, INVALID (a folder, a terminal), CONFLICT
     *     (somebody else uses it), ENVIRONMENT (no direct I/O or no io_uring, when asked for)
     */
    public static Disk open(
            Path path, Options options, Loop loop, LinuxIdler idler, Counters counters) {
        loop.checkOwner();
        Disk disk = prepare(path, options, loop, idler, counters);
        disk.attach();
        return disk;
    }

    /**
     * The part of {@link #open} that may wait: opens and locks a disk, and looks at it. Any
     * platform thread, while the loop runs; several may prepare disks at once. What this returns is
     * {@link #attach}ed later, or {@link #release}d.
     *
     * @param loop which is not touched
     * @throws EtherbayException as {@link #open}
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is the disk's, which closes it
    public static Disk prepare(
            Path path, Options options, Loop loop, LinuxIdler idler, Counters counters) {
        LoopDisks disks = idler.disks(loop);
        Arena arena = Arena.ofShared();
        @Nullable DiskFile file = null;
        try {
            file = DiskFile.open(path, options, arena);
            DiskEngine engine = disks.join(path, options.engine());
            DiskLog log = new DiskLog(path, counters);
            CachedPages cached = file.cachedPages();
            PromptWrites prompt = disks.promptWrites(cached);
            DiskSteps steps =
                    new DiskSteps(file, engine, disks.slots(), options.queueDepth(), log, prompt);
            return new Disk(file, disks, engine, arena, steps, log, cached, prompt);
        } catch (EtherbayException refused) {
            if (file != null) {
                file.close();
            }
            arena.close();
            throw refused;
        }
    }

    /** Makes a prepared disk serve; on the loop's thread. Never waits. */
    public void attach() {
        loop.checkOwner();
        Check.that(life == Life.PREPARED, "a disk is attached once, after it was prepared");
        disks.attach(this);
        life = Life.ATTACHED;
    }

    /**
     * Ends the service of a disk of which nothing is in flight, such as after {@link #quiesce}; on
     * the loop's thread, and not from a continuation of its own. Never waits. What is left is to
     * {@link #release} it.
     */
    public void detach() {
        loop.checkOwner();
        Check.that(life == Life.ATTACHED, "only an attached disk is detached");
        Check.that(
                steps.isIdle() && !steps.isCompleting(),
                "a disk is detached when nothing of it is in flight");
        leaveLoop();
    }

    private void leaveLoop() {
        disks.detach(this);
        life = Life.DETACHED;
        disks.retire(cached);
    }

    /**
     * Lets go of the file of a disk that is detached, or was never attached. Any platform thread.
     * May wait for the medium. Durable is what a FLUSH made so: this is none.
     */
    public void release() {
        synchronized (this) {
            Check.that(
                    life == Life.PREPARED || life == Life.DETACHED,
                    "a disk is released once, and not while it is attached");
            if (life == Life.PREPARED) {
                cached.close();
            }
            life = Life.RELEASED;
        }
        file.close();
        arena.close();
        disks.leave();
    }

    /** Whether a path names a block device, for which direct I/O is the usual choice. */
    public static boolean isBlockDevice(Path path) {
        return DiskFile.isBlockDevice(path);
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
        return engine.kind();
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
        Check.that(life == Life.ATTACHED, "requests go to a disk that is attached and not closed");
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

    /** Of what is in the page cache, unless the disk is open for direct I/O. */
    @Override
    public long lend(long lba, int sectorCount) {
        if (life != Life.ATTACHED || lba < 0 || lba > sectors - sectorCount) {
            return 0;
        }
        long address = cached.at(lba * SECTOR_BYTES, (long) sectorCount * SECTOR_BYTES);
        if (address != 0) {
            log.done(IoOperation.READ);
            if (cached.isCrowded()) {
                mapAnew();
            }
        }
        return address;
    }

    /** What was lent of the former mapping lasts for this turn. */
    private void mapAnew() {
        disks.retire(cached);
        cached = file.cachedPages();
        prompt.cached(cached);
    }

    /** {@link DiskFile#medium}. */
    long medium() {
        return file.medium();
    }

    /** What makes the calls of this disk. */
    DiskEngine calls() {
        return engine;
    }

    /** Looks whether the size has changed; the loop's, once a second. */
    void checkSize() {
        long before = sectors;
        sectors = file.sectors(before);
        if (sectors > before || !(cached.isEmpty() || cached.tellsTruth())) {
            mapAnew();
        }
        if (sectors != before) {
            for (Listener listener : listeners) {
                listener.resized(this, before);
            }
        }
    }

    @Override
    public void quiesce(Runnable finished) {
        loop.checkOwner();
        steps.quiesce(finished);
    }

    /**
     * Waits for what is in flight, running its continuations, and lets go of the file. Durable is
     * what a FLUSH made so: this is none. On the loop's thread while it is attached; the same as
     * {@link #release} otherwise, and nothing when that has happened.
     */
    @Override
    public void close() {
        if (life == Life.RELEASED || life == Life.CLOSING) {
            return;
        }
        if (life == Life.ATTACHED) {
            loop.checkOwner();
            Check.that(
                    !steps.isCompleting(), "a disk is not closed from a continuation of its own");
            life = Life.CLOSING;
            disks.await(steps, engine);
            leaveLoop();
        }
        release();
    }
}
