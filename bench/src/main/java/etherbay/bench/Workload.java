// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Check;

/**
 * What a {@link LoadGenerator} does in one run.
 *
 * @param target the disk
 * @param write writes the {@link Pattern}; else reads
 * @param sequential in order of the addresses, from the first sector and round again; else at
 *     random
 * @param verify compares what is read with the {@link Pattern}
 * @param window requests in flight, 1 to {@link #WINDOW_MAX}
 * @param sectors sectors of a request; the frame must fit the MTU
 * @param spanSectors the first so many sectors of the disk are used; 0 for all, as IDENTIFY says
 * @param durationNs how long; 0 for no limit
 * @param requestCount how many requests; 0 for no limit
 * @param seed of the random addresses
 */
record Workload(
        Address target,
        boolean write,
        boolean sequential,
        boolean verify,
        int window,
        int sectors,
        long spanSectors,
        long durationNs,
        long requestCount,
        long seed) {
    /** Slots of the generator: the low bits of a tag. */
    static final int WINDOW_MAX = 1024;

    Workload {
        Check.that(window >= 1 && window <= WINDOW_MAX, "a window is 1 to WINDOW_MAX");
        Check.that(sectors >= 1 && sectors <= 255, "a request has 1 to 255 sectors");
        Check.that(durationNs > 0 || requestCount > 0, "a run has an end");
    }

    /** A timed run at random addresses of the first {@code spanSectors}. */
    static Workload random(
            Address target, boolean write, int window, int sectors, long spanSectors) {
        return new Workload(
                target, write, false, false, window, sectors, spanSectors, 1_000_000_000L, 0, 1);
    }

    /** The same for that long. */
    Workload lasting(double seconds) {
        return with(verify, (long) (seconds * 1e9), requestCount, seed);
    }

    /** The same, but ended after so many requests too. */
    Workload requests(long count) {
        return with(verify, durationNs, count, seed);
    }

    /** The same, but what is read is compared with the {@link Pattern}. */
    Workload verified() {
        return with(true, durationNs, requestCount, seed);
    }

    /** The same with other random addresses. */
    Workload seed(long other) {
        return with(verify, durationNs, requestCount, other);
    }

    private Workload with(boolean compared, long lastingNs, long requests, long otherSeed) {
        return new Workload(
                target,
                write,
                sequential,
                compared,
                window,
                sectors,
                spanSectors,
                lastingNs,
                requests,
                otherSeed);
    }
}
