// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.Locale;

/** What a caller may do; each role may do what those before it may. */
public enum Role {
    /** Sees how everything is, but no secret and nothing that stands on a disk. */
    VIEWER,
    /** Acts on what is there: checks, repairs, fails a leg, cancels a task, switches a trace. */
    OPERATOR,
    /** Changes what there is: applies settings, creates, removes, stops; sees frames. */
    ADMIN;

    /** As tokens, the API and the console write it: {@code viewer}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean mayActAs(Role needed) {
        return compareTo(needed) >= 0;
    }
}
