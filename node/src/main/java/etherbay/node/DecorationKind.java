// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** What a {@link Decoration} may be, with every option, its unit and its bounds. */
enum DecorationKind {
    /** Slow: {@link etherbay.base.DelayDevice}. */
    DELAY(
            "delay",
            "ms=5",
            "this disk is slow on purpose",
            List.of(
                    Option.number(Option.MS, "60000", 6),
                    Option.number(Option.READS_MS, "60000", 6),
                    Option.number(Option.WRITES_MS, "60000", 6),
                    Option.number(Option.FLUSHES_MS, "60000", 6),
                    Option.number(Option.JITTER_MS, "60000", 6),
                    new Option(Option.IOPS, new BigDecimal("1"), new BigDecimal("10000000"), 0),
                    new Option(Option.MIB_S, new BigDecimal("0.01"), new BigDecimal("1000000"), 3),
                    Option.seed())),
    /** Failing: {@link etherbay.base.FaultyDevice}. */
    FAULTY(
            "faulty",
            "p=0.01",
            "this disk fails on purpose",
            List.of(
                    Option.number(Option.P, "1", 9),
                    Option.number(Option.READS, "1", 9),
                    Option.number(Option.WRITES, "1", 9),
                    Option.number(Option.FLUSHES, "1", 9),
                    new Option(Option.LBA, BigDecimal.ZERO, new BigDecimal((1L << 48) - 1), 0),
                    Option.seed())),
    /** In the log: {@link etherbay.base.TraceDevice}. */
    TRACE("trace", "", "", List.of()),
    /** Taking no writes: {@link etherbay.base.ReadOnlyDevice}. */
    READ_ONLY("read-only", "", "", List.of());

    /**
     * A number of one kind; {@value #LBA} is a range of two.
     *
     * @param min smallest value
     * @param max largest value
     * @param decimals digits after the point at most
     */
    record Option(String name, BigDecimal min, BigDecimal max, int decimals) {
        static final String MS = "ms";
        static final String READS_MS = "reads-ms";
        static final String WRITES_MS = "writes-ms";
        static final String FLUSHES_MS = "flushes-ms";
        static final String JITTER_MS = "jitter-ms";
        static final String IOPS = "iops";
        static final String MIB_S = "mib-s";
        static final String P = "p";
        static final String READS = "reads";
        static final String WRITES = "writes";
        static final String FLUSHES = "flushes";
        static final String LBA = "lba";
        static final String SEED = "seed";

        private static Option number(String name, String max, int decimals) {
            return new Option(name, BigDecimal.ZERO, new BigDecimal(max), decimals);
        }

        private static Option seed() {
            return new Option(SEED, BigDecimal.ZERO, new BigDecimal(Long.MAX_VALUE), 0);
        }

        /** Whether it only says how chance falls, and asks for nothing by itself. */
        boolean isSeed() {
            return name.equals(SEED);
        }
    }

    private final String word;
    private final String example;
    private final String warning;

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<Option> options;

    DecorationKind(String word, String example, String warning, List<Option> options) {
        this.word = word;
        this.example = example;
        this.warning = warning;
        this.options = options;
    }

    /** How a person names it. */
    String word() {
        return word;
    }

    /** What a person is told who might not know that the disk has it; empty if it does no harm. */
    String warning() {
        return warning;
    }

    /** In the order in which they are shown; empty if it has none. */
    List<Option> options() {
        return options;
    }

    List<String> optionNames() {
        return options.stream().map(Option::name).toList();
    }

    /** Before a disk, as a person may write it. */
    String prefixExample() {
        return options.isEmpty() ? word + ":" : word + ":" + example + ":";
    }

    static List<String> words() {
        return List.of(values()).stream().map(DecorationKind::word).toList();
    }

    static Optional<DecorationKind> of(String word) {
        return List.of(values()).stream().filter(kind -> kind.word.equals(word)).findFirst();
    }
}
