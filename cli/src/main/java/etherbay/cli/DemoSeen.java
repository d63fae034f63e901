// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a step of the demo saw: a few words for the table, and the numbers in them by name. Names
 * carry their unit, are unique in the whole demo, and do not change between releases.
 */
record DemoSeen(String words, Map<String, Object> measured) {
    static DemoSeen of(String words) {
        return new DemoSeen(words, Map.of());
    }

    /** The same and one more measured value, as {@link JsonText} takes them. */
    DemoSeen with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(measured);
        more.put(name, value);
        return new DemoSeen(words, more);
    }
}
