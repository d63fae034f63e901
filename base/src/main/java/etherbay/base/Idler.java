// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** How a loop sleeps. The Linux one waits on the file descriptors of the loop's ports and disks. */
public interface Idler {
    /**
     * Sleeps until something arrives at a part of the loop, {@link #wakeUp} was called since the
     * last sleep ended, or {@code timeoutNs} has passed. May return early.
     *
     * @param timeoutNs more than 0; {@code Long.MAX_VALUE} for no limit
     */
    void idle(long timeoutNs);

    /** Ends the present sleep, or the next one at once. Any thread. */
    void wakeUp();

    /** Lets go of what it holds; the loop has ended. */
    default void close() {}
}
