// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.FrameText;
import etherbay.base.Prng;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.Marks;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * Any number of hostile frames from one seed, as one {@link HostileLife} after the other, the first
 * with that very seed. A life that fails is run again and looked at after each frame, so that what
 * is reported is the first frame after which target and model differ. One thread.
 */
final class HostileRun {
    private static final long COMPARE_EVERY = 1000;
    private static final int HEX_BYTES_MAX = 128;

    private final HostilePlant plant;

    private final Marks marks = new Marks();
    private long frameCount;
    private long replyCount;
    private long changeCount;
    private long allocatedBytes;

    HostileRun(HostilePlant plant) {
        this.plant = plant;
    }

    /** A run failed: what, after which frame, and the one line that runs it again. */
    static final class HostileFailure extends AssertionError {
        private static final long serialVersionUID = 1;

        HostileFailure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Runs {@code count} frames.
     *
     * @param progress told the frames done after each life
     */
    void run(long seed, long count, LongConsumer progress) {
        Prng seeds = new Prng(seed);
        long lifeSeed = seed;
        for (long left = count; left > 0; left -= HostileLife.FRAME_COUNT) {
            runLife(lifeSeed, Math.min(left, HostileLife.FRAME_COUNT));
            lifeSeed = seeds.nextLong();
            progress.accept(frameCount);
        }
    }

    private void runLife(long seed, long count) {
        try (HostileLife life = new HostileLife(seed, true, plant)) {
            try {
                life.run(count, COMPARE_EVERY);
            } catch (AssertionError | RuntimeException failure) {
                lookCloser(seed, life, false);
                lookCloser(seed, life, true);
                throw failure(seed, life, "seen once, not when run again", failure);
            }
            frameCount += life.frameCount();
            replyCount += life.replyCount();
            changeCount += life.changeCount();
            allocatedBytes += life.allocatedBytes();
            marks.addAll(life.marks());
        }
    }

    /**
     * The same frames; those since all was well are compared after each burst. Fails with the first
     * that matters.
     */
    private void lookCloser(long seed, HostileLife failed, boolean inBursts) {
        try (HostileLife life = new HostileLife(seed, inBursts, plant)) {
            try {
                life.run(failed.comparedAt(), COMPARE_EVERY);
                life.run(failed.frameCount(), 1);
            } catch (AssertionError | RuntimeException failure) {
                String how = inBursts ? "in a burst" : "one by one";
                throw failure(seed, life, how, failure);
            }
        }
    }

    private static HostileFailure failure(
            long seed, HostileLife life, String how, Throwable failure) {
        StringBuilder text = new StringBuilder();
        long first = life.frameCount() - life.lastFrameCount();
        text.append("hostile frames, %s: %s%n".formatted(how, failure));
        for (int i = 0; i < life.lastFrameCount(); i++) {
            text.append(text(first + i + 1, life.lastFrame(i)));
        }
        text.append(String.format(
                Locale.ROOT,
                "  replay: ./dev hostile --seed 0x%016x --frames %d",
                seed,
                life.frameCount()));
        return new HostileFailure(text.toString(), failure);
    }

    private static String text(long number, HostileFrame frame) {
        int shown = Math.min(frame.length(), HEX_BYTES_MAX);
        return "  frame %d on port %d, %d ns old: %s%n    %s%s%n"
                .formatted(
                        number,
                        frame.port(),
                        frame.agoNs(),
                        FrameText.of(MemorySegment.ofArray(frame.bytes()), 0, frame.length()),
                        HexFormat.of().formatHex(frame.bytes(), 0, shown),
                        shown < frame.length() ? "..." : "");
    }

    long frameCount() {
        return frameCount;
    }

    long allocatedBytes() {
        return allocatedBytes;
    }

    Marks marks() {
        return marks;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d frames, %,d answers, %,d changes of state, %d bytes allocated per frame%n  %s",
                frameCount,
                replyCount,
                changeCount,
                allocatedBytes / Math.max(1, frameCount),
                marks);
    }
}
