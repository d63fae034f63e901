// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import java.util.List;

/**
 * What came of one rule.
 *
 * @param sent the last frames that it sent, as hex, the long ones cut; empty unless it failed
 * @param expected what a good target does; empty unless it failed
 * @param got what this one did; the property of a REPORTED rule; the reason of one that did not run
 */
public record Finding(Rule rule, Outcome outcome, List<String> sent, String expected, String got) {
    /** Whether it makes the target a deviating one. */
    public boolean isDeviation() {
        return outcome == Outcome.FAILED && rule.level() != Level.INFO;
    }
}
