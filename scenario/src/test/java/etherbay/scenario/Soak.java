// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Prng;
import etherbay.sim.Seeds;
import etherbay.sim.Simulation;
import etherbay.sim.SimulationFailure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs every scenario on many seeds: {@code ./dev sim [--minutes M] [--seed S] [--seeds N]}. With
 * minutes, one seed of each after the other until they have passed; else N seeds of each. Prints
 * the first seed, what was tried how often, and for each failure the line that replays it.
 */
public final class Soak {
    private static final int SEED_COUNT_DEFAULT = 10_000;
    private static final int PROGRESS_SEED_COUNT = 1000;

    private final long firstSeed;
    private final long seedCount;
    private final AtomicBoolean over;
    private final Map<String, Long> marks = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private long runCount;
    private long simulatedNs;

    private Soak(long firstSeed, long seedCount, AtomicBoolean over) {
        this.firstSeed = firstSeed;
        this.seedCount = seedCount;
        this.over = over;
    }

    /** Takes the options; ends with 1 when a scenario failed, with 2 for options that are none. */
    public static void main(String[] arguments) {
        long minutes = 0;
        long seed = Seeds.fresh();
        long count = SEED_COUNT_DEFAULT;
        for (int index = 0; index < arguments.length; index += 2) {
            String value = index + 1 < arguments.length ? arguments[index + 1] : "";
            switch (arguments[index]) {
                case "--minutes" -> minutes = Long.parseLong(value);
                case "--seed" -> seed = Seeds.parse(value);
                case "--seeds" -> count = Long.parseLong(value);
                default -> {
                    System.err.println("sim: [--minutes M] [--seed S] [--seeds N]");
                    System.exit(2);
                }
            }
        }
        AtomicBoolean over = new AtomicBoolean();
        if (minutes > 0) {
            count = Long.MAX_VALUE;
            Executor later = CompletableFuture.delayedExecutor(minutes, TimeUnit.MINUTES);
            later.execute(() -> over.set(true));
        }
        System.exit(new Soak(seed, count, over).run() ? 0 : 1);
    }

    private boolean run() {
        System.out.printf(
                "sim: %s, first seed 0x%016x%n",
                String.join(", ", Scenarios.byName().keySet()), firstSeed);
        Prng seeds = new Prng(firstSeed);
        for (long index = 0; index < seedCount && !over.get(); index++) {
            long seed = index == 0 ? firstSeed : seeds.nextLong();
            Scenarios.byName().forEach((name, body) -> runOne(name, seed, body));
            if ((index + 1) % PROGRESS_SEED_COUNT == 0) {
                System.out.printf("sim: %d seeds, %d failures%n", index + 1, failures.size());
            }
        }
        report();
        return failures.isEmpty();
    }

    private void runOne(String name, long seed, Simulation.Body body) {
        if (over.get()) {
            return;
        }
        runCount++;
        try {
            Seeds.Run run = Seeds.run(name, seed, body);
            simulatedNs += run.simulatedNs();
            run.marks().forEach((mark, times) -> marks.merge(mark, times, Long::sum));
        } catch (SimulationFailure failure) {
            failures.add(failure.getMessage());
            System.out.println("sim: " + failure.getMessage());
        }
    }

    private void report() {
        marks.forEach((mark, times) -> System.out.printf("  %12d  %s%n", times, mark));
        long cpuMs = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(Duration::toMillis)
                .orElse(0L);
        System.out.printf(
                "sim: %d runs, %d failed; %d s of simulated time in %d s of processor time%n",
                runCount, failures.size(), simulatedNs / 1_000_000_000, cpuMs / 1000);
    }
}
