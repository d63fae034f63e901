// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import com.sun.management.ThreadMXBean;

import etherbay.base.Prng;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.HostileFrames;
import etherbay.sim.hostile.HostileFrames.Course;
import etherbay.sim.hostile.Marks;
import etherbay.sim.hostile.Replies;
import etherbay.sim.hostile.TargetModel;

import java.lang.management.ManagementFactory;

/**
 * One target under hostile frames, from its start to its end: bursts of frames, each burst until
 * all of it is answered, every answer compared with the model's, now and then all state. A frame
 * that changes what an export remembers ends its burst: what comes while a change is on its way to
 * the disk is a matter of time, and the model knows none. One thread.
 */
final class HostileLife implements AutoCloseable {
    /** Frames of one life: long enough to fill lists, short enough to run again. */
    static final long FRAME_COUNT = 100_000;

    private static final int BURST_COUNT_MAX = 24;

    /** From here on frames may end the play. */
    private static final long LAST_WORDS_AT = FRAME_COUNT - FRAME_COUNT / 20;

    private static final long RESTART_AT = FRAME_COUNT / 2;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final HostileBox box;
    private final TargetModel model = new TargetModel(HostileBox.PORTS, HostileBox.facts());
    private final HostileFrames frames;
    private final Replies replies = new Replies();
    private final Prng prng;
    private final int burstCountMax;
    private final HostileFrame drawn = new HostileFrame();
    private final HostileFrame[] burst = new HostileFrame[BURST_COUNT_MAX];
    private int burstCount;
    private long frameCount;
    private long comparedAt;
    private boolean restarted;
    private boolean spoke;
    private long allocatedBytes;

    /**
     * @param inBursts else one frame after the other, the same ones
     */
    HostileLife(long seed, boolean inBursts, HostilePlant plant) {
        Prng seeds = new Prng(seed);
        frames = new HostileFrames(seeds.nextLong(), Course.HANDED_OVER, model);
        prng = seeds.fork();
        box = new HostileBox(seeds.fork(), plant);
        box.tellIncarnations(model.exports());
        burstCountMax = inBursts ? BURST_COUNT_MAX : 1;
        for (int i = 0; i < BURST_COUNT_MAX; i++) {
            burst[i] = new HostileFrame();
        }
    }

    /**
     * Goes on until so many frames were handed over.
     *
     * @param compareEvery frames between two looks at all state
     */
    void run(long untilCount, long compareEvery) {
        while (frameCount < untilCount) {
            nextBurst(untilCount - frameCount);
            if (frameCount - comparedAt >= compareEvery) {
                compare();
            }
            if (!restarted && frameCount >= RESTART_AT) {
                restarted = true;
                compare();
                box.restart();
                model.exports().forEach(export -> export.restarted(box.nowNs()));
            }
        }
        compare();
    }

    private void compare() {
        box.compare(model.exports());
        comparedAt = frameCount;
    }

    private void nextBurst(long countMax) {
        int count = (int) Math.min(countMax, prng.between(1, burstCountMax));
        burstCount = 0;
        while (burstCount < count) {
            if (!spoke && frameCount >= LAST_WORDS_AT) {
                spoke = true;
                frames.lastWords();
            }
            long changesBefore = model.changeCount();
            frames.next(drawn);
            HostileFrame frame = burst[burstCount];
            frame.copyOf(drawn);
            burstCount++;
            frameCount++;
            long before = threads.getCurrentThreadAllocatedBytes();
            box.pass(frame.pauseNs());
            box.receive(frame);
            allocatedBytes += threads.getCurrentThreadAllocatedBytes() - before;
            model.take(frame, box.nowNs(), replies);
            if (model.changeCount() != changesBefore) {
                break;
            }
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        box.settle();
        allocatedBytes += threads.getCurrentThreadAllocatedBytes() - before;
        box.takeSent(this::answered);
        if (replies.openCount() > 0) {
            throw new AssertionError("not answered: " + replies.missing());
        }
    }

    private void answered(byte[] bytes, int length) {
        String wrong = replies.take(bytes, length);
        if (wrong != null) {
            throw new AssertionError("answered wrongly: " + wrong);
        }
    }

    /** Frames handed over. */
    long frameCount() {
        return frameCount;
    }

    /** Of those, the first ones, after which all state was as the model says. */
    long comparedAt() {
        return comparedAt;
    }

    /** The frames of the last burst. */
    HostileFrame lastFrame(int index) {
        return burst[index];
    }

    int lastFrameCount() {
        return burstCount;
    }

    long replyCount() {
        return replies.takenCount();
    }

    long changeCount() {
        return model.changeCount();
    }

    /** By the target and the harness's seams below and beside it, not by model and generator. */
    long allocatedBytes() {
        return allocatedBytes;
    }

    Marks marks() {
        return model.marks();
    }

    @Override
    public void close() {
        box.close();
    }
}
