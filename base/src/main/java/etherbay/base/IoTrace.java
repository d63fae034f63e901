// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** Who is shown the requests of a {@link TraceDevice}. On the device's loop. */
@FunctionalInterface
public interface IoTrace {
    /**
     * A request has ended as {@code io.status()} says. Copies what it wants to know, and neither
     * waits nor keeps the slot.
     *
     * @param submittedNs when it was submitted, in {@code Clock.nanoTime}
     */
    void ended(Io io, long submittedNs);
}
