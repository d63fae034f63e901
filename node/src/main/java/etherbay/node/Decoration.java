// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counter;
import etherbay.base.DelayDevice;
import etherbay.base.FaultyDevice;
import etherbay.base.IoTrace;
import etherbay.base.Loop;
import etherbay.base.ReadOnlyDevice;
import etherbay.base.TraceDevice;
import etherbay.node.DecorationKind.Option;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a person put before the name of a disk to have it behave otherwise: slow, failing, traced,
 * read-only. Two that are written differently and mean the same are equal. Read by {@link
 * DecorationReader}; {@code toString()} gives what it reads.
 *
 * @param options every one that was given, by name, checked and in one form, in the order of the
 *     kind
 */
record Decoration(DecorationKind kind, Map<String, String> options) {
    /** Decorations of one disk: with a target's own devices they fit the depth of an Io. */
    static final int COUNT_MAX = 4;

    private static final BigDecimal NS_PER_MS = new BigDecimal(1_000_000);
    private static final BigDecimal BYTES_PER_MIB = new BigDecimal(1 << 20);
    private static final String SEED_DEFAULT = "1";

    Decoration {
        Map<String, String> ordered = new LinkedHashMap<>();
        for (String name : kind.optionNames()) {
            String value = options.get(name);
            if (value != null) {
                ordered.put(name, value);
            }
        }
        options = ordered;
    }

    /**
     * What a decoration is made with.
     *
     * @param failed counts what fails on purpose
     * @param trace where the requests are shown to; asked for by a trace only
     */
    record Parts(Loop loop, Counter failed, Supplier<IoTrace> trace) {}

    /** The device over another. */
    BlockDevice over(BlockDevice below, Parts parts) {
        return switch (kind) {
            case DELAY -> new DelayDevice(below, parts.loop(), delay());
            case FAULTY -> new FaultyDevice(below, parts.loop(), faulty(), parts.failed());
            case TRACE ->
                new TraceDevice(below, parts.loop().clock(), parts.trace().get());
            case READ_ONLY -> new ReadOnlyDevice(below);
        };
    }

    private DelayDevice.Settings delay() {
        String all = option(Option.MS, "0");
        return new DelayDevice.Settings(
                ns(option(Option.READS_MS, all)),
                ns(option(Option.WRITES_MS, all)),
                ns(option(Option.FLUSHES_MS, all)),
                ns(option(Option.JITTER_MS, "0")),
                Long.parseLong(option(Option.IOPS, "0")),
                new BigDecimal(option(Option.MIB_S, "0"))
                        .multiply(BYTES_PER_MIB)
                        .longValue(),
                seed());
    }

    private static long ns(String ms) {
        return new BigDecimal(ms).multiply(NS_PER_MS).longValueExact();
    }

    /** A range that is named and no chance: all of it is bad. */
    private FaultyDevice.Settings faulty() {
        boolean chance = options.containsKey(Option.READS) || options.containsKey(Option.WRITES);
        boolean bad = options.containsKey(Option.LBA) && !chance;
        String all = option(Option.P, bad ? "1" : "0");
        String range = option(Option.LBA, "0-" + Long.MAX_VALUE);
        int dash = range.indexOf('-');
        return new FaultyDevice.Settings(
                Double.parseDouble(option(Option.READS, all)),
                Double.parseDouble(option(Option.WRITES, all)),
                Double.parseDouble(option(Option.FLUSHES, "0")),
                Long.parseLong(range.substring(0, dash)),
                Long.parseLong(range.substring(dash + 1)),
                seed());
    }

    private long seed() {
        return Long.parseLong(option(Option.SEED, SEED_DEFAULT));
    }

    private String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    /** Before the name of a disk. */
    String prefix() {
        StringBuilder text = new StringBuilder(kind.word()).append(':');
        options.forEach((name, value) -> text.append(
                        text.charAt(text.length() - 1) == ':' ? "" : ",")
                .append(name)
                .append('=')
                .append(value));
        return options.isEmpty() ? text.toString() : text.append(':').toString();
    }

    /** As a person is told of it, for instance {@code faulty p=0.01,seed=7}. */
    @Override
    public String toString() {
        return prefix().replaceFirst(":$", "").replaceFirst(":", " ");
    }
}
