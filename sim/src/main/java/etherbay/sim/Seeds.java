// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;
import etherbay.base.Prng;

import java.io.PrintStream;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which seeds a run takes, and the run of one of them. The system properties: {@code etherbay.seed}
 * (one seed, decimal or 0x hexadecimal, to run alone) and {@code etherbay.seeds} (how many).
 */
public final class Seeds {
    private Seeds() {}

    /** What one run left behind. */
    public record Run(long traceHash, long simulatedNs, Map<String, Long> marks) {}

    static Map<String, Long> forSeeds(String name, int count, Simulation.Body body) {
        String one = System.getProperty("etherbay.seed", "");
        if (!one.isEmpty()) {
            System.out.println(name + ": seed " + one + " alone");
            return run(name, parse(one), body).marks();
        }
        int seedCount = Integer.getInteger("etherbay.seeds", count);
        int fixedCount = (seedCount + 1) / 2;
        long fresh = fresh();
        System.out.printf(
                "%s: %d fixed seeds, %d fresh ones from %s%n",
                name, fixedCount, seedCount - fixedCount, SimulationFailure.hex(fresh));
        Map<String, Long> marks = new TreeMap<>();
        Prng seeds = new Prng(name.hashCode());
        for (int index = 0; index < seedCount; index++) {
            if (index == fixedCount) {
                seeds = new Prng(fresh);
            }
            long seed = seeds.nextLong();
            Run run = run(name, seed, body);
            run.marks().forEach((mark, times) -> marks.merge(mark, times, Long::sum));
            if (index == 0) {
                checkRepeats(name, seed, run, body);
            }
        }
        System.out.println(name + ": " + marks);
        return marks;
    }

    /** A seed that nobody chose. The only chance that is not drawn from a seed. */
    public static long fresh() {
        return new SecureRandom().nextLong();
    }

    /** A seed as people write them: decimal, or 0x and up to 64 bits in hexadecimal. */
    public static long parse(String text) {
        return text.startsWith("0x") || text.startsWith("0X")
                ? Long.parseUnsignedLong(text.substring(2), 16)
                : Long.parseLong(text);
    }

    /**
     * Runs one seed.
     *
     * @throws SimulationFailure when the body throws; it says how to run it again
     */
    public static Run run(String name, long seed, Simulation.Body body) {
        try (Simulation simulation = new Simulation(name, seed)) {
            return run(simulation, body);
        }
    }

    /** The same, with each step printed. */
    public static Run runTraced(String name, long seed, PrintStream out, Simulation.Body body) {
        try (Simulation simulation = new Simulation(name, seed)) {
            simulation.traceTo(out);
            return run(simulation, body);
        }
    }

    private static Run run(Simulation simulation, Simulation.Body body) {
        try {
            body.run(simulation);
        } catch (AssertionError | RuntimeException failure) {
            double atMs = (simulation.nowNs() - SimClock.START_NS) / 1e6;
            throw new SimulationFailure(
                    "%s failed at %.6f ms: %s"
                            .formatted(simulation.name(), atMs, failure.getMessage()),
                    replayLine(simulation.name(), simulation.seed()),
                    simulation.seed(),
                    failure);
        }
        return new Run(
                simulation.traceHash(),
                simulation.nowNs() - SimClock.START_NS,
                new TreeMap<>(simulation.marks()));
    }

    static String replayLine(String name, long seed) {
        return "./dev replay " + name + " --seed " + SimulationFailure.hex(seed);
    }

    private static void checkRepeats(String name, long seed, Run first, Simulation.Body body) {
        Run second = run(name, seed, body);
        Check.that(
                first.traceHash() == second.traceHash(),
                name
                        + ": the same seed gave another run:"
                        + " something draws chance or time elsewhere");
    }
}
