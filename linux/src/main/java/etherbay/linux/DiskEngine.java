// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import org.jspecify.annotations.Nullable;

/**
 * How the system calls of the {@link Disk}s of one loop are made without waiting for them. Used by
 * that loop. Takes as many requests as there are: each disk has its own bound.
 */
sealed interface DiskEngine permits UringEngine, ThreadEngine {
    /** {@link Disk.Engine#URING} or {@link Disk.Engine#THREADS}. */
    Disk.Engine kind();

    /** From now on, ends wake the sleep of {@code idler}. */
    default void watch(LinuxIdler idler) {}

    /** Undoes {@link #watch}. */
    default void unwatch(LinuxIdler idler) {}

    /** Takes the call that {@code request} describes; {@link #flush} sees to it that it begins. */
    void start(DiskRequest request);

    /** Hands on what was started, in one go. */
    void flush();

    /** The next request whose call has ended, its result in it; null when there is none now. */
    @Nullable
    DiskRequest completed();

    /** Whether nothing has ended and nothing waits to be handed on; later ends wake the loop. */
    boolean quiet();

    /** Waits until some request has ended; only while one is under way. */
    void await();

    /** Ends it; nothing is under way and nobody watches. Any thread. */
    void close();
}
