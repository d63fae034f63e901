// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The counters of one process by name. Made at start-up by whoever counts; each is written by one
 * loop and read by anyone. A name asked for twice is the same counter.
 */
public final class Counters {
    private final ConcurrentHashMap<String, Counter> counters = new ConcurrentHashMap<>();

    /** The counter of that name, made on first use. */
    public Counter counter(String name) {
        return counters.computeIfAbsent(name, Counter::new);
    }

    /** All values by name, in the order of the names. */
    public Map<String, Long> snapshot() {
        Map<String, Long> values = new TreeMap<>();
        counters.forEach((name, counter) -> values.put(name, counter.value()));
        return values;
    }
}
