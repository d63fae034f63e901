// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a measured value must keep to.
 *
 * @param lower whether it is the least that is wanted; else the most
 * @param aim what one would like to see beyond; the same as {@code value} where there is none
 */
record Bound(boolean lower, double value, double aim) {
    static Bound atLeast(double value) {
        return new Bound(true, value, value);
    }

    static Bound atMost(double value) {
        return new Bound(false, value, value);
    }

    Bound aim(double better) {
        return new Bound(lower, value, better);
    }

    boolean admits(double measured) {
        return lower ? measured >= value : measured <= value;
    }

    String toText() {
        String text = String.format(Locale.ROOT, "%s %.2f", lower ? "at least" : "at most", value);
        return aim == value ? text : text + String.format(Locale.ROOT, " (aim %.2f)", aim);
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(lower ? "atLeast" : "atMost", value);
        json.put("aim", aim);
        return json;
    }
}
