// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;
import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * One run of a simulated world: one seed, one thread, one queue of events. Nodes are turned, frames
 * arrive and disks finish as events of it; nothing else moves time. The same seed and the same code
 * give the same run, to the last word of {@link #traceHash}.
 *
 * <p>Whoever draws chance takes a generator of its own with {@code prng().fork()} when it is made,
 * so that one part that draws more does not change another part's luck.
 */
public final class Simulation implements AutoCloseable {
    /** What a scenario does in its world; it throws when the world is not as it must be. */
    @FunctionalInterface
    public interface Body {
        void run(Simulation simulation);
    }

    private static final long HASH_FACTOR = 0x9e37_79b9_7f4a_7c15L;

    private final String name;
    private final long seed;
    private final Prng prng;
    private final SimClock clock = new SimClock();
    private final EventQueue events;
    private final Arena arena = Arena.ofConfined();
    private final List<SimNode> nodes = new ArrayList<>();
    private final Map<String, Long> marks = new TreeMap<>();
    private @Nullable PrintStream traceTo;
    private long traceHash;

    /** A world of its own; most callers want {@link #forSeeds}. */
    public Simulation(String name, long seed) {
        this.name = name;
        this.seed = seed;
        prng = new Prng(seed);
        events = new EventQueue(prng.fork());
    }

    /**
     * Runs {@code body} with {@code count} seeds, half of them always the same, half of them fresh,
     * and says which. The first seed runs twice and must leave the same trace. The system property
     * {@code etherbay.seeds} sets another count, {@code etherbay.seed} one seed to run alone.
     *
     * @param name of the scenario, as the replay line will say it
     * @return how often each mark occurred in all runs together
     * @throws SimulationFailure for the first seed that fails
     */
    public static Map<String, Long> forSeeds(String name, int count, Body body) {
        return Seeds.forSeeds(name, count, body);
    }

    public String name() {
        return name;
    }

    public long seed() {
        return seed;
    }

    public SimClock clock() {
        return clock;
    }

    public long nowNs() {
        return clock.nanoTime();
    }

    /** The run's chance; parts fork theirs from it. */
    public Prng prng() {
        return prng;
    }

    /** Memory that lives as long as the run. */
    public Arena arena() {
        return arena;
    }

    /** A new process with a loop of its own. */
    public SimNode node(String nodeName) {
        SimNode node = new SimNode(this, nodeName);
        nodes.add(node);
        return node;
    }

    /** Has {@code action} happen then; in the past means now. */
    public void at(long whenNs, Runnable action) {
        events.add(Math.max(whenNs, nowNs()), action);
    }

    /** Has {@code action} happen after that time. */
    public void after(long delayNs, Runnable action) {
        events.add(nowNs() + delayNs, action);
    }

    /** Runs what is due until then; it is then afterwards. */
    public void runUntil(long whenNs) {
        while (step(whenNs)) {}
        clock.advanceTo(Math.max(whenNs, nowNs()));
    }

    /** Runs for that long. */
    public void runFor(long durationNs) {
        runUntil(nowNs() + durationNs);
    }

    /**
     * Runs until {@code condition} holds: how liveness is demanded.
     *
     * @throws AssertionError when it does not hold after {@code maxNs}
     */
    public void runUntil(String what, long maxNs, BooleanSupplier condition) {
        long untilNs = nowNs() + maxNs;
        while (!condition.getAsBoolean()) {
            if (!step(untilNs)) {
                throw new AssertionError(
                        "after " + maxNs / 1_000_000 + " ms of simulated time not yet: " + what);
            }
        }
    }

    /**
     * Runs until nothing will ever happen any more by itself.
     *
     * @return whether that was so after {@code maxNs}; a node with a periodic timer is never quiet
     */
    public boolean runUntilQuiet(long maxNs) {
        long untilNs = nowNs() + maxNs;
        while (step(untilNs)) {}
        return events.isEmpty();
    }

    private boolean step(long untilNs) {
        EventQueue.Event event = events.pollUntil(untilNs);
        if (event == null) {
            return false;
        }
        clock.advanceTo(event.atNs());
        event.action().run();
        for (int index = 0; index < nodes.size(); index++) {
            nodes.get(index).wakeForMessages();
        }
        return true;
    }

    /** Adds a step to the trace: what happened now, in two words. */
    public void trace(String what, long one, long other) {
        long word = what.hashCode() * HASH_FACTOR ^ nowNs();
        word = (word ^ one) * HASH_FACTOR;
        word = (word ^ word >>> 29 ^ other) * HASH_FACTOR;
        traceHash = (Long.rotateLeft(traceHash, 7) ^ word ^ word >>> 32) * HASH_FACTOR;
        PrintStream out = traceTo;
        if (out != null) {
            double atMs = (nowNs() - SimClock.START_NS) / 1e6;
            out.printf(Locale.ROOT, "%12.6f ms  %-28s %16x %16x%n", atMs, what, one, other);
        }
    }

    /** Everything traced so far in one word. */
    public long traceHash() {
        return traceHash;
    }

    /** Prints each step from now on. */
    public void traceTo(PrintStream out) {
        traceTo = out;
    }

    /** Counts that something worth trying (a fault, a state) did occur in this run. */
    public void mark(String what) {
        mark(what, 1);
    }

    /** The same for many. */
    public void mark(String what, long times) {
        marks.merge(what, times, Long::sum);
    }

    /** How often each mark occurred. */
    public Map<String, Long> marks() {
        return marks;
    }

    void left(SimNode node) {
        Check.that(nodes.remove(node), "a node leaves once");
    }

    @Override
    public void close() {
        arena.close();
    }
}
