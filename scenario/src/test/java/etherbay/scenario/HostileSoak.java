// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.sim.Seeds;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/**
 * {@code ./dev hostile [--frames N] [--seed S]}: hostile frames against the shipped target in this
 * process, ten million unless told otherwise. Prints what was tried and how often, what the target
 * allocated, and how much memory was in use at the first tenth and at the end; a failure with the
 * line that replays it.
 */
public final class HostileSoak {
    private static final long FRAME_COUNT_DEFAULT = 10_000_000;
    private static final long PROGRESS_FRAME_COUNT = 1_000_000;
    private static final double MIB = 1 << 20;

    /** What the collector may leave, classes loaded late, and code: no list grows in it. */
    private static final long GROWTH_BYTES_MAX = 4 << 20;

    private final long seed;
    private final long frameCount;
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private long usedBytesWarm;
    private long usedBytes;

    private HostileSoak(long seed, long frameCount) {
        this.seed = seed;
        this.frameCount = frameCount;
    }

    /** Takes the options; ends with 1 when something differed, with 2 for options that are none. */
    public static void main(String[] arguments) {
        long seed = Seeds.fresh();
        long count = FRAME_COUNT_DEFAULT;
        for (int index = 0; index < arguments.length; index += 2) {
            String value = index + 1 < arguments.length ? arguments[index + 1] : "";
            switch (arguments[index]) {
                case "--frames" -> count = Long.parseLong(value.replace("_", ""));
                case "--seed" -> seed = Seeds.parse(value);
                default -> {
                    System.err.println("hostile: [--frames N] [--seed S]");
                    System.exit(2);
                }
            }
        }
        System.exit(new HostileSoak(seed, count).run() ? 0 : 1);
    }

    private boolean run() {
        System.out.printf("hostile: seed 0x%016x, %,d frames%n", seed, frameCount);
        HostileRun run = new HostileRun(HostilePlant.NONE);
        try {
            run.run(seed, frameCount, this::progress);
        } catch (HostileRun.HostileFailure failure) {
            System.out.println("hostile: FAILED: " + failure.getMessage());
            return false;
        }
        System.out.println("hostile: " + run);
        long growthBytes = usedBytes - usedBytesWarm;
        System.out.printf(
                "hostile: heap in use %.1f MiB after the first tenth, %.1f MiB at the end%n",
                usedBytesWarm / MIB, usedBytes / MIB);
        if (growthBytes > GROWTH_BYTES_MAX) {
            System.out.printf("hostile: FAILED: it grew by %,d bytes%n", growthBytes);
            return false;
        }
        return true;
    }

    /** Every fourth collection leaves no gaps; the others may leave some dead objects. */
    private long usedBytesAtLeast() {
        long leastBytes = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            leastBytes = Math.min(leastBytes, memory.getHeapMemoryUsage().getUsed());
        }
        return leastBytes;
    }

    /** After each life, when nothing of it is needed any more. */
    private void progress(long done) {
        boolean first = usedBytesWarm == 0 && done * 10 >= frameCount;
        if (first || done >= frameCount) {
            usedBytes = usedBytesAtLeast();
            usedBytesWarm = first ? usedBytes : usedBytesWarm;
        }
        if (done % PROGRESS_FRAME_COUNT == 0) {
            System.out.printf("hostile: %,d frames as the model says%n", done);
        }
    }
}
