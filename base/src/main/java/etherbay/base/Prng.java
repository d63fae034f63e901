// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The one source of chance: a seeded SplitMix64 generator (Steele, Lea, Flood 2014, figure 15). The
 * same seed gives the same numbers on every machine. Not for secrets.
 */
public final class Prng {
    private static final long GOLDEN_GAMMA = 0x9e37_79b9_7f4a_7c15L;
    private long state;

    public Prng(long seed) {
        state = seed;
    }

    /** 64 uniform bits. */
    public long nextLong() {
        state += GOLDEN_GAMMA;
        long z = state;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    /**
     * Uniform in {@code 0..bound-1}; the bias of the multiply-shift is below 2^-32 for small
     * bounds.
     */
    public int below(int bound) {
        Check.that(bound > 0, "the bound of a draw is positive");
        return (int) (((nextLong() >>> 32) * bound) >>> 32);
    }

    /** Uniform in {@code 0..bound-1}. */
    public long below(long bound) {
        Check.that(bound > 0, "the bound of a draw is positive");
        return Long.remainderUnsigned(nextLong(), bound);
    }

    /** Uniform in {@code low..high}, both included. */
    public int between(int low, int high) {
        return low + below(high - low + 1);
    }

    /** True with the given probability, 0.0 to 1.0. */
    public boolean chance(double probability) {
        return unit() < probability;
    }

    /** Uniform in [0, 1). */
    public double unit() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** A generator of its own, so that what one part draws does not move another part's numbers. */
    public Prng fork() {
        return new Prng(nextLong());
    }
}
