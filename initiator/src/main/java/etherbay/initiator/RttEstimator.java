// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

/**
 * How long an answer takes on one path, and how long to wait for one: smoothed mean and mean
 * deviation as RFC 6298 section 2 keeps them, in nanoseconds. Each transmission has a tag of its
 * own, so every answer is a sample, those to requests that were sent again too. Owned by one loop.
 */
final class RttEstimator {
    /** RFC 6298 (2.1): before the first sample; a LAN needs less than the second it says. */
    static final long RTO_NS_FIRST = 100_000_000;

    /** Below lies what a loop that shares its cores is late by anyway. */
    static final long RTO_NS_MIN = 2_000_000;

    /** Waiting longer only adds to the stall after an outage. */
    static final long RTO_NS_MAX = 200_000_000;

    private long srttNs;
    private long rttvarNs;

    /** Takes the time that one transmission took to be answered. */
    void sample(long rttNs) {
        if (srttNs == 0) {
            srttNs = Math.max(rttNs, 1);
            rttvarNs = rttNs / 2;
            return;
        }
        // RFC 6298 (2.3): beta 1/4, alpha 1/8, the deviation first.
        rttvarNs += (Math.abs(srttNs - rttNs) - rttvarNs) / 4;
        srttNs = Math.max(srttNs + (rttNs - srttNs) / 8, 1);
    }

    /** Whether there was a sample. */
    boolean known() {
        return srttNs != 0;
    }

    /** Smoothed round-trip time; 0 before the first sample. */
    long srttNs() {
        return srttNs;
    }

    /**
     * How long to wait for the answer to one transmission.
     *
     * @param transmissionCount of the request so far, this one included; each doubles the wait
     */
    long timeoutNs(int transmissionCount) {
        long baseNs = srttNs == 0
                ? RTO_NS_FIRST
                : Math.clamp(srttNs + 4 * rttvarNs, RTO_NS_MIN, RTO_NS_MAX);
        int doublings = Math.min(transmissionCount - 1, 16);
        return Math.min(baseNs << doublings, RTO_NS_MAX);
    }
}
