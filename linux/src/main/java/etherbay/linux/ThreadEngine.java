// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

/**
 * Disk calls by a few threads that may wait in them: for kernels and sandboxes without io_uring.
 * Half as fast per processor, and as fast in requests per second, as io_uring once 32 are in
 * flight. The requests and the results pass through two rings under one lock each.
 */
final class ThreadEngine implements DiskEngine {
    /** More gain nothing: 64 threads were slower than 32 on the machine measured. */
    private static final int THREAD_COUNT_MAX = 32;

    private final Loop loop;
    private final int diskFd;
    private final Ring asked;
    private final Ring ended;
    private final Thread[] threads;
    private int threadCount;
    private volatile @Nullable Throwable death;

    ThreadEngine(Loop loop, int diskFd, int slotCount) {
        this.loop = loop;
        this.diskFd = diskFd;
        asked = new Ring(slotCount);
        ended = new Ring(slotCount);
        threads = new Thread[Math.min(THREAD_COUNT_MAX, slotCount)];
    }

    /** First in, first out; as long as there are slots, so it never overflows. */
    private static final class Ring {
        private final @Nullable DiskRequest[] requests;
        private int headIndex;
        private int count;
        private int waiterCount;
        private boolean closed;

        Ring(int requestCountMax) {
            requests = new DiskRequest[requestCountMax];
        }

        /** @return whether somebody waited for it */
        synchronized boolean add(DiskRequest request) {
            requests[(headIndex + count++) % requests.length] = request;
            notify();
            return count <= waiterCount;
        }

        synchronized @Nullable DiskRequest poll() {
            if (count == 0) {
                return null;
            }
            DiskRequest request = requests[headIndex];
            requests[headIndex] = null;
            headIndex = (headIndex + 1) % requests.length;
            count--;
            return request;
        }

        /** Waits for a request; null when the ring was closed. */
        synchronized @Nullable DiskRequest take() {
            awaitNotEmpty();
            return poll();
        }

        /** Waits until a request is there or the ring is closed, interrupted or not. */
        synchronized void awaitNotEmpty() {
            boolean interrupted = false;
            waiterCount++;
            while (count == 0 && !closed) {
                try {
                    wait();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
            waiterCount--;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        synchronized boolean isEmpty() {
            return count == 0;
        }

        synchronized void close() {
            closed = true;
            notifyAll();
        }
    }

    @Override
    public void start(DiskRequest request) {
        if (!asked.add(request) && threadCount < threads.length) {
            Thread thread = Thread.ofPlatform()
                    .daemon()
                    .name(loop.name() + "-disk-" + threadCount)
                    .unstarted(this::run);
            threads[threadCount++] = thread;
            thread.start();
        }
    }

    private void run() {
        try {
            for (DiskRequest request = asked.take(); request != null; request = asked.take()) {
                request.result = call(request);
                ended.add(request);
                loop.wakeUp();
            }
        } catch (Throwable bug) {
            death = bug;
            ended.close();
            loop.wakeUp();
        }
    }

    private long call(DiskRequest request) {
        return switch (request.call) {
            case READ ->
                Libc.preadv2(
                        diskFd,
                        request.iovecs,
                        request.iovecCount,
                        request.offsetBytes,
                        request.flags);
            case WRITE ->
                Libc.pwritev2(
                        diskFd,
                        request.iovecs,
                        request.iovecCount,
                        request.offsetBytes,
                        request.flags);
            case SYNC -> Libc.fdatasync(diskFd);
            case ALLOCATE ->
                Libc.fallocate(diskFd, request.flags, request.offsetBytes, request.stepBytes);
        };
    }

    /** Nothing: a request begins when it is started. */
    @Override
    public void flush() {}

    @Override
    public @Nullable DiskRequest completed() {
        Throwable bug = death;
        if (bug != null) {
            throw new AssertionError("a disk thread died", bug);
        }
        return ended.poll();
    }

    @Override
    public boolean quiet() {
        return ended.isEmpty() && death == null;
    }

    @Override
    public void await() {
        ended.awaitNotEmpty();
    }

    @Override
    public void close() {
        asked.close();
        boolean interrupted = false;
        for (int index = 0; index < threadCount; index++) {
            boolean joined = false;
            while (!joined) {
                try {
                    threads[index].join();
                    joined = true;
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
