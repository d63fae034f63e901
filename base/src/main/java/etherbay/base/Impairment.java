// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * What a bad network does to each frame: loses it, doubles it, delays it, holds it back so that
 * later ones overtake it. Pure and seeded: the same seed gives the same fates, and no allocation.
 * Whoever carries frames (the segment's switch, the simulator's network) asks for each one:
 *
 * <pre>
 *   impairment.next();
 *   for (int copy = 0; copy &lt; impairment.copies(); copy++) {
 *       deliverAt(nowNs + impairment.delayNs(copy));
 *   }
 * </pre>
 *
 * <p>Frames that are due at the same time are delivered in the order of their arrival: then without
 * {@code reorder} the order is kept. Each frame draws equally many numbers whatever happens to it,
 * so that another probability does not move the fates that it has nothing to do with. Owned by one
 * thread.
 */
public final class Impairment {
    /** How far a frame is held back unless told otherwise: long enough for a burst to pass it. */
    public static final long HOLD_NS_MIN = 1_000_000;

    /** Longest delay: what is in a real network for longer is gone. */
    public static final long DELAY_NS_MAX = 60_000_000_000L;

    private static final int COPY_COUNT_MAX = 2;

    /**
     * How bad.
     *
     * @param loss probability that a frame vanishes, 0.0 to 1.0
     * @param duplicate probability that a frame that is not lost arrives twice
     * @param reorder probability of each copy to be held back by up to {@code holdNs}
     * @param delayNs what every copy is delayed by
     * @param holdNs the longest that a copy is held back beyond the delay
     */
    public record Settings(
            double loss, double duplicate, double reorder, long delayNs, long holdNs) {
        /** A network that delivers everything once, in order, at once. */
        public static final Settings NONE = of(0, 0, 0, 0);

        public Settings {
            checkProbability("loss", loss);
            checkProbability("duplicate", duplicate);
            checkProbability("reorder", reorder);
            if (delayNs < 0 || delayNs > DELAY_NS_MAX || holdNs < 1) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "a delay of " + delayNs + " ns, held back up to " + holdNs + " ns",
                        "a frame arrives after it was sent, and within a minute or not at all",
                        "give a delay from 0 to 60 seconds");
            }
        }

        /** Holds back by up to four delays, at least {@link #HOLD_NS_MIN}. */
        public static Settings of(double loss, double duplicate, double reorder, long delayNs) {
            return new Settings(
                    loss, duplicate, reorder, delayNs, Math.max(HOLD_NS_MIN, 4 * delayNs));
        }

        private static void checkProbability(String name, double value) {
            if (!(value >= 0 && value <= 1)) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        name + " of " + value,
                        "it is a probability per frame",
                        "give a number from 0 to 1, as 0.01 for one frame in a hundred");
            }
        }
    }

    private final Prng prng;
    private Settings settings;
    private int copies;
    private final long[] delayNs = new long[COPY_COUNT_MAX];

    public Impairment(Settings settings, Prng prng) {
        this.settings = settings;
        this.prng = prng;
    }

    /** Gets better or worse from the next frame on. */
    public void settings(Settings changed) {
        settings = changed;
    }

    public Settings settings() {
        return settings;
    }

    /** Decides the fate of one more frame. */
    public void next() {
        boolean lost = prng.chance(settings.loss());
        boolean doubled = prng.chance(settings.duplicate());
        copies = lost ? 0 : doubled ? 2 : 1;
        for (int copy = 0; copy < COPY_COUNT_MAX; copy++) {
            boolean held = prng.chance(settings.reorder());
            long heldNs = 1 + prng.below(settings.holdNs());
            delayNs[copy] = settings.delayNs() + (held ? heldNs : 0);
        }
    }

    /** How often the frame arrives: 0 when it is lost, else 1 or 2. */
    public int copies() {
        return copies;
    }

    /** How long after now the copy, 0 or 1, arrives. */
    public long delayNs(int copy) {
        return delayNs[copy];
    }
}
