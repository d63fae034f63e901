// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

/**
 * Turns the kernel's time stamps, which are wall time, into {@code Clock.nanoTime}. One offset for
 * all ports of the process, so that the order of the results is that of the stamps, whichever port
 * and loop the frames arrive at. It stays as it is until the wall clock has moved by more than a
 * millisecond against the monotonic one; the order of frames from both sides of that moment is then
 * only as good as a millisecond, or as the step of the clock.
 */
final class KernelTime {
    private static final long STEP_NS = 1_000_000;

    /** A sample taken across a longer pause than this says nothing. */
    private static final long SAMPLE_NS_MAX = 50_000;

    private static final long NS_PER_SEC = 1_000_000_000L;
    private static final long NSEC_AT = Layouts.at(Layouts.TIMESPEC, "tv_nsec");

    private static volatile long offsetNs;
    private static volatile boolean known;

    private KernelTime() {}

    /**
     * Looks whether the offset still holds.
     *
     * @param timespec room for one, the caller's
     * @return {@code Clock.nanoTime} now: no stamp taken before can be later
     */
    static long sample(long timespec) {
        long beforeNs = System.nanoTime();
        Libc.clockGettime(Constants.CLOCK_REALTIME, timespec);
        long afterNs = System.nanoTime();
        long newNs = timeNs(timespec) - (beforeNs + (afterNs - beforeNs) / 2);
        boolean moved = !known || Math.abs(newNs - offsetNs) > STEP_NS;
        if (moved && (!known || afterNs - beforeNs <= SAMPLE_NS_MAX)) {
            offsetNs = newNs;
            known = true;
        }
        return afterNs;
    }

    /** The {@code Clock.nanoTime} of a stamp; after the first {@link #sample}. */
    static long monotonicNs(long timespec) {
        return timeNs(timespec) - offsetNs;
    }

    private static long timeNs(long timespec) {
        return Memory.getLong(timespec) * NS_PER_SEC + Memory.getLong(timespec + NSEC_AT);
    }
}
