// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import java.util.Arrays;

/**
 * When the requests came that are not answered yet, for the latency in the log. A fixed table in
 * which a newer request may push out an older one, whose answer then shows no latency. Owned by the
 * writer's thread.
 */
final class RequestTimes {
    /** The request of this answer is not known: the answer was not asked for, or it is too late. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /** Four times what one export has in flight at most, a power of two. */
    private static final int ENTRY_COUNT = 4096;

    private final long[] sources = new long[ENTRY_COUNT];
    private final int[] tags = new int[ENTRY_COUNT];
    private final long[] timesNs = new long[ENTRY_COUNT];

    RequestTimes() {
        Arrays.fill(timesNs, UNKNOWN);
    }

    /** A request of {@code mac}. One that is repeated counts from the last time. */
    void came(int tracer, long mac, int tag, long timeNs) {
        int index = index(tracer, mac, tag);
        sources[index] = source(tracer, mac);
        tags[index] = tag;
        timesNs[index] = timeNs;
    }

    /** When the request of an answer to {@code mac} came, once; or {@link #UNKNOWN}. */
    long take(int tracer, long mac, int tag) {
        int index = index(tracer, mac, tag);
        if (sources[index] != source(tracer, mac) || tags[index] != tag) {
            return UNKNOWN;
        }
        long timeNs = timesNs[index];
        timesNs[index] = UNKNOWN;
        return timeNs;
    }

    private static long source(int tracer, long mac) {
        return mac << 16 ^ tracer;
    }

    private static int index(int tracer, long mac, int tag) {
        long mixed = (source(tracer, mac) + tag) * 0x9e37_79b9_7f4a_7c15L; // 2^64 / golden ratio
        return (int) (mixed >>> 40) & (ENTRY_COUNT - 1);
    }
}
