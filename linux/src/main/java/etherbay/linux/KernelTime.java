// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.lang.foreign.Arena;

/**
 * Turns the kernel's time stamps, which are wall time, into {@code Clock.nanoTime}. One offset for
 * all ports of the process, so that the order of the results is that of the stamps, whichever port
 * and loop the frames arrive at. It stays as it is until the wall clock has moved by more than a
 * millisecond against the monotonic one; the order of frames from both sides of that moment is then
 * only as good as a millisecond, or as the step of the clock.
 */
final class KernelTime {
    private static final long STEP_NS = 1_000_000;

    /**
     * How far from the truth a converted stamp may be: a step not yet noticed, and the sampling.
     */
    static final long ERROR_NS_MAX = 2 * STEP_NS;

    /** A sample taken across a longer pause than this says nothing. */
    private static final long SAMPLE_NS_MAX = 50_000;

    private static final long NS_PER_SEC = 1_000_000_000L;
    private static final long NSEC_AT = Layouts.at(Layouts.TIMESPEC, "tv_nsec");

    private static final int FIRST_SAMPLE_COUNT = 50;

    private static volatile long offsetNs = firstOffsetNs();

    private KernelTime() {}

    /**
     * Looks whether the offset still holds.
     *
     * @param timespec room for one, the caller's
     * @return {@code Clock.nanoTime} now: no stamp taken before can be later
     */
    static long sample(long timespec) {
        long beforeNs = System.nanoTime();
        QuietLibc.clockGettime(Constants.CLOCK_REALTIME, timespec);
        long afterNs = System.nanoTime();
        long newNs = timeNs(timespec) - (beforeNs + (afterNs - beforeNs) / 2);
        if (Math.abs(newNs - offsetNs) > STEP_NS && afterNs - beforeNs <= SAMPLE_NS_MAX) {
            offsetNs = newNs;
        }
        return afterNs;
    }

    /** The first offset: that of the quickest of a few samples, as the first ones run cold code. */
    private static long firstOffsetNs() {
        long bestNs = 0;
        long shortestNs = Long.MAX_VALUE;
        try (Arena arena = Arena.ofConfined()) {
            long timespec = arena.allocate(Layouts.TIMESPEC).address();
            for (int sample = 0; sample < FIRST_SAMPLE_COUNT; sample++) {
                long beforeNs = System.nanoTime();
                QuietLibc.clockGettime(Constants.CLOCK_REALTIME, timespec);
                long tookNs = System.nanoTime() - beforeNs;
                if (tookNs < shortestNs) {
                    shortestNs = tookNs;
                    bestNs = timeNs(timespec) - (beforeNs + tookNs / 2);
                }
            }
        }
        return bestNs;
    }

    /** The {@code Clock.nanoTime} of a stamp, to within a millisecond. */
    static long monotonicNs(long timespec) {
        return timeNs(timespec) - offsetNs;
    }

    private static long timeNs(long timespec) {
        return Memory.getLong(timespec) * NS_PER_SEC + Memory.getLong(timespec + NSEC_AT);
    }
}
