// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What one run of a {@link LoadGenerator} saw. Passed between processes as one line of {@code
 * key=value} pairs.
 *
 * @param failure why there was no run; empty when there was
 * @param requestCount answered within the run
 * @param elapsedNs of the run, from the first request on
 * @param retransmits requests sent again because no answer came in time
 * @param errors answers that refused: AoE errors and ATA status
 * @param mismatches sectors that did not hold the pattern, when verifying
 * @param bufferCount what the target says it keeps for an initiator
 * @param latency from the first transmission to the answer
 */
record LoadResult(
        String failure,
        long requestCount,
        long elapsedNs,
        long retransmits,
        long errors,
        long mismatches,
        int bufferCount,
        Latency latency) {
    /** Percentiles of one run. */
    record Latency(long p50Ns, long p99Ns, long p999Ns, long maxNs) {}

    static LoadResult failed(String why) {
        return new LoadResult(why, 0, 0, 0, 0, 0, 0, new Latency(0, 0, 0, 0));
    }

    boolean ok() {
        return failure.isEmpty();
    }

    /** Answered requests a second. */
    double rate() {
        return elapsedNs == 0 ? 0 : requestCount * 1e9 / elapsedNs;
    }

    /** One line; {@link #parse} reads it. */
    String toLine() {
        if (!ok()) {
            return "failure=" + failure;
        }
        return String.format(
                Locale.ROOT,
                "requests=%d elapsedNs=%d retransmits=%d errors=%d"
                        + " mismatches=%d buffers=%d p50Ns=%d"
                        + " p99Ns=%d p999Ns=%d maxNs=%d",
                requestCount,
                elapsedNs,
                retransmits,
                errors,
                mismatches,
                bufferCount,
                latency.p50Ns(),
                latency.p99Ns(),
                latency.p999Ns(),
                latency.maxNs());
    }

    static LoadResult parse(String line) {
        if (line.startsWith("failure=")) {
            return failed(line.substring("failure=".length()));
        }
        Map<String, Long> values = new LinkedHashMap<>();
        for (String pair : line.strip().split(" ", -1)) {
            int equals = pair.indexOf('=');
            values.put(pair.substring(0, equals), Long.valueOf(pair.substring(equals + 1)));
        }
        return new LoadResult(
                "",
                value(values, "requests"),
                value(values, "elapsedNs"),
                value(values, "retransmits"),
                value(values, "errors"),
                value(values, "mismatches"),
                (int) value(values, "buffers"),
                new Latency(
                        value(values, "p50Ns"),
                        value(values, "p99Ns"),
                        value(values, "p999Ns"),
                        value(values, "maxNs")));
    }

    private static long value(Map<String, Long> values, String key) {
        Long value = values.get(key);
        if (value == null) {
            throw new IllegalStateException("no " + key + " in the answer of the load generator");
        }
        return value;
    }

    /** A line for a person. */
    String toText() {
        return String.format(
                Locale.ROOT,
                "%,.0f requests/s, p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us,"
                        + " %d retransmits, %d errors, %d mismatches",
                rate(),
                latency.p50Ns() / 1e3,
                latency.p99Ns() / 1e3,
                latency.p999Ns() / 1e3,
                latency.maxNs() / 1e3,
                retransmits,
                errors,
                mismatches);
    }
}
