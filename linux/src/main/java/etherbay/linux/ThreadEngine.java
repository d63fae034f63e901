// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

/**
 * Disk calls by a few threads that may wait in them: for kernels and sandboxes without io_uring.
 * Half as fast per processor, and as fast in requests per second, as io_uring once 32 are in
 * flight. The requests and the results pass through two queues under one lock each. One for all
 * disks of a loop, which owns it; its threads begin when first needed and end with it.
 */
final class ThreadEngine implements DiskEngine {
    /**
     * Calls of one disk at once, for which more gain nothing: 64 threads were slower than 32 on the
     * machine measured.
     */
    private static final int DISK_CALL_COUNT_MAX = 32;

    /** Twice that, so that one disk that hangs does not stop the others. */
    private static final int THREAD_COUNT_MAX = 2 * DISK_CALL_COUNT_MAX;

    private final Loop loop;
    private final Handover asked = new Handover();
    private final Handover ended = new Handover();
    private final Thread[] threads = new Thread[THREAD_COUNT_MAX];
    private int threadCount;
    private volatile @Nullable Throwable death;

    ThreadEngine(Loop loop) {
        this.loop = loop;
    }

    /** What one disk has with the threads, and what of it must wait. Owned by the loop. */
    static final class Share {
        private final DiskRequestQueue held = new DiskRequestQueue();
        private int callCount;
    }

    /** First in, first out, between the loop and the threads. */
    private static final class Handover {
        private final DiskRequestQueue requests = new DiskRequestQueue();
        private int count;
        private int waiterCount;
        private boolean closed;

        /** @return whether somebody waited for it */
        synchronized boolean add(DiskRequest request) {
            requests.add(request);
            count++;
            notify();
            return count <= waiterCount;
        }

        synchronized @Nullable DiskRequest poll() {
            DiskRequest request = requests.poll();
            if (request != null) {
                count--;
            }
            return request;
        }

        /** Waits for a request; null when this was closed. */
        synchronized @Nullable DiskRequest take() {
            awaitNotEmpty();
            return poll();
        }

        /** Waits until a request is there or this is closed, interrupted or not. */
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
    public Disk.Engine kind() {
        return Disk.Engine.THREADS;
    }

    @Override
    public void start(DiskRequest request) {
        Share share = request.disk().share;
        if (share.callCount == DISK_CALL_COUNT_MAX) {
            share.held.add(request);
        } else {
            share.callCount++;
            hand(request);
        }
    }

    private void hand(DiskRequest request) {
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
                        request.fd,
                        request.iovecs,
                        request.iovecCount,
                        request.offsetBytes,
                        request.flags);
            case WRITE ->
                Libc.pwritev2(
                        request.fd,
                        request.iovecs,
                        request.iovecCount,
                        request.offsetBytes,
                        request.flags);
            case SYNC -> Libc.fdatasync(request.fd);
            case ALLOCATE ->
                Libc.fallocate(request.fd, request.flags, request.offsetBytes, request.stepBytes);
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
        DiskRequest request = ended.poll();
        if (request != null) {
            Share share = request.disk().share;
            DiskRequest next = share.held.poll();
            if (next == null) {
                share.callCount--;
            } else {
                hand(next);
            }
        }
        return request;
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
