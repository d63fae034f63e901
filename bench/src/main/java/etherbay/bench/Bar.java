// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One of the things that the target must show.
 *
 * @param goal of docs/benchmarks.md that it belongs to
 * @param source where a run says it
 */
record Bar(int goal, Source source, Bound bound) {
    /** Our median CPU time with nothing to do, in percent of one core. */
    static final String IDLE = "idle daemon, 2 exports: % of a core";

    /** What a bar is held against. */
    sealed interface Source {
        String name();

        Optional<Spread> in(Comparison comparison);
    }

    /** Ours by a rival's, of the same round. */
    record Ratio(String point, String rival, Measure measure) implements Source {
        @Override
        public String name() {
            return "%s: %s / %s".formatted(point, measure.title(), rival);
        }

        @Override
        public Optional<Spread> in(Comparison comparison) {
            return comparison.ratio(point, rival, measure);
        }
    }

    /** Something of ours alone. */
    record Figure(String name) implements Source {
        @Override
        public Optional<Spread> in(Comparison comparison) {
            return comparison.figure(name);
        }
    }

    private static final String CACHED = "cached, ";
    private static final String DIRECT = "direct, ";
    private static final String DURABLE = "write-cache off, ";
    private static final String READ = "random read 4 KiB, window ";
    private static final String WRITE = "random write 4 KiB, window ";

    /** All of them. */
    static final List<Bar> TARGET = Stream.of(cached(), direct(), durable(), latencyAndCpu())
            .flatMap(List::stream)
            .toList();

    private static List<Bar> cached() {
        return List.of(
                vblade(1, CACHED + READ + 64, Bound.atLeast(1.2).aim(1.3)),
                vblade(1, CACHED + READ + 16, Bound.atLeast(1)),
                vblade(1, CACHED + READ + 1, Bound.atLeast(2.5)),
                vblade(1, CACHED + WRITE + 64, Bound.atLeast(1.2)),
                rate(
                        1,
                        CACHED + "random read 8 KiB, window 64",
                        Contenders.REFERENCE,
                        Bound.atLeast(0.85)),
                vblade(1, "half cached, " + READ + 64, Bound.atLeast(4)));
    }

    private static List<Bar> direct() {
        return List.of(
                vblade(2, DIRECT + READ + 64, Bound.atLeast(5)),
                rate(2, DIRECT + READ + 64, Contenders.FIO, Bound.atLeast(0.8).aim(0.9)),
                vblade(2, DIRECT + WRITE + 64, Bound.atLeast(3)),
                rate(2, DIRECT + WRITE + 64, Contenders.FIO, Bound.atLeast(0.9)),
                vblade(2, DIRECT + READ + 16, Bound.atLeast(3.5)),
                vblade(2, DIRECT + READ + 1, Bound.atLeast(1)));
    }

    private static List<Bar> durable() {
        return List.of(
                vblade(3, DURABLE + WRITE + 64, Bound.atLeast(5)),
                vblade(3, DURABLE + WRITE + 1, Bound.atLeast(1)));
    }

    private static List<Bar> latencyAndCpu() {
        return List.of(
                new Bar(4, ofVblade(CACHED + READ + 1, Measure.P50), Bound.atMost(0.5)),
                new Bar(4, ofVblade(CACHED + READ + 16, Measure.P999), Bound.atMost(1)),
                new Bar(5, ofVblade(CACHED + READ + 64, Measure.CPU), Bound.atMost(0.8)),
                new Bar(5, new Figure(IDLE), Bound.atMost(1)));
    }

    private static Bar vblade(int goal, String point, Bound bound) {
        return rate(goal, point, Contenders.VBLADE, bound);
    }

    private static Bar rate(int goal, String point, String rival, Bound bound) {
        return new Bar(goal, new Ratio(point, rival, Measure.RATE), bound);
    }

    private static Source ofVblade(String point, Measure measure) {
        return new Ratio(point, Contenders.VBLADE, measure);
    }

    /** What a run says about all of them. */
    static List<Verdict> verdicts(Comparison comparison) {
        return TARGET.stream()
                .map(bar -> new Verdict(
                        bar.goal + " " + bar.source.name(), bar.bound, bar.source.in(comparison)))
                .toList();
    }

    /** The bound of a ratio, where there is one. */
    static Optional<Bound> bound(Ratio ratio) {
        return TARGET.stream()
                .filter(bar -> bar.source.equals(ratio))
                .map(Bar::bound)
                .findFirst();
    }
}
