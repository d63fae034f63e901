// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.List;

/**
 * How well a node is, in one word, and every reason.
 *
 * @param word the worst of the reasons' words; "healthy" without any
 */
public record Health(String word, List<Reason> reasons) {
    public Health {
        reasons = List.copyOf(reasons);
    }

    /**
     * One thing that a person should know.
     *
     * @param word "resyncing", "degraded", "at-risk" (one good copy), "offline", "fenced",
     *     "unknown"
     * @param code stable, for scripts: {@code ONE_GOOD_COPY}
     * @param object what it is about: {@code mirror vm1}, {@code export e0.1}
     * @param text what is so, and since when
     * @param correction what to do, where possible as a command
     */
    public record Reason(String word, String code, String object, String text, String correction) {}
}
