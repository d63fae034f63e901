// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import org.jspecify.annotations.Nullable;

/**
 * How the system calls of a {@link Disk} are made without waiting for them. Used by the loop of the
 * disk. Never more requests are under way than the disk has slots.
 */
sealed interface DiskEngine permits UringEngine, ThreadEngine {
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

    /** Ends it; nothing is under way. */
    void close();
}
