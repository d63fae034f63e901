// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;
import etherbay.base.Idler;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;

/**
 * Sleeps in ppoll(2) over the file descriptors of a loop's ports and disks and an eventfd of its
 * own, which {@link #wakeUp} writes to. Owned by one loop; only {@link #wakeUp} and {@link #disks}
 * may be called elsewhere.
 */
public final class LinuxIdler implements Idler {
    private static final long POLLFD_BYTES = Layouts.POLLFD.byteSize();
    private static final long FD_AT = Layouts.at(Layouts.POLLFD, "fd");
    private static final long EVENTS_AT = Layouts.at(Layouts.POLLFD, "events");
    private static final long REVENTS_AT = Layouts.at(Layouts.POLLFD, "revents");
    private static final long SEC_AT = Layouts.at(Layouts.TIMESPEC, "tv_sec");
    private static final long NSEC_AT = Layouts.at(Layouts.TIMESPEC, "tv_nsec");
    private static final long NS_PER_SEC = 1_000_000_000L;
    private static final int FD_COUNT_INITIAL = 16;

    private final Arena arena = Arena.ofShared();
    private final long timespec = arena.allocate(Layouts.TIMESPEC).address();

    /** What is written to the eventfd: the number one, always. */
    private final long one;

    private final long drained = arena.allocate(Long.BYTES, Long.BYTES).address();
    private int eventFd;
    private long pollfds;
    private int fdCountMax = FD_COUNT_INITIAL;
    private int fdCount;
    private @Nullable LoopDisks disks;

    /** Takes one file descriptor until {@link #close}. */
    public LinuxIdler() {
        eventFd = Linux.expect(
                Libc.eventfd(0, Constants.EFD_CLOEXEC | Constants.EFD_NONBLOCK), "eventfd");
        one = arena.allocate(Long.BYTES, Long.BYTES).address();
        Memory.putLong(one, 1);
        pollfds = arena.allocate(POLLFD_BYTES * fdCountMax, Long.BYTES).address();
        watch(eventFd);
    }

    /** From now on the sleep ends when {@code fd} becomes readable. */
    public void watch(int fd) {
        if (fdCount == fdCountMax) {
            long larger =
                    arena.allocate(POLLFD_BYTES * fdCountMax * 2, Long.BYTES).address();
            Memory.copy(pollfds, larger, POLLFD_BYTES * fdCount);
            pollfds =
                    larger; // the smaller one stays until close: together less than twice the size
            fdCountMax *= 2;
        }
        long entry = pollfds + POLLFD_BYTES * fdCount++;
        Memory.putInt(entry + FD_AT, fd);
        Memory.putShort(entry + EVENTS_AT, (short) Constants.POLLIN);
        Memory.putShort(entry + REVENTS_AT, (short) 0);
    }

    /** Undoes {@link #watch}; before the descriptor is closed. */
    public void unwatch(int fd) {
        if (eventFd < 0) {
            return; // closed before the parts of its loop
        }
        for (int index = 0; index < fdCount; index++) {
            long entry = pollfds + POLLFD_BYTES * index;
            if (Memory.getInt(entry + FD_AT) == fd) {
                fdCount--;
                Memory.copy(pollfds + POLLFD_BYTES * fdCount, entry, POLLFD_BYTES);
                return;
            }
        }
        Check.that(false, "only a watched descriptor is unwatched");
    }

    @Override
    public void idle(long timeoutNs) {
        long timeout = 0;
        if (timeoutNs != Long.MAX_VALUE) {
            Memory.putLong(timespec + SEC_AT, timeoutNs / NS_PER_SEC);
            Memory.putLong(timespec + NSEC_AT, timeoutNs % NS_PER_SEC);
            timeout = timespec;
        }
        // Fails only when a signal ends the sleep early, which is allowed.
        int ready = QuietLibc.ppoll(pollfds, fdCount, timeout, 0);
        if (ready > 0 && Memory.getShort(pollfds + REVENTS_AT) != 0) {
            QuietLibc.read(eventFd, drained, Long.BYTES);
        }
    }

    @Override
    public synchronized void wakeUp() {
        if (eventFd >= 0) {
            // Fails only when the counter is full, and then the sleeper is woken anyway.
            QuietLibc.write(eventFd, one, Long.BYTES);
        }
    }

    /** What the disks of {@code loop}, whose idler this is, share; any thread. */
    synchronized LoopDisks disks(Loop loop) {
        LoopDisks present = disks;
        if (present == null) {
            Check.that(eventFd >= 0, "a closed idler gets no disks");
            present = new LoopDisks(this, loop);
            disks = present;
        }
        Check.that(present.loop() == loop, "an idler is of one loop");
        return present;
    }

    /** Nothing is watched any more, and wake-ups go nowhere. */
    @Override
    public void close() {
        LoopDisks present = closeOwn();
        if (present != null) {
            present.close(); // not under the lock: it waits for threads, which wake
        }
    }

    private synchronized @Nullable LoopDisks closeOwn() {
        if (eventFd >= 0) {
            Libc.close(eventFd);
            eventFd = -1;
            fdCount = 0;
            arena.close();
        }
        LoopDisks present = disks;
        disks = null;
        return present;
    }
}
