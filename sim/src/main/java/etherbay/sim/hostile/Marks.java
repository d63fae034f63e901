// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How often each {@link Mark} was met. One thread. */
public final class Marks {
    private static final class Count {
        long value;
    }

    private final Map<Mark, Count> counts = new EnumMap<>(Mark.class);

    public Marks() {
        for (Mark mark : Mark.values()) {
            counts.put(mark, new Count());
        }
    }

    void add(Mark mark) {
        of(mark).value++;
    }

    private Count of(Mark mark) {
        Count count = counts.get(mark);
        if (count == null) {
            throw new AssertionError("every mark is counted");
        }
        return count;
    }

    public long count(Mark mark) {
        return of(mark).value;
    }

    /** Adds what another run met. */
    public void addAll(Marks other) {
        counts.forEach((mark, count) -> count.value += other.count(mark));
    }

    /** Those that were never met. */
    public List<Mark> missing() {
        return counts.keySet().stream().filter(mark -> count(mark) == 0).toList();
    }

    /** All with their counts, as one line. */
    @Override
    public String toString() {
        return counts.keySet().stream()
                .map(mark -> String.format(
                        Locale.ROOT,
                        "%s %,d",
                        mark.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        count(mark)))
                .collect(Collectors.joining(", "));
    }
}
