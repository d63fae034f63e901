// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * Something that a {@link Loop} turns: a port, the completions of a disk. Each step does a bounded
 * amount of work and never waits.
 */
public interface LoopPart {
    /** Takes what has arrived (frames, completions) and acts on it. @return pieces of work done */
    int poll(long nowNs);

    /** The last step of a turn: hands on what the turn gathered, in one go. */
    default void flush(long nowNs) {}

    /** When this part wants a turn even if nothing arrives; {@code Long.MAX_VALUE} for never. */
    default long nextDeadlineNs() {
        return Long.MAX_VALUE;
    }

    /**
     * Asked before the loop sleeps: sees to it that whatever arrives from now on wakes the loop.
     *
     * @return false when something is there already, so that the loop turns again instead
     */
    default boolean readyToIdle() {
        return true;
    }
}
