// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.base.LoopPart;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;

/**
 * What the {@link Disk}s of one loop share: one io_uring, or one set of threads where io_uring is
 * refused; the slots of requests under way; one turn; one clock for looking at their sizes. So a
 * disk for which nothing is under way costs a turn nothing.
 *
 * <p><b>Life.</b> It belongs to the {@link LinuxIdler} of the loop, which makes it when the first
 * disk is prepared. The io_uring (or the threads) is made for the first disk that wants it. It is a
 * part of the loop, and its descriptor is watched, while a disk is attached. It is closed with the
 * idler, or by the last disk released after that.
 *
 * <p><b>Threads.</b> {@link #join} and {@link #leave} are called on any thread, by disks that are
 * prepared and released, and count them under a lock. Everything else is the loop's.
 */
final class LoopDisks implements LoopPart {
    /**
     * Completions of one turn, of all disks: more wait for the next, so that the ports get theirs.
     * About a millisecond when each of them answers a frame.
     */
    private static final int COMPLETION_COUNT_MAX = 256;

    /**
     * The sizes of a tenth of the disks are looked at each tick, on ticks common to all loops: each
     * disk once a second, by at most ten wake-ups, and none for ticks that have no disk.
     */
    private static final long TICK_NS = 100_000_000L;

    private static final int TICK_COUNT = 10;

    private static final System.Logger LOG = System.getLogger("etherbay.disk");

    private final LinuxIdler idler;
    private final Loop loop;
    private final DiskSlots slots = new DiskSlots();

    // Under the lock of this.
    private @Nullable UringEngine uring;
    private @Nullable ThreadEngine threads;
    private int joinedCount;
    private boolean refusalLogged;
    private boolean idlerClosed;

    // The loop's. A disk attached is at an index that it keeps; its tick is that modulo TICK_COUNT.
    private @Nullable Disk[] attached = new Disk[TICK_COUNT];
    private int attachedCount;

    /** Whether all that are attached lie on the same medium. */
    private boolean oneMedium;

    /** Those that an attached disk uses: one or both kinds. */
    private DiskEngine[] turned = {};

    /**
     * Ended, but taken out while only those of another disk were asked for, or made by the loop
     * itself.
     */
    private final DiskRequestQueue later = new DiskRequestQueue();

    private final Timers.Timer sizeCheck;
    private long tickLast;

    /** Of disks that were detached in this turn, or mapped anew. */
    private final ArrayDeque<CachedPages> retired = new ArrayDeque<>();

    private final Timers.Timer retirement;

    LoopDisks(LinuxIdler idler, Loop loop) {
        this.idler = idler;
        this.loop = loop;
        sizeCheck = loop.timers().timer(this::checkSizes); // not set, so nothing of the loop's
        retirement = loop.timers().timer(this::unmapRetired);
    }

    Loop loop() {
        return loop;
    }

    /** Of a disk of that mapping. */
    PromptWrites promptWrites(CachedPages cached) {
        return new PromptWrites(this, later, cached);
    }

    /** While it is so, a disk that makes the loop wait keeps nobody waiting but its own. */
    boolean isOneMedium() {
        return oneMedium;
    }

    DiskSlots slots() {
        return slots;
    }

    /**
     * Counts a disk in.
     *
     * @return what makes its calls
     * @throws EtherbayException ENVIRONMENT: no io_uring, and nothing else will do
     */
    synchronized DiskEngine join(Path path, Disk.Engine wanted) {
        Check.that(!idlerClosed, "no disk is prepared for a loop that has ended");
        DiskEngine engine = wanted == Disk.Engine.THREADS ? threads() : uringOr(path, wanted);
        joinedCount++;
        return engine;
    }

    private DiskEngine uringOr(Path path, Disk.Engine wanted) {
        if (uring != null) {
            return uring;
        }
        Uring.Opened opened =
                Uring.open(UringEngine.ENTRY_COUNT, UringEngine.COMPLETION_ENTRY_COUNT);
        Uring ring = opened.ring();
        if (ring != null) {
            uring = new UringEngine(ring, slots);
            return uring;
        }
        if (wanted == Disk.Engine.URING) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot use io_uring for " + path,
                    Errno.name(opened.errno()),
                    "use the engine AUTO, or allow it: sysctl kernel.io_uring_disabled=0");
        }
        if (!refusalLogged) {
            refusalLogged = true;
            LOG.log(
                    System.Logger.Level.INFO,
                    "no io_uring here ({0}); disk threads instead, at twice the work",
                    Errno.name(opened.errno()));
        }
        return threads();
    }

    private ThreadEngine threads() {
        ThreadEngine engine = threads;
        if (engine == null) {
            engine = new ThreadEngine(loop);
            threads = engine;
        }
        return engine;
    }

    /** Counts a disk out, which is not attached. */
    synchronized void leave() {
        Check.that(joinedCount > 0, "a disk leaves once");
        joinedCount--;
        closeWhenLeft();
    }

    /** The idler is closed: what there is goes with the last disk. */
    synchronized void close() {
        idlerClosed = true;
        for (CachedPages one = retired.poll(); one != null; one = retired.poll()) {
            one.close();
        }
        closeWhenLeft();
    }

    private void closeWhenLeft() {
        if (!idlerClosed || joinedCount > 0) {
            return;
        }
        if (uring != null) {
            uring.close();
        }
        if (threads != null) {
            threads.close();
        }
        slots.close();
    }

    /** Takes a disk into the turns of the loop. */
    void attach(Disk disk) {
        loop.checkOwner();
        int index = 0;
        while (index < attached.length && attached[index] != null) {
            index++;
        }
        if (index == attached.length) {
            attached = Arrays.copyOf(attached, index * 2);
        }
        attached[index] = disk;
        if (attachedCount++ == 0) {
            loop.add(this);
            tickLast = Math.floorDiv(loop.clock().nanoTime(), TICK_NS);
        }
        turn(disk.calls());
        lookAtMedia();
        setSizeCheck();
    }

    private void lookAtMedia() {
        oneMedium = Arrays.stream(attached)
                        .filter(Objects::nonNull)
                        .mapToLong(Disk::medium)
                        .distinct()
                        .limit(2)
                        .count()
                == 1;
    }

    private void turn(DiskEngine engine) {
        for (DiskEngine known : turned) {
            if (known == engine) {
                return;
            }
        }
        turned = Arrays.copyOf(turned, turned.length + 1);
        turned[turned.length - 1] = engine;
        engine.watch(idler);
    }

    /** Undoes {@link #attach}; nothing of the disk is under way. */
    void detach(Disk disk) {
        loop.checkOwner();
        boolean found = false;
        boolean engineUsed = false;
        for (int index = 0; index < attached.length; index++) {
            Disk other = attached[index];
            if (other == disk) {
                attached[index] = null;
                found = true;
            } else if (other != null) {
                engineUsed |= other.calls() == disk.calls();
            }
        }
        Check.that(found, "an attached disk is in the turns of its loop");
        if (!engineUsed) {
            turned = Arrays.stream(turned)
                    .filter(engine -> engine != disk.calls())
                    .toArray(DiskEngine[]::new);
            disk.calls().unwatch(idler);
        }
        if (--attachedCount == 0) {
            loop.remove(this);
        }
        lookAtMedia();
        setSizeCheck();
    }

    /**
     * Ends a mapping that is a disk's no longer: in the next turn, when the ports have sent what
     * lies in it, and by another thread, for it takes long where much was used.
     */
    void retire(CachedPages pages) {
        if (!pages.wereUsed() || isIdlerClosed()) {
            pages.close();
            return;
        }
        retired.add(pages);
        retirement.at(loop.clock().nanoTime() + 1);
    }

    private synchronized boolean isIdlerClosed() {
        return idlerClosed;
    }

    private void unmapRetired() {
        for (CachedPages one = retired.poll(); one != null; one = retired.poll()) {
            CachedPages pages = one;
            Thread.ofPlatform().daemon().name("etherbay-unmap").start(() -> {
                Linux.giveWay(); // with the loop's slice it would come as soon as that
                pages.close();
            });
        }
    }

    @Override
    public int poll(long nowNs) {
        int done = 0;
        DiskRequest request = nextEnded();
        while (request != null) {
            request.disk().ended(request, nowNs);
            done++;
            request = done < COMPLETION_COUNT_MAX ? nextEnded() : null;
        }
        return done;
    }

    private @Nullable DiskRequest nextEnded() {
        DiskRequest request = later.poll();
        for (int index = 0; request == null && index < turned.length; index++) {
            request = turned[index].completed();
        }
        return request;
    }

    @Override
    public void flush(long nowNs) {
        // What was written since the poll is answered in this turn, by ports that flush after this.
        DiskRequest request = later.poll();
        for (int done = 1; request != null; done++) {
            request.disk().ended(request, nowNs);
            request = done < COMPLETION_COUNT_MAX ? later.poll() : null;
        }
        for (DiskEngine engine : turned) {
            engine.flush();
        }
    }

    @Override
    public boolean readyToIdle() {
        boolean quiet = later.isEmpty();
        for (DiskEngine engine : turned) {
            quiet &= engine.quiet();
        }
        return quiet;
    }

    /**
     * Waits until nothing of that disk is in flight, running its continuations and no others: what
     * else ends meanwhile is for the next turn.
     */
    void await(DiskSteps disk, DiskEngine engine) {
        while (!disk.isIdle()) {
            DiskRequest request = later.pollOf(disk);
            if (request == null) {
                request = engine.completed();
            }
            if (request == null) {
                engine.await();
            } else if (request.disk() == disk) {
                disk.ended(request, loop.clock().nanoTime());
            } else {
                later.add(request);
            }
        }
    }

    private void checkSizes() {
        long tick = Math.floorDiv(loop.clock().nanoTime(), TICK_NS);
        // After a stall each disk is looked at once, not once for each second that passed.
        long first = Math.max(tickLast + 1, tick - TICK_COUNT + 1);
        for (long due = first; due <= tick; due++) {
            int phase = (int) Math.floorMod(due, (long) TICK_COUNT);
            for (int index = phase; index < attached.length; index += TICK_COUNT) {
                Disk disk = attached[index];
                if (disk != null) {
                    disk.checkSize(); // its listeners may detach any disk
                }
            }
        }
        tickLast = tick;
        setSizeCheck();
    }

    /** Sets the timer to the next tick on which there is a disk to look at. */
    private void setSizeCheck() {
        sizeCheck.cancel();
        for (long tick = tickLast + 1; tick <= tickLast + TICK_COUNT; tick++) {
            if (hasDisk((int) Math.floorMod(tick, (long) TICK_COUNT))) {
                sizeCheck.at(tick * TICK_NS);
                return;
            }
        }
    }

    private boolean hasDisk(int phase) {
        for (int index = phase; index < attached.length; index += TICK_COUNT) {
            if (attached[index] != null) {
                return true;
            }
        }
        return false;
    }
}
