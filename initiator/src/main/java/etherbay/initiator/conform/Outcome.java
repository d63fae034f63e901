// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

/** How a rule fared. */
public enum Outcome {
    PASSED,
    FAILED,
    /** Of level INFO: the property was found out. */
    REPORTED,
    /** The target does not claim it, or lacks what the rule presumes. */
    NOT_APPLICABLE,
    /** It would have changed something, and nobody allowed that; or the run was interrupted. */
    NOT_RUN
}
