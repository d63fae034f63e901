// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.LatencyBounds;
import etherbay.base.MacAddress;

import java.util.Arrays;
import java.util.List;

/**
 * What was asked of an export since it was first served here, by whom, and how fast it has answered
 * lately. A value: made on the loop, for any thread.
 *
 * @param initiators the latest {@link Limits#INITIATOR_COUNT_MAX}, in the order of their addresses
 */
public record TrafficView(
        Sums sums,
        Latency readLatency,
        Latency writeLatency,
        Times readTimes,
        Times writeTimes,
        List<Initiator> initiators) {
    /** Nobody has asked anything. */
    public static final TrafficView NONE = new TrafficView(
            new Sums(0, 0, 0, 0, 0, 0, 0),
            Latency.NONE,
            Latency.NONE,
            Times.NONE,
            Times.NONE,
            List.of());

    public TrafficView {
        initiators = List.copyOf(initiators);
    }

    /**
     * Requests that ended, and bytes of those that ended well.
     *
     * @param flushes that ended well
     * @param errors requests that ended with an error of the disk
     * @param retransmits requests that had been asked before, as far as that can be known
     */
    public record Sums(
            long reads,
            long readBytes,
            long writes,
            long writtenBytes,
            long flushes,
            long errors,
            long retransmits) {}

    /**
     * Of the requests that ended in about the last ten seconds, from the arrival of the frame to
     * its answer; zeroes for none. Percentiles are at most 6 % too high.
     */
    public record Latency(long count, long p50Us, long p99Us, long p999Us, long maxUs) {
        public static final Latency NONE = new Latency(0, 0, 0, 0, 0);
    }

    /**
     * Of all requests that ended, from the arrival of the frame to its answer.
     *
     * @param counts of those that took at most {@link LatencyBounds#US}, and not the bound before;
     *     last, of those that took longer than any
     * @param sumUs of all
     */
    public record Times(List<Long> counts, long sumUs) {
        public static final Times NONE = of(new long[LatencyBounds.US.size() + 1], 0);

        public Times {
            counts = List.copyOf(counts);
        }

        static Times of(long[] counts, long sumUs) {
            return new Times(Arrays.stream(counts).boxed().toList(), sumUs);
        }
    }

    /**
     * One of those who asked.
     *
     * @param interfaceName on which it was heard last
     * @param firstMs wall time of its first request that was executed
     * @param neverFlushes whether it wrote what was not to be durable at once, and never sent a
     *     FLUSH
     */
    public record Initiator(
            MacAddress mac,
            String interfaceName,
            long firstMs,
            long lastMs,
            boolean neverFlushes,
            Sums sums,
            Latency readLatency,
            Latency writeLatency) {}
}
