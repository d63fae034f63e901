// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The first seam: time. Nobody else asks the system. A loop reads it once a turn and passes
 * {@code nowNs} on; what runs under the simulator gets simulated time without knowing.
 */
public interface Clock {
    /** Nanoseconds since an arbitrary instant; never goes back; the time base of all deadlines. */
    long nanoTime();

    /**
     * Milliseconds since 1970-01-01 UTC; may jump; only for people to read, never for decisions.
     */
    long wallMillis();
}
