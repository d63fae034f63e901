// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a step of the demo saw: a few words for the table, and numbers by name. Names carry their
 * unit and do not change between releases. Those that have a column of the table of their own are
 * the constants here.
 */
record DemoSeen(String words, Map<String, Object> measured) {
    /** The longest time between two records, by the clock of the guest. */
    static final String GUEST_GAP_MS = "guestGapMs";

    /** The same by the clock of this machine. */
    static final String OUTSIDE_GAP_MS = "outsideGapMs";

    /** Copied from one leg of the mirror to the other. */
    static final String RESYNCED_BYTES = "resyncedBytes";

    /** What the guest saw go wrong. */
    static final String ERROR_COUNT = "errorCount";

    static DemoSeen of(String words) {
        return new DemoSeen(words, Map.of());
    }

    /** The same and one more measured value, as {@link JsonText} takes them. */
    DemoSeen with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(measured);
        more.put(name, value);
        return new DemoSeen(words, more);
    }

    /** The number of that name, if it was measured. */
    Optional<Long> number(String name) {
        return measured.get(name) instanceof Number number
                ? Optional.of(number.longValue())
                : Optional.empty();
    }
}
