// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import java.util.List;

/**
 * What came of a run.
 *
 * @param findings one for each rule of the suite, in its order
 * @param notRestored what of the target is not what it was before, each a sentence
 * @param interrupted the run was ended before its end
 */
public record Report(
        Subject subject, List<Finding> findings, List<String> notRestored, boolean interrupted) {

    /** Whether every MUST and SHOULD that ran passed. */
    public boolean conforms() {
        return findings.stream().noneMatch(Finding::isDeviation);
    }

    public long count(Outcome outcome) {
        return findings.stream().filter(finding -> finding.outcome() == outcome).count();
    }
}
