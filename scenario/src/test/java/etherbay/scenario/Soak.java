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
 * Runs scenarios on many seeds: {@code ./dev sim [--minutes M] [--seed S] [--seeds N] [--only NAME]
 * [--jobs J]}. With minutes, one seed of each after the other until they have passed; else N seeds
 * of each. Prints the first seed, what was tried how often, and for each failure the line that
 * replays it. Each job runs seeds of its own on a thread of its own.
 */
public final class Soak {
    private static final int SEED_COUNT_DEFAULT = 10_000;
    private static final int PROGRESS_SEED_COUNT = 1000;

    private final long firstSeed;
    private final long seedCount;
    private final AtomicBoolean over;
    private final Map<String, Simulation.Body> scenarios;
    private final int jobCount;
    private final Prng seeds;
    private final Map<String, Long> marks = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private long begunCount;
    private long runCount;
    private long simulatedNs;

    private Soak(
            long firstSeed,
            long seedCount,
            AtomicBoolean over,
            Map<String, Simulation.Body> scenarios,
            int jobCount) {
        this.firstSeed = firstSeed;
        this.seedCount = seedCount;
        this.over = over;
        this.scenarios = scenarios;
        this.jobCount = jobCount;
        seeds = new Prng(firstSeed);
    }

    /** Takes the options; ends with 1 when a scenario failed, with 2 for options that are none. */
    public static void main(String[] arguments) {
        long minutes = 0;
        long seed = Seeds.fresh();
        long count = SEED_COUNT_DEFAULT;
        int jobs = 1;
        Map<String, Simulation.Body> scenarios = Scenarios.byName();
        for (int index = 0; index < arguments.length; index += 2) {
            String name = arguments[index];
            String value = index + 1 < arguments.length ? arguments[index + 1] : "";
            switch (name) {
                case "--minutes" -> minutes = number(name, value);
                case "--seed" -> seed = seed(value);
                case "--seeds" -> count = number(name, value);
                case "--jobs" -> jobs = number(name, value);
                case "--only" -> scenarios = only(value);
                default -> misused("there is no option " + name);
            }
        }
        AtomicBoolean over = new AtomicBoolean();
        if (minutes > 0) {
            count = Long.MAX_VALUE;
            Executor later = CompletableFuture.delayedExecutor(minutes, TimeUnit.MINUTES);
            later.execute(() -> over.set(true));
        }
        System.exit(new Soak(seed, count, over, scenarios, jobs).run() ? 0 : 1);
    }

    private static int number(String option, String value) {
        if (!value.matches("[1-9][0-9]{0,8}")) {
            misused(option + " needs a number from 1 to 999999999, not `" + value + "`");
        }
        return Integer.parseInt(value);
    }

    private static long seed(String value) {
        try {
            return Seeds.parse(value);
        } catch (IllegalArgumentException none) {
            misused("--seed needs a seed as a failure prints it, not `" + value + "`");
            throw none;
        }
    }

    private static Map<String, Simulation.Body> only(String name) {
        if (!Scenarios.byName().containsKey(name)) {
            misused("there is no scenario " + name + ", but "
                    + String.join(", ", Scenarios.byName().keySet()));
        }
        return Map.of(name, Scenarios.of(name));
    }

    private static void misused(String why) {
        System.err.println("sim: " + why);
        System.err.println(
                "sim: [--minutes M] [--seed S] [--seeds N] [--only SCENARIO] [--jobs J]");
        System.exit(2);
    }

    private boolean run() {
        System.out.printf(
                "sim: %s, first seed 0x%016x%n", String.join(", ", scenarios.keySet()), firstSeed);
        List<Thread> jobs = new ArrayList<>();
        for (int job = 0; job < jobCount; job++) {
            jobs.add(Thread.ofPlatform().name("sim-" + job).start(this::work));
        }
        try {
            for (Thread job : jobs) {
                job.join();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return false;
        }
        report();
        return failures.isEmpty();
    }

    private void work() {
        for (long seed = nextSeed(); !over.get(); seed = nextSeed()) {
            long taken = seed;
            scenarios.forEach((name, body) -> runOne(name, taken, body));
        }
    }

    /** The first seed is the one that was asked for; past the last one it is over. */
    private synchronized long nextSeed() {
        if (begunCount == seedCount) {
            over.set(true);
        } else if (begunCount > 0 && begunCount % PROGRESS_SEED_COUNT == 0) {
            System.out.printf("sim: %d seeds, %d failures%n", begunCount, failures.size());
        }
        return begunCount++ == 0 ? firstSeed : seeds.nextLong();
    }

    private void runOne(String name, long seed, Simulation.Body body) {
        try {
            Seeds.Run run = Seeds.run(name, seed, body);
            noteRun(run);
        } catch (SimulationFailure failure) {
            noteFailure(failure.getMessage());
        }
    }

    private synchronized void noteRun(Seeds.Run run) {
        runCount++;
        simulatedNs += run.simulatedNs();
        run.marks().forEach((mark, times) -> marks.merge(mark, times, Long::sum));
    }

    private synchronized void noteFailure(String message) {
        runCount++;
        failures.add(message);
        System.out.println("sim: " + message);
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
